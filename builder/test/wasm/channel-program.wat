;; A program that would like to serve.
(module
  (memory (export "memory") 1)
  (func (export "_start"))
  (func (export "get") (param i32) (result i32) local.get 0))
