;; Has data where the ring `readings` is reserved.
(module
  (memory (export "memory") 1)
  (global (export "az_window_readings") i32 (i32.const 0x1000))
  (data (i32.const 0x0ffe) "two")
  (func (export "_start")))
