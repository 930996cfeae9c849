;; A driver: reads registers, and has a page of its device's memory.
(module
  (import "azoth" "device" (func (param i32 i32) (result i32)))
  (import "azoth" "dev_read" (func (param i32 i32 i32) (result i64)))
  (memory (export "memory") 2)
  (global (export "az_window_dma") i32 (i32.const 0x1000))
  (global (export "az_window_end_dma") i32 (i32.const 0x2000))
  (func (export "_start")))
