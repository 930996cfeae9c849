;; Calls the server until its deadline: mostly it is in a call then.
(module
  (import "sums" "add" (func $add (param i32 i32) (result i32)))
  (import "query" "slow" (func $slow (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (loop $l
      (drop (call $add (i32.const 1) (i32.const 2)))
      (drop (call $slow (i32.const 3)))
      (br $l))))
