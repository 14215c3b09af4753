//! Native objects of every kind yield in a program that wasmc links what they yield in one that GNU's linker links.

use super::toolchain::{self, SYSTEM, Toolchain};
use crate::bare;
use crate::cross::is_there;
use crate::support::{Bench, Machine, finish, root, text};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

/// An object of `fixtures/native/objects.c`.
struct Object {
    name: String,
    /// The archive that it is a member of.
    archive: Option<String>,
    source: String,
}

/// What stands before each.
const PROLOGUE: &str = r#"
#include "wasmc.h"
#define CASE(name) WASMC_EXPORT(env_##name, "(i32) -> i32"); int env_##name(int); int env_##name(int x)
#if defined(__x86_64__)
#define RETURN_7 "movl $7, %eax\nret"
#elif defined(__aarch64__)
#define RETURN_7 "mov w0, #7\nret"
#else
#define RETURN_7 "li a0, 7\nret"
#endif
"#;

fn objects() -> Vec<Object> {
    let text = std::fs::read_to_string(root().join("fixtures/native/objects.c")).expect("the fixture is there");
    let pieces = text.split("\n//! ").skip(1).map(|piece| piece.split_once('\n').expect("a line and what follows"));
    let object = |(line, source): (&str, &str)| {
        let mut words = line.split_whitespace().map(str::to_owned);
        let name = words.next().expect("an object has a name");
        Object { name, archive: words.next(), source: format!("{PROLOGUE}{source}") }
    };
    pieces.map(object).collect()
}

/// The functions that are called: those that `CASE` defines.
fn cases(objects: &[Object]) -> Vec<&str> {
    let in_object = |object: &'_ Object| object.source.contains(&format!("CASE({})", object.name));
    objects.iter().filter(|object| in_object(object)).map(|object| object.name.as_str()).collect()
}

/// A module that calls each case with 5 and prints the results.
fn module(cases: &[&str]) -> String {
    let mut text = String::from(
        "(module (import \"wasi_snapshot_preview1\" \"fd_write\" (func $write (param i32 i32 i32 i32) (result i32)))\n",
    );
    for case in cases {
        writeln!(text, "(import \"env\" \"{case}\" (func ${case} (param i32) (result i32)))").unwrap();
    }
    text += "(memory (export \"memory\") 1) (func (export \"_start\")\n";
    for (case, index) in cases.iter().zip(0..) {
        writeln!(text, "(i32.store (i32.const {}) (call ${case} (i32.const 5)))", 16 + 4 * index).unwrap();
    }
    let end = "(i32.store (i32.const 0) (i32.const 16))";
    writeln!(text, "{end} (i32.store (i32.const 4) (i32.const {}))", 4 * cases.len()).unwrap();
    text + "(drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"
}

fn reference_main(cases: &[&str]) -> String {
    let mut text = String::new();
    cases.iter().for_each(|case| writeln!(text, "int env_{case}(int);").unwrap());
    text += "long program(char *answers) { int *to = (int *)answers;\n";
    cases.iter().for_each(|case| writeln!(text, "*to++ = env_{case}(5);").unwrap());
    text + "return (char *)to - answers; }"
}

/// Compares the objects that `options` make, in programs that `linker` links for `machines`.
fn check(toolchain: Toolchain, machines: &[Machine], options: &[&str], linker: &[&str]) {
    let bench = Bench::new();
    let objects = objects();
    let cases = cases(&objects);
    let files: Vec<String> = objects.iter().map(|object| format!("{}.c", object.name)).collect();
    for (object, file) in objects.iter().zip(&files) {
        bench.write(file, &object.source);
    }
    let compiled = toolchain.compile(bench.folder.path(), &files, options);
    let linked = with_archives(&bench, &objects, compiled);
    let expected = toolchain.reference(bench.folder.path(), &reference_main(&cases), &linked, &[]);
    let paths: Vec<&str> = linked.iter().map(|path| path.to_str().expect("the path is text")).collect();
    let numbers = |bytes: &[u8]| -> Vec<i32> {
        bytes.chunks(4).map(|word| i32::from_le_bytes(word.try_into().expect("whole numbers"))).collect()
    };
    for machine in machines {
        let image = bench.compile_text(&module(&cases), &[machine.options, linker, &paths].concat());
        let output = finish(&mut machine.start(&image));
        assert_eq!(text(&output.stderr), "", "{options:?}");
        let (expected, found) = (numbers(&expected), numbers(&output.stdout));
        assert_eq!((expected.len(), found.len()), (cases.len(), cases.len()), "{:?}", toolchain.compiler);
        let wrong: Vec<_> = cases.iter().zip(expected.iter().zip(&found)).filter(|(_, (a, b))| a != b).collect();
        assert!(wrong.is_empty(), "{:?} {options:?}: (case, (right, found)): {wrong:?}", toolchain.compiler);
    }
}

/// The objects in no archive, and archives of the others.
fn with_archives(bench: &Bench, objects: &[Object], compiled: Vec<PathBuf>) -> Vec<PathBuf> {
    let (mut linked, mut archives) = (Vec::new(), Vec::new());
    for (object, path) in objects.iter().zip(compiled) {
        let Some(name) = &object.archive else {
            linked.push(path);
            continue;
        };
        let archive = bench.path(&format!("lib{name}.a"));
        assert!(finish(Command::new("ar").arg("rcs").arg(&archive).arg(path)).status.success());
        if !archives.contains(&archive) {
            archives.push(archive);
        }
    }
    archives.sort();
    linked.into_iter().chain(archives).collect()
}

#[test]
fn there_are_many_of_them() {
    let objects = objects();
    assert!(cases(&objects).len() >= 75 && objects.len() >= 90, "{} {}", cases(&objects).len(), objects.len());
}

/// The same objects, too, where there is no system and another script.
#[test]
fn objects_that_are_not_optimised() {
    for toolchain in toolchain::all() {
        let machines = [toolchain.machine].into_iter().chain(without_system(toolchain));
        check(toolchain, &machines.collect::<Vec<_>>(), &["-O0"], &[]);
    }
}

/// The machine without a system that runs the same code.
fn without_system(toolchain: Toolchain) -> Option<Machine> {
    let machine = match toolchain.machine.options {
        [_, "aarch64-linux"] => bare::AARCH64,
        [_, "riscv64-linux"] => bare::RISCV64,
        _ => return None,
    };
    is_there(machine).then_some(machine)
}

#[test]
fn objects_for_any_address() {
    toolchain::all().into_iter().for_each(|toolchain| check(toolchain, &[toolchain.machine], &["-O2", "-fPIC"], &[]));
}

#[test]
fn objects_of_another_compiler_with_calls_through_tables() {
    check(SYSTEM, &[SYSTEM.machine], &["-O2", "-fPIE", "-fno-plt"], &[]);
}

/// Sections of functions and variables, most of which the linker drops, and GNU's linker in place of the one inside.
#[test]
fn objects_by_another_linker() {
    let options = ["-O1", "-fPIC", "-ffunction-sections", "-fdata-sections"];
    check(SYSTEM, &[SYSTEM.machine], &options, &["--linker", "ld"]);
}
