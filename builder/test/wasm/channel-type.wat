;; Has the function with another type.
(module
  (import "query" "get" (func (param i64) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
