;; The handles of one component instance (component model, "Canonical ABI": `HandleTable`). The handle of number N is
;; the 16 bytes at 16 * N: its type, 0 where it is free; the representation of its resource, or the next free handle;
;; how often it is lent; and where it is borrowed itself, the record of the call that it was made for, else 0.
(module
  (import "" "trap" (func $trap (param i32)))
  (import "" "returned" (func $returned (param $call i32)))
  (memory $handles 0)
  (global $free (mut i32) (i32.const 0))
  (global $used (mut i32) (i32.const 0))

  ;; A new handle.
  (func $insert (export "insert") (param $type i32) (param $representation i32) (param $call i32) (result i32)
    (local $handle i32) (local $at i32)
    (if (local.tee $handle (global.get $free))
      (then
        (global.set $free (i32.load offset=4 (i32.shl (local.get $handle) (i32.const 4)))))
      (else
        (local.set $handle (i32.add (global.get $used) (i32.const 1)))
        ;; The canonical ABI allows no more.
        (if (i32.ge_u (local.get $handle) (i32.const 0x1000_0000))
          (then (call $trap (i32.const 261)) unreachable))
        (if (i32.ge_u (i32.shr_u (local.get $handle) (i32.const 12)) (memory.size))
          (then
            (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1))
              (then (call $trap (i32.const 261)) unreachable))))
        (global.set $used (local.get $handle))))
    (local.set $at (i32.shl (local.get $handle) (i32.const 4)))
    (i32.store (local.get $at) (local.get $type))
    (i32.store offset=4 (local.get $at) (local.get $representation))
    (i32.store offset=8 (local.get $at) (i32.const 0))
    (i32.store offset=12 (local.get $at) (local.get $call))
    (local.get $handle))

  ;; Where a handle is: traps unless there is one of this type.
  (func $find (param $type i32) (param $handle i32) (result i32)
    (local $at i32) (local $found i32)
    (if (i32.gt_u (i32.sub (local.get $handle) (i32.const 1)) (i32.sub (global.get $used) (i32.const 1)))
      (then (call $trap (i32.const 256)) unreachable))
    (if (i32.eqz (global.get $used))
      (then (call $trap (i32.const 256)) unreachable))
    (local.set $at (i32.shl (local.get $handle) (i32.const 4)))
    (if (i32.eqz (local.tee $found (i32.load (local.get $at))))
      (then (call $trap (i32.const 256)) unreachable))
    (if (i32.ne (local.get $found) (local.get $type))
      (then (call $trap (i32.const 257)) unreachable))
    (local.get $at))

  ;; The representation of a resource.
  (func (export "representation") (param $type i32) (param $handle i32) (result i32)
    (i32.load offset=4 (call $find (local.get $type) (local.get $handle))))

  ;; Counts one more loan of a handle, or one less, unless it is borrowed itself; returns whether it is owned.
  (func (export "lend") (param $type i32) (param $handle i32) (param $more i32) (result i32)
    (local $at i32)
    (local.set $at (call $find (local.get $type) (local.get $handle)))
    (if (i32.load offset=12 (local.get $at))
      (then (return (i32.const 0))))
    (i32.store offset=8 (local.get $at)
      (i32.add (i32.load offset=8 (local.get $at)) (local.get $more)))
    (i32.const 1))

  ;; Removes a handle; returns what it had.
  (func $remove (param $type i32) (param $handle i32) (result i32)
    (local $at i32)
    (local.set $at (call $find (local.get $type) (local.get $handle)))
    (if (i32.load offset=8 (local.get $at))
      (then (call $trap (i32.const 258)) unreachable))
    (i32.store (local.get $at) (i32.const 0))
    (local.get $at))

  ;; Makes the place of a removed handle free.
  (func $release (param $at i32)
    (i32.store offset=4 (local.get $at) (global.get $free))
    (global.set $free (i32.shr_u (local.get $at) (i32.const 4))))

  ;; Removes a handle that is owned, as it is given away; returns the representation.
  (func (export "take") (param $type i32) (param $handle i32) (result i32)
    (local $at i32) (local $representation i32)
    (local.set $at (call $remove (local.get $type) (local.get $handle)))
    (if (i32.load offset=12 (local.get $at))
      (then (call $trap (i32.const 259)) unreachable))
    (local.set $representation (i32.load offset=4 (local.get $at)))
    (call $release (local.get $at))
    (local.get $representation))

  ;; Drops a handle; returns the representation of what was owned, and -1 for what was borrowed.
  (func (export "drop") (param $type i32) (param $handle i32) (result i64)
    (local $at i32) (local $call i32) (local $representation i32)
    (local.set $at (call $remove (local.get $type) (local.get $handle)))
    (local.set $call (i32.load offset=12 (local.get $at)))
    (local.set $representation (i32.load offset=4 (local.get $at)))
    (call $release (local.get $at))
    (if (local.get $call)
      (then
        (call $returned (local.get $call))
        (return (i64.const -1))))
    (i64.extend_i32_u (local.get $representation)))
)
