;; Writes records to `readings` and raises `alarm`.
(module
  (import "azoth" "log" (func (param i32 i32 i32) (result i32)))
  (import "azoth" "channel" (func (param i32 i32) (result i32)))
  (import "azoth" "signal_raise" (func (param i32) (result i32)))
  (import "azoth" "signal_after" (func (param i32 i64 i64) (result i32)))
  (import "azoth" "ring_wake" (func (param i32) (result i32)))
  (import "azoth" "ready" (func))
  (memory (export "memory") 1)
  (global (export "az_window_readings") i32 (i32.const 0x1000))
  (func (export "_start")))
