;; memory.grow within the limit works and gives zeroes, beyond it gives -1 and
;; changes nothing; memory.copy, fill and init agree with the rules. Exits
;; with the number of the first check that fails, 0 when none does.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data $d "abcdefgh")
  (func $check (param $ok i32) (param $n i32)
    (if (i32.eqz (local.get $ok)) (then (call $exit (local.get $n)))))
  (func (export "_start")
    (call $check (i32.eq (memory.size) (i32.const 1)) (i32.const 1))
    (call $check (i32.eq (memory.grow (i32.const 3)) (i32.const 1))
      (i32.const 2))
    (call $check (i32.eq (memory.size) (i32.const 4)) (i32.const 3))
    (call $check (i64.eqz (i64.load (i32.const 262136))) (i32.const 4))
    (call $check (i32.eq (memory.grow (i32.const 100000)) (i32.const -1))
      (i32.const 5))
    (call $check (i32.eq (memory.grow (i32.const 61)) (i32.const -1))
      (i32.const 6))
    (call $check (i32.eq (memory.size) (i32.const 4)) (i32.const 7))
    (memory.init $d (i32.const 131072) (i32.const 2) (i32.const 4))
    (call $check
      (i32.eq (i32.load (i32.const 131072)) (i32.const 0x66656463))
      (i32.const 8))
    (memory.copy (i32.const 131073) (i32.const 131072) (i32.const 4))
    (call $check
      (i32.eq (i32.load (i32.const 131072)) (i32.const 0x65646363))
      (i32.const 9))
    (memory.fill (i32.const 131072) (i32.const 0x1ff) (i32.const 2))
    (call $check
      (i32.eq (i32.load16_u (i32.const 131072)) (i32.const 0xffff))
      (i32.const 10))
    (data.drop $d)
    (memory.init $d (i32.const 0) (i32.const 0) (i32.const 0))
    (call $exit (i32.const 0))))
