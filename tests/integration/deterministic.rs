//! `--deterministic`: the same bits on every target.

use crate::cross::{AARCH64, RISCV64, is_there};
use crate::support::{Bench, Machine};

/// Operations that make NaNs, each with a name for it; operands come from memory, so that nothing is known.
const MAKES_NAN: [(&str, &str); 12] = [
    ("0 / 0", "(i32.reinterpret_f32 (f32.div (global.get $zero) (global.get $zero)))"),
    ("inf - inf", "(i32.reinterpret_f32 (f32.sub (global.get $inf) (global.get $inf)))"),
    ("inf * 0", "(i32.reinterpret_f32 (f32.mul (global.get $inf) (global.get $zero)))"),
    ("sqrt(-inf)", "(i32.reinterpret_f32 (f32.sqrt (f32.neg (global.get $inf))))"),
    ("nan + 1", "(i32.reinterpret_f32 (f32.add (global.get $payload) (f32.const 1)))"),
    ("1 + nan", "(i32.reinterpret_f32 (f32.add (f32.const 1) (global.get $payload)))"),
    ("min", "(i32.reinterpret_f32 (f32.min (global.get $payload) (global.get $zero)))"),
    ("max", "(i32.reinterpret_f32 (f32.max (global.get $zero) (global.get $payload)))"),
    ("ceil", "(i32.reinterpret_f32 (f32.ceil (global.get $payload)))"),
    ("nearest", "(i32.reinterpret_f32 (f32.nearest (global.get $payload)))"),
    ("demote", "(i32.reinterpret_f32 (f32.demote_f64 (global.get $wide)))"),
    (
        "promote",
        "(i32.or (i32.wrap_i64 (i64.reinterpret_f64 (f64.promote_f32 (global.get $payload))))
            (i32.wrap_i64 (i64.shr_u (i64.reinterpret_f64 (f64.promote_f32 (global.get $payload))) (i64.const 29))))",
    ),
];

/// A module that ends with the number of the first operation whose result is not the canonical NaN, or 100.
fn module() -> String {
    let checks = MAKES_NAN.iter().enumerate().map(|(number, (_, operation))| {
        // The promoted NaN, shifted as far, has the bits of an f32 but for its exponent's width.
        let canonical = if number == 11 { "0xffc00000" } else { "0x7fc00000" };
        format!("(if (i32.ne {operation} (i32.const {canonical})) (then (call $exit (i32.const {number}))))\n")
    });
    format!(
        r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32))) (memory (export "memory") 1)
            (global $zero (mut f32) (f32.const 0)) (global $inf (mut f32) (f32.const inf))
            (global $payload (mut f32) (f32.const -nan:0x654321)) (global $wide (mut f64) (f64.const -nan:0x87654321))
            (func (export "_start") {} (call $exit (i32.const 100))))"#,
        checks.collect::<String>()
    )
}

#[test]
fn every_nan_is_the_canonical_one() {
    for machine in [Machine::default(), AARCH64, RISCV64] {
        if !machine.options.is_empty() && !is_there(machine) {
            continue;
        }
        for level in ["-O0", "-O2"] {
            let bench = Bench::new();
            let options = [machine.options, &["--deterministic", level]].concat();
            let image = bench.compile_text(&module(), &options);
            let status = machine.start(&image).status().unwrap().code();
            let failed = status.and_then(|status| MAKES_NAN.get(status as usize)).map(|(name, _)| name);
            assert_eq!(status, Some(100), "{options:?}: {failed:?}");
        }
    }
}
