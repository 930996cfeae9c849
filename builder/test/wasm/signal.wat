;; Raises signals and waits for them.
(module
  (import "azoth" "channel" (func (param i32 i32) (result i32)))
  (import "azoth" "signal_raise" (func (param i32) (result i32)))
  (import "azoth" "signal_wait" (func (param i32 i64) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
