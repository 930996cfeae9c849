;; Reads `readings`, waits for `alarm` and serves `query`.
(module
  (import "azoth" "log" (func (param i32 i32 i32) (result i32)))
  (import "azoth" "channel" (func (param i32 i32) (result i32)))
  (import "azoth" "signal_wait" (func (param i32 i64) (result i32)))
  (import "azoth" "ring_wait" (func (param i32 i64) (result i32)))
  (memory (export "memory") 1)
  (global (export "az_window_readings") i32 (i32.const 0x4000))
  (func (export "_initialize"))
  (func (export "get") (param i32) (result i32) local.get 0))
