;; The end of calls that borrow: see `calls.wat`.
(module
  (import "" "trap" (func $trap (param i32)))
  (import "" "lend" (func $lend (param $table i32) (param $handle i32) (param $more i32) (result i32)))
  (import "" "records" (memory $records 0))
  (import "" "top" (global $top (mut i32)))
  (import "" "current" (global $current (mut i32)))

  ;; Ends the present call: what was lent for it is given back. Traps where the callee still has some.
  (func (export "exit")
    (local $call i32)
    (local.set $call (global.get $current))
    (if (i32.eqz (local.get $call))
      (then (call $trap (i32.const 260)) unreachable))
    (if (i32.load offset=4 (local.get $call))
      (then (call $trap (i32.const 260)) unreachable))
    (block $done
      (loop $next
        (global.set $top (i32.sub (global.get $top) (i32.const 12)))
        (br_if $done (i32.eq (global.get $top) (local.get $call)))
        (drop (call $lend
          (i32.load (global.get $top)) (i32.load offset=4 (global.get $top)) (i32.const -1)))
        (br $next)))
    (global.set $current (i32.load offset=8 (local.get $call))))
)
