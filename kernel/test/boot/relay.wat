;; A reactor between a client and the server.
(module
  (import "query" "slow" (func $slow (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "pass") (param i32) (result i32)
    (call $slow (local.get 0))))
