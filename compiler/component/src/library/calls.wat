;; Calls that borrow (component model, "Canonical ABI": `Task`). They are a stack of records of 12 bytes, from 12 on:
;; where a call begins, -1, how many handles were made for it that are still there, and the record of the call around
;; it; and for each loan that ends with the call, the table and the handle.
(module
  (import "" "trap" (func $trap (param i32)))
  (memory $records (export "records") 0)
  (global $top (export "top") (mut i32) (i32.const 12))
  (global $current (export "current") (mut i32) (i32.const 0))

  (func $push (param $first i32) (param $second i32) (param $third i32)
    (if (i32.gt_u (i32.add (global.get $top) (i32.const 12)) (i32.shl (memory.size) (i32.const 16)))
      (then
        (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1))
          (then (call $trap (i32.const 261)) unreachable))))
    (i32.store (global.get $top) (local.get $first))
    (i32.store offset=4 (global.get $top) (local.get $second))
    (i32.store offset=8 (global.get $top) (local.get $third))
    (global.set $top (i32.add (global.get $top) (i32.const 12))))

  ;; Begins a call.
  (func (export "enter")
    (call $push (i32.const -1) (i32.const 0) (global.get $current))
    (global.set $current (i32.sub (global.get $top) (i32.const 12))))

  ;; Notes a loan that ends with the present call.
  (func (export "loan") (param $table i32) (param $handle i32)
    (call $push (local.get $table) (local.get $handle) (i32.const 0)))

  ;; Counts a handle that is made for the present call; returns its record.
  (func (export "borrow") (result i32)
    (if (i32.eqz (global.get $current))
      (then (call $trap (i32.const 260)) unreachable))
    (i32.store offset=4 (global.get $current)
      (i32.add (i32.load offset=4 (global.get $current)) (i32.const 1)))
    (global.get $current))

  ;; Counts one that is gone.
  (func (export "returned") (param $call i32)
    (i32.store offset=4 (local.get $call)
      (i32.sub (i32.load offset=4 (local.get $call)) (i32.const 1))))
)
