;; A load one byte past the end of a one-page memory; the calls on the way go
;; through a table, so that none of them is inlined.
(module
  (type $t (func (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (table 1 funcref)
  (global $i (mut i32) (i32.const 0))
  (elem (i32.const 0) $peek)
  (func $peek (param $addr i32) (param $deep i32) (result i32)
    (if (result i32) (local.get $deep)
      (then (i32.add (i32.const 1)
        (call_indirect (type $t) (local.get $addr)
          (i32.sub (local.get $deep) (i32.const 1)) (global.get $i))))
      (else (i32.load8_u (local.get $addr)))))
  (func (export "_start")
    (drop (call_indirect (type $t) (i32.const 65536) (i32.const 2)
      (global.get $i)))))
