;; Filled out by the test, so that some branches are far.
(module
  (memory 1)
  (table funcref (elem $near $far))
  (type $op (func (param i32) (result i32)))
  (func $near (param $x i32) (result i32)
    (loop $again
      (local.set $x (i32.add (local.get $x) (i32.const -3)))
      (i32.store (local.get $x) (i32.add (i32.load (local.get $x)) (i32.const 1)))
      (br_if $again (i32.and (local.get $x) (i32.const 8))))
    (local.get $x))
  (func $far (param $x i32) (result i32)
    (loop $again
      (; filler ;)
      (br_if $again (i32.lt_s (local.get $x) (i32.const 99))))
    (if (i32.eq (local.get $x) (i32.const 7))
      (then (; filler ;))
      (else (unreachable)))
    (i32.div_s (local.get $x) (i32.load (local.get $x))))
  (func $table (param $x i32) (result i32)
    (block $out
      (block $c
        (block $b
          (block $a
            (br_table $a $b $c $a $out (local.get $x)))
          (local.set $x (i32.add (local.get $x) (i32.const 3)))
          (br $out))
        (; filler ;)
        (br_if $out (i32.eqz (local.get $x))))
      (local.set $x (call $near (local.get $x))))
    (local.get $x))
  (func $constants (param $x f64) (result f64)
    (f64.store (i32.const 8) (f64.neg (local.get $x)))
    (v128.store (i32.const 16) (i8x16.add (v128.load (i32.const 16)) (v128.const i64x2 3 4)))
    (f64.add (f64.abs (local.get $x)) (f64.const 1.25)))
  (func (export "_start")
    (drop (call $constants (f64.load (i32.const 64))))
    (drop (call_indirect (type $op) (i32.const 1) (call $table (i32.const 2))))))
