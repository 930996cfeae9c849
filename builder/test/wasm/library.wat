;; No entry point at all.
(module
  (memory (export "memory") 1)
  (func (export "compute")))
