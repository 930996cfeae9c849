;; A network stack that shares the memory of its card.
(module
  (import "azoth" "device" (func (param i32 i32) (result i32)))
  (import "azoth" "signal_any" (func (param i64) (result i32)))
  (memory (export "memory") 40)
  (global (export "az_window_dma") i32 (i32.const 0x1000))
  (global (export "az_window_end_dma") i32 (i32.const 0x2000))
  (global (export "az_window_sockets") i32 (i32.const 0x10000))
  (global (export "az_window_end_sockets") i32 (i32.const 0x210000))
  (func (export "_start")))
