;; Looks at the other modules.
(module
  (import "azoth" "observe" (func (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
