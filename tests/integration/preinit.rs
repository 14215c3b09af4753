//! Work that a module does when it is compiled: `--preinit`.

use crate::bad_input::refuse;
use crate::cross;
use crate::support::{Bench, Machine, finish, root, text, wasmc};
use std::process::Command;
use std::time::Duration;
use wasmc::options::Preinit;
use wasmc::{Phases, Sources, preinit};
use wasmc_frontend::{Features, Unvalidated};
use wasmc_tests::fuzz::answer::Answer;
use wasmc_tests::fuzz::generate;
use wasmc_tests::fuzz::random::Random;
use wasmc_tests::fuzz::reference::Reference;
use wasmc_tests::fuzz::request::{Request, requests};

/// Counts its starts, fills memories and tables, sets globals of all types, drops segments; then says by its exit
/// status whether all is as it was left, which takes no more than a few accesses.
const MODULE: &str = r#"(module
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (type $number (func (result i32)))
    (memory 1 100) (memory $second 0 10)
    (data (i32.const 8) "before") (data $passive "passive") (data $kept "kept")
    (data (memory 0) (i32.const 200) "\01\02\03")
    (table $t 2 funcref) (table $grown 0 10 funcref) (table $full 3 3 funcref (ref.func $one)) (table $none 2 externref)
    (elem (table $t) (i32.const 0) func $one $two) (elem $later func $two $one) (elem declare func $three)
    (elem (table $full) (i32.const 1) funcref (item (ref.func $two)) (item (ref.null func)))
    (global $i32 (mut i32) (i32.const 1)) (global $i64 (mut i64) (i64.const 1)) (global $f32 (mut f32) (f32.const 1))
    (global $f64 (mut f64) (f64.const 1)) (global $func (mut funcref) (ref.null func))
    (global $unused (mut i32) (i32.const 77)) (global $typed (mut (ref null $number)) (ref.func $one))
    (func $one (type $number) (i32.const 1)) (func $two (type $number) (i32.const 2))
    (func $three (type $number) (i32.const 3))
    (func $start (global.set $i32 (i32.add (global.get $i32) (i32.const 1)))) (start $start)
    (func $init (export "init")
        (local $n i32)
        (global.set $i32 (i32.mul (global.get $i32) (i32.const 10)))
        (global.set $i64 (i64.const -5000000000)) (global.set $f32 (f32.const -0x1p-149))
        (global.set $f64 (f64.const nan))
        (global.set $func (ref.func $three)) (global.set $typed (ref.null $number))
        (i32.store8 (i32.const 8) (i32.const 66))
        (loop $squares
            (i32.store (i32.add (i32.const 4096) (i32.mul (local.get $n) (i32.const 4)))
                (i32.mul (local.get $n) (local.get $n)))
            (br_if $squares (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 10000))))
        (drop (memory.grow (i32.const 3))) (drop (memory.grow $second (i32.const 2)))
        (i32.store (i32.const 262140) (i32.const 99)) (i32.store $second (i32.const 131068) (i32.const 98))
        (table.set $t (i32.const 0) (ref.func $three)) (table.set $t (i32.const 1) (ref.null func))
        (drop (table.grow $grown (ref.func $two) (i32.const 4)))
        (table.set $full (i32.const 0) (ref.null func))
        (data.drop $passive) (elem.drop $later))
    (func $wrong (param i32) (if (local.get 0) (then (call $exit (i32.const 1)))))
    (func (export "_start")
        (call $wrong (i32.ne (global.get $i32) (i32.const 20)))
        (call $wrong (i64.ne (global.get $i64) (i64.const -5000000000)))
        (call $wrong (f32.ne (global.get $f32) (f32.const -0x1p-149)))
        (call $wrong (f64.eq (global.get $f64) (global.get $f64)))
        (call $wrong (i32.eqz (ref.is_null (global.get $typed))))
        (call $wrong (i32.ne (i32.load8_u (i32.const 8)) (i32.const 66)))
        (call $wrong (i32.ne (i32.load8_u (i32.const 9)) (i32.const 101)))
        (call $wrong (i32.ne (i32.load16_u (i32.const 201)) (i32.const 0x0302)))
        (call $wrong (i32.ne (i32.load (i32.add (i32.const 4096) (i32.const 39996))) (i32.const 99980001)))
        (call $wrong (i32.ne (memory.size) (i32.const 4))) (call $wrong (i32.ne (memory.size $second) (i32.const 2)))
        (call $wrong (i32.ne (i32.load (i32.const 262140)) (i32.const 99)))
        (call $wrong (i32.ne (i32.load $second (i32.const 131068)) (i32.const 98)))
        (call $wrong (i32.ne (call_indirect $t (type $number) (i32.const 0)) (i32.const 3)))
        (call $wrong (i32.eqz (ref.is_null (table.get $t (i32.const 1)))))
        (call $wrong (i32.ne (table.size $grown) (i32.const 4)))
        (call $wrong (i32.ne (call_indirect $grown (type $number) (i32.const 3)) (i32.const 2)))
        (call $wrong (i32.eqz (ref.is_null (table.get $full (i32.const 0)))))
        (call $wrong (i32.ne (call_indirect $full (type $number) (i32.const 1)) (i32.const 2)))
        (call $wrong (i32.eqz (ref.is_null (table.get $full (i32.const 2)))))
        (call $wrong (i32.eqz (ref.is_null (table.get $none (i32.const 1)))))
        (table.set $t (i32.const 1) (global.get $func))
        (call $wrong (i32.ne (call_indirect $t (type $number) (i32.const 1)) (i32.const 3)))
        (call $wrong (ref.is_null (ref.func $init)))
        (call $wrong (i32.ne (global.get $unused) (i32.const 77)))
        (memory.init $kept (i32.const 0) (i32.const 0) (i32.const 4))
        (memory.init $passive (i32.const 0) (i32.const 0) (i32.const 0))
        (table.init $t $later (i32.const 0) (i32.const 0) (i32.const 0))
        (call $wrong (i32.ne (i32.load (i32.const 0)) (i32.const 0x7470656b)))
        (call $exit (i32.const 7))))"#;

