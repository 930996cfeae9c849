;; Shares one of everything.
(module
  (memory (export "memory") 1 4)
  (table (export "table") 4 funcref)
  (global $hits (export "hits") (mut i32) (i32.const 0))
  (data (i32.const 64) "counter")
  (func (export "hit") (param i32) (result i32)
    (global.set $hits (i32.add (global.get $hits) (local.get 0)))
    (global.get $hits)))
