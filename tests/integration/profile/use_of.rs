//! What is made of profiles: other code that does the same.

use super::{emitted, generate, program};
use crate::cross::{AARCH64, RISCV64, is_there};
use crate::support::{Bench, Machine, check_all, finish, text, wasmc};
use crate::{programs, traps};
use std::fs;
use std::path::Path;
use std::process::Command;
use wasmc_abi::profile::{HEADER, MAGIC, Record, WORD};

/// The titles of functions in an output of text, in order.
fn titles(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.strip_prefix("; ")).collect()
}

#[test]
fn one_profile_serves_all_targets() {
    let bench = Bench::new();
    let module = program("(call $exit (local.get $x))");
    generate(&bench, &module, Machine::default());
    let profile = bench.path("profile");
    let emulated = [AARCH64, RISCV64].into_iter().filter(|&machine| is_there(machine));
    let all = [Machine::default(), Machine::with(&["-Os"]), Machine::with(&["-O0"])].into_iter().chain(emulated);
    for machine in all {
        let image =
            bench.compile_text(&module, &[machine.options, &["--profile-use", profile.to_str().unwrap()]].concat());
        let output = finish(&mut machine.start(&image));
        assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(98), ""), "{machine:?}");
    }
}

#[test]
fn what_never_runs_lies_behind_what_does() {
    let bench = Bench::new();
    generate(&bench, &program(""), Machine::default());
    let clif = |options: &[&str]| emitted(&bench, &program(""), &bench.path("profile"), options);
    let ordered = clif(&["--emit=clif"]);
    assert_eq!(
        titles(&ordered),
        ["function 5 _start", "function 1 inc", "function 2 dec", "start", "function 3 never"]
    );
    let unordered = clif(&["--emit=clif", "--opt=no-order"]);
    assert_eq!(titles(&unordered)[..3], ["function 1 inc", "function 2 dec", "function 3 never"]);
}

#[test]
fn blocks_that_never_run_are_out_of_the_way() {
    let bench = Bench::new();
    generate(&bench, &program(""), Machine::default());
    let clif = |options: &[&str]| emitted(&bench, &program(""), &bench.path("profile"), options);
    // What calls `$never`: its argument is in that block.
    let block_of_never = |clif: &str| {
        let before = clif.split("iconst.i32 1234\n").next().unwrap();
        before.lines().rev().find(|line| line.trim_start().starts_with("block")).unwrap().trim().to_string()
    };
    let likely = block_of_never(&clif(&["--emit=clif", "--opt=no-promote"]));
    assert!(likely.ends_with(" cold:"), "{likely}");
    let unlikely = block_of_never(&clif(&["--emit=clif", "--opt=no-promote,no-likely"]));
    assert!(!unlikely.contains("cold"), "{unlikely}");
}

#[test]
fn likely_targets_of_calls_are_called_by_name() {
    let bench = Bench::new();
    generate(&bench, &program(""), Machine::default());
    // How many calls of functions by name `_start` has, and how many through references.
    let calls = |options: &[&str]| {
        let clif = emitted(&bench, &program(""), &bench.path("profile"), options);
        let start = clif.split("; function 5 _start").nth(1).unwrap().split("\n}").next().unwrap();
        [start.matches("= call fn").count(), start.matches("= call_indirect").count()]
    };
    // `$never`; with it `$inc`; that in place of its call.
    assert_eq!(calls(&["--emit=clif", "--opt=no-promote"]), [1, 1]);
    assert_eq!(calls(&["--emit=clif", "--opt=no-inline"]), [2, 1]);
    assert_eq!(calls(&["--emit=clif"]), [1, 1]);
}

/// A call through a table whose element is replaced after it has been called often: by a function of the type, by one
/// of another, and by none.
#[test]
fn a_likely_target_is_not_taken_for_granted() {
    let module = |end: &str| {
        format!(
            r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
                (memory (export "memory") 1)
                (type $t (func (result i32))) (table (export "t") 2 funcref) (elem (i32.const 0) $one $two)
                (func $one (result i32) (i32.const 1)) (func $two (result i32) (i32.const 2)) (func $other)
                (elem declare func $other)
                (func $call (result i32) (call_indirect (type $t) (i32.const 0)))
                (func (export "_start") (local $i i32)
                    (loop (drop (call $call))
                        (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 50))))
                    {end}
                    (call $exit (call $call))))"#
        )
    };
    let ends = [
        ("", 1, ""),
        ("(table.set 0 (i32.const 0) (ref.func $two))", 2, ""),
        ("(table.set 0 (i32.const 0) (ref.func $other))", 134, "indirect call type mismatch"),
        ("(table.set 0 (i32.const 0) (ref.null func))", 134, "uninitialized element"),
    ];
    for (end, status, said) in ends {
        let bench = Bench::new();
        generate(&bench, &module(end), Machine::default());
        let profile = bench.path("profile");
        let image = bench.compile_text(&module(end), &["--profile-use", profile.to_str().unwrap()]);
        let output = finish(&mut Command::new(image));
        assert_eq!(output.status.code(), Some(status), "{end}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(said), "{end}: {}", text(&output.stderr));
        if !end.is_empty() {
            let clif = emitted(&bench, &module(end), &profile, &["--emit=clif", "--opt=no-inline"]);
            assert!(clif.contains("call_indirect") && clif.contains("icmp eq"), "it is compared: {clif}");
        }
    }
}

