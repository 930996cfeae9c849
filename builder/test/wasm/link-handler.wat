;; Gives a function by its reference.
(module
  (func $answer (result i32) (i32.const 42))
  (global (export "handler") funcref (ref.func $answer)))
