;; table.fill past the end must trap before it writes an entry.
(module
  (table $t 4 10 funcref)
  (func $f)
  (elem declare func $f)
  (func (export "_start")
    (table.fill $t (i32.const 2) (ref.func $f) (i32.const 3))))
