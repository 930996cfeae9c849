;; Serves `get` and calls it on the next one, through `query`.
(module
  (import "query" "get" (func $get (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "get") (param i32) (result i32) local.get 0 call $get))
