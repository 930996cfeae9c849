(module
  (type $t (func))
  (table 4 funcref)
  (global $i (mut i32) (i32.const 2))
  (func $f)
  (elem (i32.const 0) $f)
  (func (export "_start") (call_indirect (type $t) (global.get $i))))
