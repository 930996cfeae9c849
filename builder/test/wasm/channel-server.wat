;; Serves `get`, and `put`, which has no status.
(module
  (memory (export "memory") 1)
  (func (export "_initialize"))
  (func (export "get") (param i32) (result i32) local.get 0)
  (func (export "put") (param i32)))
