;; Counts for a while, says so, ends.
(module
  (import "azoth" "log" (func $log (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "worked")
  (func (export "_start") (local $n i32)
    (local.set $n (i32.const 3000000))
    (loop $l
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (drop (call $log (i32.const 3) (i32.const 0) (i32.const 6)))))
