;; An active data segment that does not fit: instantiation traps.
(module
  (memory (export "memory") 1)
  (data (i32.const 65530) "too long")
  (func (export "_start")))
