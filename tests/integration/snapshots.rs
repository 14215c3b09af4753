//! Cranelift IR of each family of operators, as it is before optimisation: how the code generator reads them.

use crate::support::{Bench, finish, text, wasmc};

/// The IR of a module's functions.
fn clif(module: &str, args: &[&str]) -> String {
    let bench = Bench::new();
    let module = bench.write("module.wat", module);
    let output = finish(wasmc().arg(module).args(["--emit", "clif", "--target", "x86_64-linux", "-o", "-"]).args(args));
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

macro_rules! snapshot {
    ($name:ident, $body:literal) => {
        snapshot!($name, $body, &[]);
    };
    ($name:ident, $body:literal, $args:expr) => {
        #[test]
        fn $name() {
            insta::assert_snapshot!(stringify!($name), clif($body, $args));
        }
    };
}

snapshot!(
    numeric,
    r#"(module (func $f (param i32 i64 f32 f64) (result i64)
        (i64.add (i64.extend_i32_s (i32.div_s (local.get 0) (i32.const 7)))
            (i64.rotl (local.get 1) (i64.trunc_sat_f64_s (f64.min (local.get 3) (f64.promote_f32 (local.get 2)))))))
        (func (export "_start") (drop (call $f (i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4)))))"#
);

snapshot!(
    control,
    r#"(module (func $f (param i32) (result i32) (local $sum i32)
        (block $done (loop $next
            (br_if $done (i32.eqz (local.get 0)))
            (local.set $sum (i32.add (local.get $sum) (local.get 0)))
            (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
            (br $next)))
        (if (result i32) (local.get $sum) (then (local.get $sum)) (else (unreachable))))
        (func $g (param i32) (result i32)
            (block $a (result i32) (block $b (result i32)
                (br_table $a $b (i32.const 5) (local.get 0)))
                (i32.mul (i32.const 2))))
        (func (export "_start") (drop (call $f (call $g (i32.const 1))))))"#
);

snapshot!(
    memory_guarded,
    r#"(module (memory 1) (func (export "_start")
        (i64.store32 offset=8 (i32.const 16) (i64.load8_u offset=0xffffffff (i32.load (i32.const 4))))
        (drop (memory.grow (memory.size)))))"#
);

snapshot!(
    memory_explicit,
    r#"(module (memory 1 2) (func (export "_start")
        (i64.store32 offset=8 (i32.const 16) (i64.load8_u offset=0xffffffff (i32.load (i32.const 4))))))"#,
    &["--bounds=explicit"]
);

snapshot!(
    memory_explicit_without_speculation,
    r#"(module (memory 1 2) (table 3 funcref) (type $t (func)) (func (export "_start")
        (i32.store (i32.const 16) (i32.load offset=4 (i32.load (i32.const 4))))
        (call_indirect (type $t) (i32.load (i32.const 8)))))"#,
    &["--bounds=explicit", "--spectre=on"]
);

snapshot!(
    bulk_memory,
    r#"(module (memory 1) (data $d "passive") (func (export "_start")
        (memory.copy (i32.const 1) (i32.const 2) (i32.const 11))
        (memory.fill (i32.const 1) (i32.const 2) (i32.const 20))
        (memory.copy (i32.const 1) (i32.const 2) (memory.size))
        (memory.init $d (i32.const 1) (i32.const 0) (i32.const 7))
        (data.drop $d)))"#
);

snapshot!(
    calls,
    r#"(module (type $unary (func (param i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (table 2 2 funcref) (elem (i32.const 0) $double $double)
        (func $double (type $unary) (i32.mul (local.get 0) (i32.const 2)))
        (memory 1)
        (func (export "_start")
            (call $exit (call_indirect (type $unary) (call $double (i32.const 3)) (i32.const 1)))))"#
);

snapshot!(
    tail_calls,
    r#"(module (func $even (param i32) (result i32)
            (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 1))
                (else (return_call $odd (i32.sub (local.get 0) (i32.const 1))))))
        (func $odd (param i32) (result i32)
            (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
                (else (return_call $even (i32.sub (local.get 0) (i32.const 1))))))
        (func (export "_start") (drop (call $even (i32.const 1000000)))))"#
);

snapshot!(
    globals_and_tables,
    r#"(module (global $g (mut i64) (i64.const 5)) (global $k i32 (i32.const 3)) (table $t 1 funcref) (elem declare func $f)
        (func $f)
        (func (export "_start")
            (global.set $g (i64.add (global.get $g) (i64.extend_i32_u (global.get $k))))
            (table.set $t (i32.const 0) (ref.func $f))
            (drop (ref.is_null (table.get $t (i32.const 0))))
            (drop (table.grow $t (ref.null func) (table.size $t)))))"#
);

snapshot!(
    simd,
    r#"(module (memory 1) (func (export "_start")
        (v128.store (i32.const 0) (i32x4.add (v128.load (i32.const 16)) (i32x4.splat (i32.const 7))))
        (drop (i8x16.all_true (f32x4.lt (v128.load32_splat (i32.const 4)) (v128.const f32x4 1 2 3 4))))))"#
);

snapshot!(
    branch_hints,
    r#"(module (func $f (param i32) (result i32)
        (block $rare
            (@metadata.code.branch_hint "\00") (br_if $rare (i32.eqz (local.get 0)))
            (@metadata.code.branch_hint "\01") (if (result i32) (i32.lt_s (local.get 0) (i32.const 100))
                (then (i32.const 1))
                (else (if (result i32) (local.get 0) (then (i32.const 2)) (else (i32.const 3)))))
            return)
        (i32.const 4))
        (func (export "_start") (drop (call $f (i32.const 1)))))"#
);
