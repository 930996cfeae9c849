;; A reactor: initialised, then called.
(module
  (memory (export "memory") 1)
  (func (export "_initialize")))
