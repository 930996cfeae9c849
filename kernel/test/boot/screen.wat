;; Writes lines of its own, then sleeps for 4 s so that somebody can look.
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 1024)
    "The quick brown fox jumps over the lazy dog 0123456789\n"
    "!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~\n")
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 1024))
    (i32.store (i32.const 4) (i32.const 87))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1)
      (i32.const 8)))
    (i32.store (i32.const 80) (i32.const 1))
    (i64.store (i32.const 88) (i64.const 4000000000))
    (drop (call $poll (i32.const 64) (i32.const 256) (i32.const 1)
      (i32.const 512)))))
