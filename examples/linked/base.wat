;; What the others share. Names of shapes are 8 bytes each, from 256 on, beside
;; functions from number to number in the table.
(module
  (memory (export "memory") 1 1)
  (table (export "shapes") 4 funcref)
  (global (export "calls") (mut i32) (i32.const 0)))
