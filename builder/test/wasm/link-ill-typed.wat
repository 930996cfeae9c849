;; Ill-typed, with an imported reference among its elements.
(module
  (type $handler (func (result i32)))
  (import "handler" "handler" (global $handler funcref))
  (table 2 funcref)
  (elem (i32.const 0) funcref (item (global.get $handler)) (item (ref.null func)))
  (func (export "_start")
    (drop (i64.eqz (call_indirect (type $handler) (i32.const 0))))))
