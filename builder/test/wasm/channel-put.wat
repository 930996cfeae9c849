;; Calls a function without a result.
(module
  (import "query" "put" (func (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
