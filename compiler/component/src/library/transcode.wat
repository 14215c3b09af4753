;; Strings that adapters move from one memory to another, and from one encoding to another. Addresses are in bytes,
;; lengths in code units; adapters have checked them, and accesses are checked again as all are.
(module
  (import "" "trap" (func $trap (param i32)))
  (import "" "from" (memory $from 0))
  (import "" "to" (memory $to 0))
  ;; What `$decode` has read ends here.
  (global $next (mut i32) (i32.const 0))
  ;; How many units `$run` has written.
  (global $written (mut i32) (i32.const 0))

  ;; Encodings are numbers: 0 is UTF-8, 1 UTF-16, 2 Latin-1.
  (func $size (param $encoding i32) (result i32)
    (select (i32.const 2) (i32.const 1) (i32.eq (local.get $encoding) (i32.const 1))))

  (func $invalid (param $code i32) (call $trap (local.get $code)) unreachable)

  ;; The six bits of a byte of UTF-8 that is not the first of a character.
  (func $rest (param $at i32) (param $end i32) (result i32)
    (local $byte i32)
    (if (i32.ge_u (local.get $at) (local.get $end))
      (then (call $invalid (i32.const 262))))
    (local.set $byte (i32.load8_u $from (local.get $at)))
    (if (i32.ne (i32.and (local.get $byte) (i32.const 0xc0)) (i32.const 0x80))
      (then (call $invalid (i32.const 262))))
    (i32.and (local.get $byte) (i32.const 0x3f)))

  (func $decode_utf8 (param $at i32) (param $end i32) (result i32)
    (local $first i32) (local $character i32) (local $count i32)
    (local.set $first (i32.load8_u $from (local.get $at)))
    (global.set $next (i32.add (local.get $at) (i32.const 1)))
    (if (i32.lt_u (local.get $first) (i32.const 0x80))
      (then (return (local.get $first))))
    (if (i32.or (i32.lt_u (local.get $first) (i32.const 0xc2)) (i32.ge_u (local.get $first) (i32.const 0xf5)))
      (then (call $invalid (i32.const 262))))
    (local.set $character
      (i32.or
        (i32.shl (i32.and (local.get $first) (i32.const 0x1f)) (i32.const 6))
        (call $rest (i32.add (local.get $at) (i32.const 1)) (local.get $end))))
    (local.set $count (i32.const 2))
    (if (i32.ge_u (local.get $first) (i32.const 0xe0))
      (then
        ;; The first byte of the longest has one more bit that is none of the character's.
        (local.set $character
          (i32.or
            (i32.shl (i32.and (local.get $character) (i32.const 0x3ff)) (i32.const 6))
            (call $rest (i32.add (local.get $at) (i32.const 2)) (local.get $end))))
        (local.set $count (i32.const 3))
        (if (i32.ge_u (local.get $first) (i32.const 0xf0))
          (then
            (local.set $character
              (i32.or
                (i32.shl (i32.and (local.get $character) (i32.const 0x7fff)) (i32.const 6))
                (call $rest (i32.add (local.get $at) (i32.const 3)) (local.get $end))))
            (local.set $count (i32.const 4))
            ;; As an unsigned number below the first, it is above the last.
            (if (i32.ge_u (i32.sub (local.get $character) (i32.const 0x1_0000)) (i32.const 0x10_0000))
              (then (call $invalid (i32.const 262)))))
          (else
            (if (i32.or
                  (i32.lt_u (local.get $character) (i32.const 0x800))
                  (i32.eq (i32.and (local.get $character) (i32.const 0xf800)) (i32.const 0xd800)))
              (then (call $invalid (i32.const 262))))))))
    (global.set $next (i32.add (local.get $at) (local.get $count)))
    (local.get $character))

  (func $decode_utf16 (param $at i32) (param $end i32) (result i32)
    (local $unit i32) (local $second i32)
    (local.set $unit (i32.load16_u $from (local.get $at)))
    (global.set $next (i32.add (local.get $at) (i32.const 2)))
    (if (i32.ne (i32.and (local.get $unit) (i32.const 0xf800)) (i32.const 0xd800))
      (then (return (local.get $unit))))
    (if (i32.or
          (i32.ge_u (local.get $unit) (i32.const 0xdc00))
          (i32.ge_u (global.get $next) (local.get $end)))
      (then (call $invalid (i32.const 263))))
    (local.set $second (i32.load16_u $from (global.get $next)))
    (if (i32.ne (i32.and (local.get $second) (i32.const 0xfc00)) (i32.const 0xdc00))
      (then (call $invalid (i32.const 263))))
    (global.set $next (i32.add (local.get $at) (i32.const 4)))
    (i32.add
      (i32.const 0x1_0000)
      (i32.or
        (i32.shl (i32.and (local.get $unit) (i32.const 0x3ff)) (i32.const 10))
        (i32.and (local.get $second) (i32.const 0x3ff)))))

  ;; The character at an address.
  (func $decode (param $encoding i32) (param $at i32) (param $end i32) (result i32)
    (if (i32.eqz (local.get $encoding))
      (then (return (call $decode_utf8 (local.get $at) (local.get $end)))))
    (if (i32.eq (local.get $encoding) (i32.const 1))
      (then (return (call $decode_utf16 (local.get $at) (local.get $end)))))
    (global.set $next (i32.add (local.get $at) (i32.const 1)))
    (i32.load8_u $from (local.get $at)))

  ;; Bytes of a character in UTF-8.
  (func $utf8_len (param $character i32) (result i32)
    (i32.add
      (i32.add (i32.const 1) (i32.ge_u (local.get $character) (i32.const 0x80)))
      (i32.add
        (i32.ge_u (local.get $character) (i32.const 0x800))
        (i32.ge_u (local.get $character) (i32.const 0x1_0000)))))

  (func $encode_utf8 (param $character i32) (param $at i32) (param $count i32)
    ;; From the last byte to the second.
    (local $number i32)
    (if (i32.eq (local.get $count) (i32.const 1))
      (then (i32.store8 $to (local.get $at) (local.get $character)) (return)))
    (local.set $number (local.get $count))
    (loop $more
      (local.set $number (i32.sub (local.get $number) (i32.const 1)))
      (i32.store8 $to (i32.add (local.get $at) (local.get $number))
        (i32.or (i32.const 0x80) (i32.and (local.get $character) (i32.const 0x3f))))
      (local.set $character (i32.shr_u (local.get $character) (i32.const 6)))
      (br_if $more (i32.gt_u (local.get $number) (i32.const 1))))
    (i32.store8 $to (local.get $at)
      (i32.or (local.get $character) (i32.shr_u (i32.const 0xf00) (local.get $count)))))

  (func $encode_utf16 (param $character i32) (param $at i32) (param $count i32)
    (if (i32.eq (local.get $count) (i32.const 1))
      (then (i32.store16 $to (local.get $at) (local.get $character)) (return)))
    (local.set $character (i32.sub (local.get $character) (i32.const 0x1_0000)))
    (i32.store16 $to (local.get $at)
      (i32.or (i32.const 0xd800) (i32.shr_u (local.get $character) (i32.const 10))))
    (i32.store16 $to offset=2 (local.get $at)
      (i32.or (i32.const 0xdc00) (i32.and (local.get $character) (i32.const 0x3ff)))))

  ;; Writes a character; returns its units, or 0 where there is no room.
  (func $encode (param $encoding i32) (param $character i32) (param $at i32) (param $room i32) (result i32)
    (local $count i32)
    (local.set $count (i32.const 1))
    (if (i32.eqz (local.get $encoding))
      (then (local.set $count (call $utf8_len (local.get $character)))))
    (if (i32.eq (local.get $encoding) (i32.const 1))
      (then
        (local.set $count
          (i32.add (i32.const 1) (i32.ge_u (local.get $character) (i32.const 0x1_0000))))))
    (if (i32.gt_u (local.get $count) (local.get $room))
      (then (return (i32.const 0))))
    (if (i32.eqz (local.get $encoding))
      (then (call $encode_utf8 (local.get $character) (local.get $at) (local.get $count)))
      (else
        (if (i32.eq (local.get $encoding) (i32.const 1))
          (then (call $encode_utf16 (local.get $character) (local.get $at) (local.get $count)))
          (else (i32.store8 $to (local.get $at) (local.get $character))))))
    (local.get $count))

  ;; Moves characters up to `$limit`, as long as there is room; returns how many units it has read.
  (func $run (param $from_encoding i32) (param $from i32) (param $len i32)
             (param $to_encoding i32) (param $to i32) (param $room i32) (param $limit i32) (result i32)
    (local $at i32) (local $end i32) (local $character i32) (local $count i32) (local $left i32)
    (local.set $at (local.get $from))
    (local.set $end
      (i32.add (local.get $from) (i32.mul (local.get $len) (call $size (local.get $from_encoding)))))
    (local.set $left (local.get $room))
    (block $done
      (loop $more
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $character (call $decode (local.get $from_encoding) (local.get $at) (local.get $end)))
        (br_if $done (i32.gt_u (local.get $character) (local.get $limit)))
        (local.set $count
          (call $encode (local.get $to_encoding) (local.get $character) (local.get $to) (local.get $left)))
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $left (i32.sub (local.get $left) (local.get $count)))
        (local.set $to
          (i32.add (local.get $to) (i32.mul (local.get $count) (call $size (local.get $to_encoding)))))
        (local.set $at (global.get $next))
        (br $more)))
    (global.set $written (i32.sub (local.get $room) (local.get $left)))
    (i32.div_u (i32.sub (local.get $at) (local.get $from)) (call $size (local.get $from_encoding))))

  ;; The highest character of a string; traps where it is not valid.
  (func $highest (param $encoding i32) (param $at i32) (param $len i32) (result i32)
    (local $end i32) (local $highest i32) (local $character i32)
    (local.set $end (i32.add (local.get $at) (i32.mul (local.get $len) (call $size (local.get $encoding)))))
    (block $done
      (loop $more
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $character (call $decode (local.get $encoding) (local.get $at) (local.get $end)))
        (if (i32.gt_u (local.get $character) (local.get $highest))
          (then (local.set $highest (local.get $character))))
        (local.set $at (global.get $next))
        (br $more)))
    (local.get $highest))

  (func $copy (param $encoding i32) (param $from i32) (param $len i32) (param $to i32)
    (drop (call $highest (local.get $encoding) (local.get $from) (local.get $len)))
    (memory.copy $to $from (local.get $to) (local.get $from)
      (i32.mul (local.get $len) (call $size (local.get $encoding)))))

  (func (export "utf8-to-utf8") (param $from i32) (param $len i32) (param $to i32)
    (call $copy (i32.const 0) (local.get $from) (local.get $len) (local.get $to)))
  (func (export "utf16-to-utf16") (param $from i32) (param $len i32) (param $to i32)
    (call $copy (i32.const 1) (local.get $from) (local.get $len) (local.get $to)))
  (func (export "latin1-to-latin1") (param $from i32) (param $len i32) (param $to i32)
    (call $copy (i32.const 2) (local.get $from) (local.get $len) (local.get $to)))
  (func (export "latin1-to-utf16") (param $from i32) (param $len i32) (param $to i32)
    (drop (call $run (i32.const 2) (local.get $from) (local.get $len)
      (i32.const 1) (local.get $to) (local.get $len) (i32.const -1))))
  (func (export "utf8-to-utf16") (param $from i32) (param $len i32) (param $to i32) (result i32)
    (drop (call $run (i32.const 0) (local.get $from) (local.get $len)
      (i32.const 1) (local.get $to) (local.get $len) (i32.const -1)))
    (global.get $written))

  ;; On the first pass, up to the first character that is not ASCII.
  (func $to_utf8 (param $encoding i32) (param $from i32) (param $len i32)
                 (param $to i32) (param $room i32) (param $is_first i32) (result i32)
    (call $run (local.get $encoding) (local.get $from) (local.get $len)
      (i32.const 0) (local.get $to) (local.get $room)
      (select (i32.const 0x7f) (i32.const -1) (local.get $is_first))))
  (func (export "utf16-to-utf8")
    (param $from i32) (param $len i32) (param $to i32) (param $room i32) (param $is_first i32) (result i32 i32)
    (call $to_utf8 (i32.const 1) (local.get $from) (local.get $len)
      (local.get $to) (local.get $room) (local.get $is_first))
    (global.get $written))
  (func (export "latin1-to-utf8")
    (param $from i32) (param $len i32) (param $to i32) (param $room i32) (param $is_first i32) (result i32 i32)
    (call $to_utf8 (i32.const 2) (local.get $from) (local.get $len)
      (local.get $to) (local.get $room) (local.get $is_first))
    (global.get $written))

  ;; Up to the first character that is none of Latin-1.
  (func (export "utf8-to-latin1") (param $from i32) (param $len i32) (param $to i32) (result i32 i32)
    (call $run (i32.const 0) (local.get $from) (local.get $len)
      (i32.const 2) (local.get $to) (local.get $len) (i32.const 0xff))
    (global.get $written))
  (func (export "utf16-to-latin1") (param $from i32) (param $len i32) (param $to i32) (result i32 i32)
    (call $run (i32.const 1) (local.get $from) (local.get $len)
      (i32.const 2) (local.get $to) (local.get $len) (i32.const 0xff))
    (global.get $written))

  ;; A length with bit 31 where it is one of UTF-16, or without, where Latin-1 is enough.
  (func (export "utf16-to-compact-probably-utf16") (param $from i32) (param $len i32) (param $to i32) (result i32)
    (local $number i32)
    (if (i32.gt_u (call $highest (i32.const 1) (local.get $from) (local.get $len)) (i32.const 0xff))
      (then
        (memory.copy $to $from (local.get $to) (local.get $from) (i32.shl (local.get $len) (i32.const 1)))
        (return (i32.or (local.get $len) (i32.const 0x8000_0000)))))
    (drop (call $run (i32.const 1) (local.get $from) (local.get $len)
      (i32.const 2) (local.get $to) (local.get $len) (i32.const 0xff)))
    (local.get $len))

  ;; Makes UTF-16 of the Latin-1 that a string begins with, in place, and moves the rest behind it.
  (func $complete (param $encoding i32) (param $from i32) (param $len i32)
                  (param $to i32) (param $room i32) (param $done i32) (result i32)
    (local $number i32)
    (local.set $number (local.get $done))
    (block $widened
      (loop $more
        (br_if $widened (i32.eqz (local.get $number)))
        (local.set $number (i32.sub (local.get $number) (i32.const 1)))
        (i32.store16 $to
          (i32.add (local.get $to) (i32.shl (local.get $number) (i32.const 1)))
          (i32.load8_u $to (i32.add (local.get $to) (local.get $number))))
        (br $more)))
    (drop (call $run (local.get $encoding) (local.get $from) (local.get $len)
      (i32.const 1)
      (i32.add (local.get $to) (i32.shl (local.get $done) (i32.const 1)))
      (i32.sub (local.get $room) (local.get $done)) (i32.const -1)))
    (i32.add (local.get $done) (global.get $written)))
  (func (export "utf8-to-compact-utf16")
    (param $from i32) (param $len i32) (param $to i32) (param $room i32) (param $done i32) (result i32)
    (call $complete (i32.const 0) (local.get $from) (local.get $len)
      (local.get $to) (local.get $room) (local.get $done)))
  (func (export "utf16-to-compact-utf16")
    (param $from i32) (param $len i32) (param $to i32) (param $room i32) (param $done i32) (result i32)
    (call $complete (i32.const 1) (local.get $from) (local.get $len)
      (local.get $to) (local.get $room) (local.get $done)))
)
