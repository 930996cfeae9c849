;; Reserves rings of 4 KiB.
(module
  (memory (export "memory") 1)
  (global (export "az_window_inbox") i32 (i32.const 0x1000))
  (global (export "az_window_a_b") i32 (i32.const 0x5000))
  (func (export "_start")))
