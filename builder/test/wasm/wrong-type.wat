;; Imports declared with other types than the interfaces have.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func (param i64)))
  (import "azoth" "log" (func (param i32 i32 f64) (result f32)))
  (func (export "_start")))
