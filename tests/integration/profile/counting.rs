//! What programs count, and what becomes of their counts, however they end.

use super::{COUNTED, counted, generate, program, words};
use crate::cross::{AARCH64, RISCV64, is_there};
use crate::support::{Bench, Machine, finish, text};
use crate::threads;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::Duration;
use wasmc_abi::profile::VARIABLE;
use wasmc_abi::trap::TRAP_EXIT_STATUS;

#[test]
fn a_profile_is_the_same_on_every_target() {
    let bench = Bench::new();
    let (output, profile) = generate(&bench, &program("(call $exit (local.get $x))"), Machine::default());
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(98), ""));
    assert_eq!(words(&profile), COUNTED);
    // The import is function 0, and what nothing reaches is not counted.
    let indices: Vec<u32> = counted(&profile).iter().map(|(record, _)| record.index).collect();
    assert_eq!(indices, [1, 2, 3, 5]);
    let others = [Machine::with(&["-O0"]), Machine::with(&["-Os"]), Machine::with(&["--bounds=explicit"])];
    let emulated = [AARCH64, RISCV64].into_iter().filter(|&machine| is_there(machine));
    for machine in others.into_iter().chain(emulated) {
        let bench = Bench::new();
        let (output, other) = generate(&bench, &program("(call $exit (local.get $x))"), machine);
        assert_eq!(output.status.code(), Some(98), "{machine:?}");
        assert!(other == profile, "{machine:?}: {:?}", words(&other));
    }
}

#[test]
fn counts_are_there_however_the_program_ends() {
    for (ending, status) in [
        ("", Some(0)),
        ("(call $exit (i32.const 3))", Some(3)),
        ("unreachable", Some(TRAP_EXIT_STATUS)),
        ("(drop (i32.load (i32.const -1)))", Some(TRAP_EXIT_STATUS)),
        ("(drop (call_indirect (type $t) (i32.const 0) (i32.const 2)))", Some(TRAP_EXIT_STATUS)),
    ] {
        let (output, profile) = generate(&Bench::new(), &program(ending), Machine::default());
        assert_eq!(output.status.code(), status, "{ending}: {}", text(&output.stderr));
        assert_eq!(words(&profile)[..3], COUNTED[..3], "{ending}");
    }
}

#[test]
fn counts_are_there_when_the_program_is_killed() {
    let bench = Bench::new();
    let path = bench.path("profile");
    let option = format!("--profile-generate={}", path.display());
    let endless = "(module (func $f) (func (export \"_start\") (loop (call $f) (br 0))))";
    let mut child = Command::new(bench.compile_text(endless, &[&option])).stdin(Stdio::null()).spawn().unwrap();
    let counts = || fs::read(&path).map_or(0, |profile| words(&profile)[0][0]);
    while counts() == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(9));
    assert!(counts() > 0);
}

#[test]
fn runs_of_a_program_add_up_and_those_of_another_begin_anew() {
    let bench = Bench::new();
    generate(&bench, &program(""), Machine::default());
    let (_, twice) = generate(&bench, &program(""), Machine::default());
    let doubled: Vec<Vec<u64>> = words(&twice);
    assert_eq!(doubled[0], [198]);
    assert_eq!(doubled[3][..5], [2, 200, 0, 200, 2]);
    let (_, other) = generate(&bench, &program("nop"), Machine::default());
    assert_eq!(words(&other)[0], [99]);
    let files: Vec<_> = fs::read_dir(bench.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files.len(), 3, "module, image and profile, and no other: {files:?}");
}

#[test]
fn the_file_is_named_by_the_module_or_by_a_variable() {
    let bench = Bench::new();
    let image = bench.compile_text(&program(""), &["--profile-generate", "--confine=default", "--sealed"]);
    assert!(finish(Command::new(&image).current_dir(bench.folder.path())).status.success());
    assert_eq!(words(&fs::read(bench.path("module.profile")).unwrap())[0], [99]);
    let other = bench.path("other");
    assert!(finish(Command::new(&image).env(VARIABLE, &other).current_dir("/")).status.success());
    assert_eq!(words(&fs::read(other).unwrap())[0], [99]);
}

#[test]
fn what_cannot_be_written_is_said_before_the_program_runs() {
    let bench = Bench::new();
    let image = bench.compile_text(&program(""), &["--profile-generate"]);
    let mine = bench.write("mine", "not a profile");
    let short = bench.write("short", "x");
    let folder = bench.folder.path().to_path_buf();
    for (path, reason) in [
        ("/dev/full".into(), "cannot write the profile /dev/full: no space left"),
        ("/dev/null".into(), "cannot map the profile /dev/null: it is no regular file"),
        (bench.path("nowhere/profile"), "no such file or directory"),
        (folder, "it is a directory"),
        (mine.clone(), "a file is there that is none"),
        (short.clone(), "a file is there that is none"),
        ("x".repeat(300).into(), "name too long"),
        ("y/".repeat(3000).into(), "name too long"),
    ] {
        let output = finish(Command::new(&image).env(VARIABLE, &path));
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{}: {said}", path.display());
        assert!(said.starts_with("wasmc: cannot ") && said.contains(reason), "{}: {said}", path.display());
        assert!(said.contains("WASMC_PROFILE"), "{said}");
    }
    assert_eq!([mine, short].map(|path| fs::read_to_string(path).unwrap()), ["not a profile", "x"]);
    // An empty file is nobody's.
    let empty = bench.write("empty", "");
    assert!(finish(Command::new(&image).env(VARIABLE, &empty)).status.success());
    assert_eq!(words(&fs::read(empty).unwrap())[0], [99]);
}

#[test]
fn processes_that_start_together_share_the_file() {
    let bench = Bench::new();
    let path = bench.path("profile");
    let image = bench.compile_text(&program(""), &["--profile-generate"]);
    let start = || Command::new(&image).env(VARIABLE, &path).stdin(Stdio::null()).spawn().unwrap();
    let children: Vec<_> = (0..8).map(|_| start()).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    // They count without waiting for each other, and may lose counts, but never all of one.
    let count = words(&fs::read(&path).unwrap())[0][0];
    assert!((99..=8 * 99).contains(&count), "{count}");
    assert_eq!(fs::read_dir(bench.folder.path()).unwrap().count(), 3, "nothing is left behind");
}

#[test]
fn threads_count_too() {
    let turns = "(loop $more (local.set $argument (i32.sub (local.get $argument) (i32.const 1)))
        (br_if $more (local.get $argument)))
        (i32.atomic.store (i32.const 0) (i32.const 1)) (drop (memory.atomic.notify (i32.const 0) (i32.const 1)))";
    let module =
        threads::module(turns, "(drop (call $spawn (i32.const 1000))) (call $wait (i32.const 0) (i32.const 0))");
    let (output, profile) = generate(&Bench::new(), &module, Machine::default());
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
    let thread = words(&profile).into_iter().find(|words| words.len() == 3).expect("the thread's function");
    assert_eq!(thread, [1, 1000, 1]);
}
