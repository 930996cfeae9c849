;; Calls a function of the channel `query`.
(module
  (import "query" "get" (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
