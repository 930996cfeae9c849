;; The start function runs before _start, and traps.
(module
  (func $init unreachable)
  (start $init)
  (func (export "_start")))
