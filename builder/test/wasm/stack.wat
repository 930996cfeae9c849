;; A network stack: 2 MiB for the sockets of its clients, and no device.
(module
  (import "azoth" "signal_any" (func (param i64) (result i32)))
  (memory (export "memory") 40)
  (global (export "az_window_sockets") i32 (i32.const 0x10000))
  (global (export "az_window_end_sockets") i32 (i32.const 0x210000))
  (func (export "_start")))
