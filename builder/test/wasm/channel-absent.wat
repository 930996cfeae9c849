;; Wants a function that no server has.
(module
  (import "query" "subscribe" (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
