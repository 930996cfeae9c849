;; Asks through the library.
(module
  (import "library" "ask" (func $ask (result i32)))
  (memory (export "memory") 1)
  (func (export "_start") call $ask drop))
