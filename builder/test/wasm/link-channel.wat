;; A library that calls the channel `query` for its module.
(module
  (import "query" "get" (func $get (param i32) (result i32)))
  (func (export "ask") (result i32) i32.const 1 call $get))
