;; keeps 100 MB live: 4M list nodes of 24 bytes in 1000 lists, replaces lists all the time
(module
  (type $n (struct (field i64) (field (mut (ref null $n)))))
  (type $ls (array (mut (ref null $n))))
  (global $ls (ref $ls) (array.new_default $ls (i32.const 1000)))
  (func $list (param $c i32) (result (ref null $n)) (local $r (ref null $n))
    (loop $l (local.set $r (struct.new $n (i64.extend_i32_u (local.get $c)) (local.get $r)))
      (br_if $l (local.tee $c (i32.sub (local.get $c) (i32.const 1)))))
    (local.get $r))
  (func (export "_start") (local $i i32)
    (loop $l
      (array.set $ls (global.get $ls) (i32.rem_u (i32.mul (local.get $i) (i32.const 7)) (i32.const 1000)) (call $list (i32.const 4370)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10000))))))
