;; Accepts connections, makes some, and asks for a secret.
(module
  (import "wasi_snapshot_preview1" "sock_accept"
    (func (param i32 i32 i32) (result i32)))
  (import "azoth" "sock_connect" (func (param i32 i32 i32) (result i32)))
  (import "azoth" "secret" (func (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
