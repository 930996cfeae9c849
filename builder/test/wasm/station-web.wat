;; Asks the store, and resets it.
(module
  (import "azoth" "log" (func (param i32 i32 i32) (result i32)))
  (import "azoth" "reset" (func (param i32 i32) (result i32)))
  (import "query" "get" (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