#[test]
fn programs_begin_with_what_an_export_leaves() {
    for options in [&["--preinit=init"][..], &["--preinit=init", "-O0"], &["--preinit=init", "--bounds=explicit"]] {
        let bench = Bench::new();
        let image = bench.compile_text(MODULE, options);
        assert_eq!(finish(&mut Command::new(image)).status.code(), Some(7), "{options:?}");
    }
    // Without it, nothing of it is there.
    let bench = Bench::new();
    assert_eq!(finish(&mut Command::new(bench.compile_text(MODULE, &[]))).status.code(), Some(1));
}

#[test]
fn programs_for_other_machines_begin_with_it_too() {
    for machine in [cross::AARCH64, cross::RISCV64] {
        if cross::is_there(machine) {
            let bench = Bench::new();
            let options = [machine.options, &["--preinit=init"]].concat();
            let image = bench.compile_text(MODULE, &options);
            assert_eq!(finish(&mut Machine::start(&machine, &image)).status.code(), Some(7), "{options:?}");
        }
    }
}

#[test]
fn the_same_module_becomes_the_same_image() {
    let images = [(); 2].map(|()| {
        let bench = Bench::new();
        std::fs::read(bench.compile_text(MODULE, &["--preinit=init", "-j2"])).unwrap()
    });
    assert!(images[0] == images[1]);
}

/// What `wasmc` says of a module that it refuses.
fn refused(module: &str, options: &[&str]) -> String {
    let bench = Bench::new();
    let module = bench.write("module.wat", module);
    let options: Vec<String> = options.iter().map(ToString::to_string).collect();
    refuse(&bench, &module, &options).unwrap()
}

