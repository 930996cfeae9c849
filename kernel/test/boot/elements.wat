;; An element segment that does not fit is a trap of the instantiation.
(module
  (table 4 10 funcref)
  (func $f (export "_start"))
  (elem (i32.const 3) func $f $f))
