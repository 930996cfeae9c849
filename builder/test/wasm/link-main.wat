;; Imports one of everything.
(module
  (import "counter" "memory" (memory 1))
  (import "counter" "table" (table 4 funcref))
  (import "counter" "hits" (global $hits (mut i32)))
  (import "counter" "hit" (func $hit (param i32) (result i32)))
  (elem (i32.const 0) $hit)
  (func (export "_start") (drop (call $hit (global.get $hits)))))
