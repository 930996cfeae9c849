(module
  (type $t (func (param i32)))
  (table 4 funcref)
  (global $i (mut i32) (i32.const 0))
  (func $f)
  (elem (i32.const 0) $f)
  (func (export "_start")
    (call_indirect (type $t) (i32.const 5) (global.get $i))))
