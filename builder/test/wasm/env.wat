;; What the linker left undefined, and WASI functions that do not exist.
(module
  (import "env" "sqrt_table" (func (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_wirte"
    (func (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "http_get" (func))
  (import "other" "random_gte" (func (param i32 i32) (result i32)))
  (func (export "_start")))
