;; Calls functions that are too large for a gate.
(module
  (import "query" "ints" (func (param i32 i32 i32 i64 i64 i64 i32) (result i32)))
  (import "query" "floats" (func (param f64 f64 f64 f64 f64 f64 f64 f64 f32) (result i32)))
  (import "query" "results" (func (result i32 i32)))
  (import "query" "reference" (func (param funcref) (result i32)))
  (import "query" "good" (func (param i32 i32 i32 i64 i64 i64 f64 f64 f64 f64 f64 f64 f32 f32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
