;; Serves functions that are too large for a gate.
(module
  (memory (export "memory") 1)
  (func (export "ints") (param i32 i32 i32 i64 i64 i64 i32) (result i32) i32.const 0)
  (func (export "floats") (param f64 f64 f64 f64 f64 f64 f64 f64 f32) (result i32) i32.const 0)
  (func (export "results") (result i32 i32) i32.const 0 i32.const 0)
  (func (export "reference") (param funcref) (result i32) i32.const 0)
  (func (export "good") (param i32 i32 i32 i64 i64 i64 f64 f64 f64 f64 f64 f64 f32 f32) (result i32) i32.const 0))
