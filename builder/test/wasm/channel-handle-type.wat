;; Forgets the capability in front of the parameters.
(module
  (import "handle:query" "get" (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
