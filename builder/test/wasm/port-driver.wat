;; A driver of what has ports alone.
(module
  (import "azoth" "device" (func (param i32 i32) (result i32)))
  (import "azoth" "dev_write" (func (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
