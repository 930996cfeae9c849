;; Misspells a function of the channel.
(module
  (import "query" "gett" (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
