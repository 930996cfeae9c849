;; Uses both functions of azoth.
(module
  (import "azoth" "log" (func (param i32 i32 i32) (result i32)))
  (import "azoth" "power" (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
