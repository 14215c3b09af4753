//! Profiles: programs count what they do, and are compiled again for that.

mod counting;
mod refusals;
mod use_of;

use crate::support::{Bench, Machine, finish, text};
use std::path::Path;
use std::process::Output;
use wasmc_abi::profile::{HEADER, Record, WORD};

/// A program that calls `$inc` 99 times through a table and `$dec` once, and ends with `ending`.
fn program(ending: &str) -> String {
    format!(
        r#"(module
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1)
            (type $t (func (param i32) (result i32)))
            (table 3 funcref) (elem (i32.const 0) $inc $dec $never)
            (func $inc (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
            (func $dec (param i32) (result i32) (i32.sub (local.get 0) (i32.const 1)))
            (func $never (param i32) (result i32)
                (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (i32.const 77))
            (func $unreached)
            (func (export "_start") (local $i i32) (local $x i32)
                (loop $next
                    (local.set $x
                        (call_indirect (type $t) (local.get $x) (i32.eq (local.get $i) (i32.const 50))))
                    (if (i32.eq (local.get $x) (i32.const 1000)) (then (drop (call $never (i32.const 1234)))))
                    (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100))))
                (table.set 0 (i32.const 2) (ref.null func))
                {ending}))"#
    )
}

/// What the function `$inc`, `$dec`, `$never` and `_start` of [`program`] count: entry; entry, loop and what is behind
/// its branch; entry, loop, the arm of `if`, what is behind it and behind the loop's branch, and what the call goes to.
const COUNTED: [&[u64]; 4] = [&[99], &[1], &[0, 0, 0], &[1, 100, 0, 100, 1, 2, 99, 3, 1, 0, 0]];

/// The functions in a profile, with what each has counted.
fn counted(profile: &[u8]) -> Vec<(Record, Vec<u64>)> {
    let word = |at: usize| u64::from_le_bytes(profile[at..at + WORD].try_into().unwrap());
    let count = word(HEADER - 2 * WORD) as usize;
    let mut at = HEADER + count * Record::SIZE;
    let record = |number: usize| {
        let record: [u8; Record::SIZE] = profile[HEADER + number * Record::SIZE..][..Record::SIZE].try_into().unwrap();
        let record = Record::from_bytes(&record);
        let words = (0..record.words as usize).map(|index| word(at + index * WORD)).collect();
        at += record.words as usize * WORD;
        (record, words)
    };
    let all = (0..count).map(record).collect();
    assert_eq!(at, profile.len());
    all
}

/// What the functions of a profile have counted.
fn words(profile: &[u8]) -> Vec<Vec<u64>> {
    counted(profile).into_iter().map(|(_, words)| words).collect()
}

/// Compiles a module to one that writes the profile `profile`, runs it, and returns how it ended, and the profile.
fn generate(bench: &Bench, module: &str, machine: Machine) -> (Output, Vec<u8>) {
    let path = bench.path("profile");
    let option = format!("--profile-generate={}", path.display());
    let image = bench.compile_text(module, &[machine.options, &[option.as_str()]].concat());
    let output = finish(&mut machine.start(&image));
    let profile = std::fs::read(&path).unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr)));
    (output, profile)
}

/// The assembly or Cranelift IR of a module, compiled with a profile.
fn emitted(bench: &Bench, module: &str, profile: &Path, options: &[&str]) -> String {
    let module = bench.write("module.wat", module);
    let mut command = crate::support::wasmc();
    command.arg(module).args(["--target", "x86_64-linux", "-o", "-", "--profile-use"]).arg(profile).args(options);
    let output = finish(&mut command);
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}
