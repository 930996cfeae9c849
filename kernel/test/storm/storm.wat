;; A checksum over registers of every kind, with two calls into the kernel in
;; each round: whatever an interrupt loses shows in the exit status.
(module
  (import "wasi_snapshot_preview1" "clock_time_get"
    (func $clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func $mix (param i64 i64) (result i64)
    (i64.add
      (i64.mul (local.get 0) (i64.const 6364136223846793005))
      (local.get 1)))
  (func (export "_start") (local $i i32) (local $a i64) (local $b f64) (local $c i64)
    (loop $again
      (if (call $clock (i32.const 1) (i64.const 0) (i32.const 8))
        (then (call $exit (i32.const 100))))
      (local.set $a (call $mix (local.get $a) (i64.extend_i32_u (local.get $i))))
      (local.set $b
        (f64.add (local.get $b) (f64.sqrt (f64.convert_i32_u (local.get $i)))))
      (local.set $c (i64.add (local.get $c) (i64.extend_i32_u (memory.size))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (i32.const 3000000))))
    (if (i64.ne (local.get $c) (i64.const 3000000))
      (then (call $exit (i32.const 101))))
    (call $exit
      (i32.and
        (i32.wrap_i64
          (i64.xor
            (i64.shr_u (local.get $a) (i64.const 40))
            (i64.reinterpret_f64 (local.get $b))))
        (i32.const 63)))))
