;; Asks for the end of the machine while another module still spins.
(module
  (import "azoth" "power" (func $power (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start") (drop (call $power (i32.const 1)))))
