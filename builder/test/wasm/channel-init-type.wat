;; Wants something to be initialised with.
(module
  (memory (export "memory") 1)
  (func (export "_initialize") (param i32))
  (func (export "get") (param i32) (result i32) local.get 0))
