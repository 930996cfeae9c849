;; Reserves half of the ring `readings`.
(module
  (memory (export "memory") 1)
  (global (export "az_window_readings") i32 (i32.const 0x1000))
  (global (export "az_window_end_readings") i32 (i32.const 0x4000))
  (func (export "_start")))
