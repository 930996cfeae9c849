;; Each table is small enough, but not both.
(module
  (table 600000 funcref)
  (table 600000 externref)
  (func (export "_start")))
