;; Says what each shape makes of 7, and how often shapes were called.
(module
  (type $shape (func (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "base" "memory" (memory 1))
  (import "base" "shapes" (table 4 funcref))
  (import "base" "calls" (global $calls (mut i32)))
  (import "shapes" "count" (global $count (mut i32)))
  (export "memory" (memory 0))
  (data (i32.const 16) "        of 7: 00\n")
  (data (i32.const 48) "calls: 00\n")

  ;; Two digits at an address.
  (func $digits (param $at i32) (param $n i32)
    (i32.store8 (local.get $at)
      (i32.add (i32.const 48) (i32.div_u (local.get $n) (i32.const 10))))
    (i32.store8 offset=1 (local.get $at)
      (i32.add (i32.const 48) (i32.rem_u (local.get $n) (i32.const 10)))))

  (func $print (param $at i32) (param $len i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $len))
    (drop (call $fd_write
      (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))

  (func (export "_start") (local $i i32)
    (loop $next
      (memory.copy (i32.const 16)
        (i32.add (i32.const 256) (i32.shl (local.get $i) (i32.const 3)))
        (i32.const 8))
      (call $digits (i32.const 30)
        (call_indirect (type $shape) (i32.const 7) (local.get $i)))
      (call $print (i32.const 16) (i32.const 17))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (global.get $count))))
    (call $digits (i32.const 55) (global.get $calls))
    (call $print (i32.const 48) (i32.const 10))))
