;; Two shapes. Its start function counts them.
(module
  (import "base" "memory" (memory 1))
  (import "base" "shapes" (table 4 funcref))
  (import "base" "calls" (global $calls (mut i32)))
  (global $shapes (export "count") (mut i32) (i32.const 0))
  (data (i32.const 256) "square  " "double  ")
  (elem (i32.const 0) $square $double)
  (start $count)
  (func $count (global.set $shapes (i32.const 2)))
  (func $called
    (global.set $calls (i32.add (global.get $calls) (i32.const 1))))
  (func $square (param $n i32) (result i32)
    (call $called)
    (i32.mul (local.get $n) (local.get $n)))
  (func $double (param $n i32) (result i32)
    (call $called)
    (i32.shl (local.get $n) (i32.const 1))))
