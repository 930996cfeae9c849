;; Its window starts within a page.
(module
  (memory (export "memory") 1)
  (global (export "az_window_readings") i32 (i32.const 0x1010))
  (func (export "_start")))
