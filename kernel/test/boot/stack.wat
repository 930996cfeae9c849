;; Recursion without an end.
(module
  (global $n (mut i32) (i32.const 0))
  (func $down (param i32) (result i32)
    (i32.add (i32.const 1) (call $down (i32.add (local.get 0) (global.get $n)))))
  (func (export "_start") (drop (call $down (i32.const 1)))))