#[test]
fn what_cannot_run_when_a_module_is_compiled_is_an_error_that_says_why() {
    let check = |module: &str, options: &[&str], words: &[&str]| {
        let said = refused(module, options);
        words.iter().for_each(|word| assert!(said.contains(word), "{word:?} is missing: {said}"));
    };
    let init = ["--preinit=init"];
    let start = r#"(func (export "_start"))"#;
    check(&format!("(module {start})"), &init, &["no function `init`"]);
    check(&format!(r#"(module {start} (memory (export "init") 1))"#), &init, &["no function `init`"]);
    let typed = format!(r#"(module {start} (func (export "init") (param i32)))"#);
    check(&typed, &init, &["(param i32)", "takes and returns nothing"]);
    let traps = format!(r#"(module {start} (func $deep unreachable) (func (export "init") (call $deep)))"#);
    check(&traps, &init, &["`init` traps", "wasm trap: unreachable", "deep", "init"]);
    let imports = format!(
        r#"(module (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32))) {start}
            (func (export "init") (drop (call $yield))))"#
    );
    check(&imports, &init, &["unknown import", "sched_yield", "no imports, WASI's included"]);
    let start_traps = format!(r#"(module {start} (func $s unreachable) (start $s) (func (export "init")))"#);
    check(&start_traps, &init, &["wasm trap: unreachable"]);
    let memory = r#"(module (import "env" "memory" (memory 1)) (func (export "_start")) (func (export "init")))"#;
    check(memory, &init, &["env.memory", "more than functions"]);
    let endless = format!(r#"(module {start} (func (export "init") (loop (br 0))))"#);
    check(&endless, &["--preinit=init", "--preinit-timeout=300ms"], &["not ended after 0.3 s", "--preinit-timeout"]);
    let large = format!(
        r#"(module {start} (memory 0 65536) (func (export "init")
            (if (i32.eq (memory.grow (i32.const 1000)) (i32.const -1)) (then unreachable))))"#
    );
    check(&large, &["--preinit=init", "--max-memory=16M"], &["`init` traps"]);
    let output = finish(wasmc().args(["--preinit-timeout=1s", "module.wat"]));
    assert!(!output.status.success() && text(&output.stderr).contains("--preinit"), "{output:?}");
}

#[test]
fn traps_are_where_they_are_in_the_module_before() {
    let bench = Bench::new();
    let module = bench.write(
        "app.wat",
        r#"(module (memory 1) (table 4 funcref) (func $init (export "init")
                (i32.store (i32.const 4) (i32.const 7)) (table.set (i32.const 3) (ref.func $init)))
            (func $inner (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
            (func (export "_start") (drop (call $inner (i32.load8_u (i32.const 100))))))"#,
    );
    let said = |options: &[&str]| {
        let output = finish(wasmc().arg("run").args(options).arg(&module));
        assert_eq!(output.status.code(), Some(134));
        text(&output.stderr)
    };
    let before = said(&[]);
    assert!(before.contains("inner (0x"), "{before}");
    assert_eq!(said(&["--preinit=init"]), before);
}

#[test]
fn bindings_and_library_agree_on_what_is_left_of_the_module() {
    let bench = Bench::new();
    let module = bench.write(
        "guest.wat",
        r#"(module (memory (export "memory") 1) (global $ready (mut i32) (i32.const 0))
            (func (export "_initialize") (global.set $ready (i32.add (global.get $ready) (i32.const 1)))
                (i32.store (i32.const 1000) (i32.const 42)))
            (func (export "ready") (result i32) (global.get $ready)))"#,
    );
    for (kind, output) in [("staticlib", "libguest.a"), ("header", "guest.h")] {
        let output =
            finish(wasmc().arg(&module).args(["--preinit=_initialize", "--emit", kind, "-o"]).arg(bench.path(output)));
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    let host = bench.write(
        "host.c",
        r#"#include "guest.h"
        int main(void) {
            guest_instance guest; guest_imports none = {0}; size_t len; int32_t ready;
            if (guest_create(&guest, &none, NULL, NULL) || guest_ready(&guest, &ready)) return 1;
            return ready == 1 && guest_memory(&guest, &len)[1000] == 42 ? 7 : ready;
        }"#,
    );
    let (library, program) = (bench.path("libguest.a"), bench.path("host"));
    let output = finish(Command::new("cc").arg(host).arg(library).arg("-o").arg(&program));
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(finish(&mut Command::new(program)).status.code(), Some(7));
}

/// Generated modules, each run by an interpreter and when it is compiled: what comes of it is the same module in the
/// same state, whose functions then do the same.
#[test]
fn generated_modules_begin_with_what_they_leave() {
    let interpreter = Reference::default();
    let (mut left, mut trapped) = (0, 0);
    let mut features = Features::default();
    assert!(features.set("custom-page-sizes", true) && features.set("wide-arithmetic", true));
    for number in 0..400 {
        let mut random = Random::nested(7, number);
        let Some(binary) = generate::module(&mut random, false) else { continue };
        let module = wasmc_frontend::read(&binary, features).and_then(Unvalidated::validate).unwrap();
        let all = requests(&module);
        let Some(init) = all.iter().find(|request| can_init(request)).cloned() else { continue };
        let Request::Call { name: export, .. } = &init else { continue };
        let others: Vec<Request> = all[1..].iter().filter(|request| !is_call_of(request, export)).cloned().collect();
        let of_module = [vec![Request::Instantiate, init.clone()], others.clone()].concat();
        let Some(expected) = interpreter.answers(&binary, &of_module) else { continue };
        let sources =
            Sources { name: "generated.wasm".into(), module: binary.clone(), code_moved: 0, natives: Vec::new() };
        let preinit = Preinit { export: export.clone(), timeout: Duration::from_secs(60) };
        let request = wasmc::Request { features, ..Default::default() };
        let made = preinit::apply(sources, &preinit, &request, &mut Phases::new(false));
        match (expected.get(1), made) {
            (Some(Answer::Values(_)), Ok(made)) => {
                let answers = interpreter.answers(&made.module, &[vec![Request::Instantiate], others].concat());
                assert_eq!(answers.expect("the module is valid")[1..], expected[2..], "module {number}");
                left += 1;
            }
            (Some(Answer::Trap(_)) | None, Err(error)) => {
                assert!(error.to_string().contains("traps when"), "module {number}: {error}");
                trapped += 1;
            }
            // The interpreter has other limits, of its stack above all.
            (None, Ok(_)) => {}
            (expected, made) => {
                let made = made.map(|made| made.module.len());
                panic!("module {number}: expected {expected:?}, and there is {made:?}")
            }
        }
    }
    assert!(left > 30 && trapped > 5, "{left} modules have run, {trapped} have trapped");
}

fn can_init(request: &Request) -> bool {
    matches!(request, Request::Call { arguments, results, .. } if arguments.is_empty() && results.is_empty())
}

fn is_call_of(request: &Request, export: &str) -> bool {
    matches!(request, Request::Call { name, .. } if name == export)
}

#[test]
fn larger_programs_do_their_work_when_they_are_compiled() {
    // A program in C whose `_start` is run: it ends by asking for its end, which is an import.
    let said = {
        let bench = Bench::new();
        let module = root().join("fixtures/programs/hello/hello.wasm");
        refuse(&bench, &module, &["--preinit=_start".to_string()]).unwrap()
    };
    assert!(said.contains("unknown import"), "{said}");
}