/// Changes all that a profile has counted to other numbers, which are the same in every run.
fn lie(path: &Path, seed: u64) {
    let mut profile = fs::read(path).unwrap();
    let word = |at: usize| u64::from_le_bytes(profile[at..at + WORD].try_into().unwrap());
    let counters = HEADER + word(HEADER - 2 * WORD) as usize * Record::SIZE;
    let mut state = seed;
    let mut least = 1;
    for counter in profile[counters..].as_chunks_mut::<WORD>().0 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Of all sizes, and one of four 0, but the first.
        let number = if state >> 62 == 0 { 0 } else { (state >> 8) >> (state >> 58 & 0x3f).min(50) };
        *counter = number.max(std::mem::take(&mut least)).to_le_bytes();
    }
    fs::write(path, profile).unwrap();
}

/// Options that name a file, as long-lived as those of tests are.
fn options(words: &[&str]) -> Machine {
    let words: Vec<&'static str> = words.iter().map(|word| &*String::leak(word.to_string())).collect();
    Machine::with(Vec::leak(words))
}

/// The first run of each program: those that count do what others do, and those that are compiled with a profile, too,
/// even if it lies.
#[test]
fn no_profile_changes_what_programs_do() {
    let mut cases = programs::own();
    cases.dedup_by(|next, one| next.wasm == one.wasm);
    check_all(&cases, |case| {
        let bench = Bench::new();
        let path = bench.path("profile");
        let generates = options(&[&format!("--profile-generate={}", path.display())]);
        programs::check_with(case, generates, &bench, |image| generates.start(image))?;
        let uses = options(&["--profile-use", path.to_str().unwrap()]);
        lie(&path, 1 + case.name.len() as u64);
        programs::check_with(case, uses, &Bench::new(), |image| uses.start(image)).map(drop)
    });
}

#[test]
fn traps_are_reported_from_where_they_are() {
    check_all(&traps::traps(), |trap| {
        let bench = Bench::new();
        let path = bench.path("profile");
        traps::check(trap, options(&[&format!("--profile-generate={}", path.display())]))?;
        // What traps before anything runs has counted nothing.
        lie(&path, 3);
        traps::check(trap, options(&["--profile-use", path.to_str().unwrap()]))
    });
}

#[test]
fn a_changed_module_keeps_what_has_not_changed() {
    let bench = Bench::new();
    let (_, whole) = generate(&bench, &program(""), Machine::default());
    let changed = program("").replace(
        "(func $dec (param i32) (result i32) (i32.sub (local.get 0) (i32.const 1)))",
        "(func $dec (param i32) (result i32) (i32.add (local.get 0) (i32.const -1)))",
    );
    assert_ne!(changed, program(""));
    let module = bench.write("changed.wat", changed);
    let image = bench.path("image");
    let profile = bench.path("profile");
    let output = finish(wasmc().arg(&module).arg("-o").arg(&image).arg("--profile-use").arg(&profile));
    assert!(output.status.success(), "{}", text(&output.stderr));
    let warning = "the module has changed since its profile was written: 1 of 3 functions that have run are no longer";
    assert_eq!(text(&output.stderr), format!("warning: {warning} in it\n"));
    assert!(finish(&mut Command::new(&image)).status.success());
    assert!(whole.starts_with(&MAGIC));
}

#[test]
fn images_depend_on_what_profiles_say_and_on_nothing_else() {
    let bench = Bench::new();
    let module = wasmc_tests::manifest::root().join("fixtures/programs/lisp/lisp.wasm");
    let path = bench.path("profile");
    let generate = bench.compile(&module, &[format!("--profile-generate={}", path.display())]);
    finish(&mut Command::new(generate));
    let once = fs::read(&path).unwrap();
    let profile = path.to_str().unwrap();
    let cache = bench.path("cache");
    let cache = cache.to_str().unwrap();
    let compile = |options: &[&str]| {
        let bench = Bench::new();
        fs::read(bench.compile(&module, options)).unwrap()
    };
    let with = compile(&["--profile-use", profile, "-j1"]);
    assert!(with == compile(&["--profile-use", profile, "-j2"]), "on several threads");
    let without = compile(&[]);
    assert!(with != without, "the profile says something");
    // A cache that has functions of other profiles, and of none.
    assert!(compile(&["--cache", cache]) == without);
    assert!(compile(&["--profile-use", profile, "--cache", cache]) == with);
    lie(&path, 5);
    let lied = compile(&["--profile-use", profile]);
    assert!(lied != with && compile(&["--profile-use", profile, "--cache", cache]) == lied);
    fs::write(&path, once).unwrap();
    assert!(compile(&["--profile-use", profile, "--cache", cache]) == with);
    // Counts of several files are added, in whatever order.
    let other = bench.path("other");
    fs::copy(&path, &other).unwrap();
    lie(&other, 5);
    let other = other.to_str().unwrap();
    let both = compile(&["--profile-use", profile, "--profile-use", other]);
    assert!(both != with && both != lied);
    assert!(both == compile(&["--profile-use", other, "--profile-use", profile]));
}
