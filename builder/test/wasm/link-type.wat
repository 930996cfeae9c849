(module
  (import "counter" "memory" (memory 2))
  (func (export "_start")))
