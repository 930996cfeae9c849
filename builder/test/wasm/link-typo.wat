(module
  (import "counter" "hist" (global (mut i32)))
  (func (export "_start")))
