;; A load one byte past the end of a one-page memory.
(module
  (memory (export "memory") 1)
  (func $peek (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "_start") (drop (call $peek (i32.const 65536)))))
