;; Serves `find` without an inbox for its list.
(module
  (memory (export "memory") 1)
  (func (export "find") (param i32 i32) (result i32) i32.const 0))
