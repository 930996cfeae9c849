;; Starts with 32 MiB.
(module
  (memory (export "memory") 512)
  (func (export "_start")))
