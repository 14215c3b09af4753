//! Every feature that can be switched: `inspect` names it where a module needs it, and without it the module is refused
//! by an error that says how to switch it on.

use crate::support::{Bench, finish, text, wasmc};
use wasmc_frontend::features::FEATURES;

/// For each feature a module that needs it.
const MODULES: &[(&str, &str)] = &[
    ("mutable-global", r#"(global (export "g") (mut i32) (i32.const 0)) (func $f)"#),
    ("sign-extension", "(func $f (drop (i32.extend8_s (i32.const 200))))"),
    ("saturating-float-to-int", "(func $f (drop (i32.trunc_sat_f64_s (f64.const 1e300))))"),
    ("multi-value", "(func $f (drop (call $two)) drop) (func $two (result i32 i32) (i32.const 1) (i32.const 2))"),
    ("bulk-memory", "(memory 1) (func $f (memory.fill (i32.const 0) (i32.const 1) (i32.const 2)))"),
    ("reference-types", "(table $t 1 externref) (func $f (drop (table.get $t (i32.const 0))))"),
    ("extended-const", "(global i32 (i32.add (i32.const 1) (i32.const 2))) (func $f)"),
    ("tail-call", "(func $f (return_call $g)) (func $g)"),
    ("simd", "(func $f (drop (v128.const i64x2 1 2)))"),
    ("relaxed-simd", "(func $f (drop (i8x16.relaxed_swizzle (v128.const i64x2 1 2) (v128.const i64x2 3 4))))"),
    ("multi-memory", "(memory 1) (memory $two 1) (func $f (drop (i32.load $two (i32.const 0))))"),
    ("memory64", "(memory i64 1) (func $f (drop (i32.load (i64.const 0))))"),
    ("function-references", "(type $t (func)) (elem declare func $g) (func $g) (func $f (call_ref $t (ref.func $g)))"),
    ("exceptions", "(tag $e) (func $f (block $h (try_table (catch $e $h) (throw $e))))"),
    ("legacy-exceptions", "(tag $e) (func $f try throw $e catch $e end)"),
    ("threads", "(memory 1 1 shared) (func $f (drop (i32.atomic.load (i32.const 0))))"),
    ("custom-page-sizes", "(memory 100 100 (pagesize 1)) (func $f (drop (i32.load (i32.const 96))))"),
    ("wide-arithmetic", "(func $f (drop (i64.add128 (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4))) drop)"),
];

/// Checks the module of one feature.
fn check(name: &str, body: &str) {
    let bench = Bench::new();
    let module = bench.write("module.wat", format!(r#"(module {body} (func (export "_start") (call $f)))"#));
    let report = finish(wasmc().arg("inspect").arg(&module));
    let report = text(&report.stdout);
    let (_, needed) = report.split_once("features needed:").unwrap_or_else(|| panic!("{name}: {report}"));
    assert!(needed.lines().any(|line| line.trim() == name), "{name}: {report}");

    let image = bench.path("image");
    let off = finish(wasmc().arg(&module).arg("-o").arg(&image).arg("-W").arg(format!("{name}=n")));
    let stderr = text(&off.stderr);
    assert_eq!(off.status.code(), Some(1), "{name}: {stderr}");
    assert!(stderr.contains(&format!("`{name}`")) && stderr.contains(&format!("-W {name}")), "{name}: {stderr}");
    assert!(!image.exists(), "{name}");

    let on = finish(wasmc().arg(&module).arg("-o").arg(&image).args(["-W", name]));
    assert!(on.status.success(), "{name}: {}", text(&on.stderr));
    let run = finish(&mut std::process::Command::new(image));
    assert_eq!(run.status.code(), Some(0), "{name}: {}", text(&run.stderr));
}

#[test]
fn every_feature_is_named_where_it_is_needed_and_where_it_is_missing() {
    for feature in FEATURES {
        let module = MODULES.iter().find(|(name, _)| *name == feature.name);
        let (name, body) = module.unwrap_or_else(|| panic!("{}: there is no module that needs it", feature.name));
        check(name, body);
    }
}
