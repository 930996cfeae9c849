;; Calls `get` and reserves the channel's arena of 16 KiB.
(module
  (import "query" "get" (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (global (export "az_window_query") i32 (i32.const 0x1000))
  (func (export "_start")))
