;; One of several that call the same server; exits with 1 at a wrong answer.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "sums" "add" (func $add (param i32 i32) (result i32)))
  (import "query" "slow" (func $slow (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start") (local $n i32)
    (local.set $n (i32.const 4000))
    (loop $l
      (if (i32.ne (call $add (local.get $n) (i32.const 5))
          (i32.add (local.get $n) (i32.const 5)))
        (then (call $exit (i32.const 1))))
      (if (i32.eqz (i32.rem_u (local.get $n) (i32.const 400)))
        (then (if (call $slow (i32.const 2))
          (then (call $exit (i32.const 1))))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
