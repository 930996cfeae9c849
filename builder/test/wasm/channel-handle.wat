;; Calls through a capability that it hands over.
(module
  (import "handle:query" "get" (func (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
