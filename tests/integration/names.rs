//! Names of a module reach terminals and other tools escaped.

use crate::support::{Bench, finish, text, wasmc};
use std::path::Path;
use std::process::Command;

/// What a terminal obeys, a forged line, and a change of the direction of text; in text format.
const HOSTILE: &str = r"\1b]0;title\07\1b[31mred\0a    1: fake_frame (0x1)\e2\80\ae\00";

/// No control character but line breaks, and no second frame.
fn assert_clean(shown: &str) {
    let is_clean = |character: char| character == '\n' || !character.is_control() && character != '\u{202e}';
    assert!(shown.chars().all(is_clean), "{shown:?}");
    assert!(!shown.lines().any(|line| line.starts_with("    1: fake")), "{shown:?}");
    assert!(shown.contains(r"\u{1b}[31mred\n    1: fake_frame"), "{shown:?}");
}

fn holds(image: &Path, what: &[u8]) -> bool {
    std::fs::read(image).unwrap().windows(what.len()).any(|window| window == what)
}

#[test]
fn in_backtraces_and_symbol_tables() {
    let bench = Bench::new();
    let module = format!(r#"(module (func (@name "{HOSTILE}") (export "_start") unreachable))"#);
    let image = bench.compile_text(&module, &[]);
    assert_clean(&text(&finish(&mut Command::new(&image)).stderr));
    assert!(holds(&image, br"\u{1b}[31mred\n") && !holds(&image, b"\x1b[31m"));
}

#[test]
fn of_missing_imports() {
    let bench = Bench::new();
    let module = format!(r#"(module (import "env" "{HOSTILE}" (func $f)) (func (export "_start") (call $f)))"#);
    let image = bench.compile_text(&module, &["--unknown-imports=trap"]);
    assert_clean(&text(&finish(&mut Command::new(&image)).stderr));
    assert!(!holds(&image, b"\x1b[31m"));
    let other = HOSTILE.replace('(', "[");
    let twice = format!(
        r#"(module (import "env" "{HOSTILE}" (func $f)) (import "env" "{other}" (func $g))
            (import "env" "{HOSTILE}" (func $h (param i32)))
            (func (export "_start") (call $f) (call $g) (call $h (i32.const 0))))"#
    );
    let module = bench.write("module.wat", twice);
    let compiled = finish(wasmc().arg("--emit=obj").arg(&module).arg("-o").arg(bench.path("object")));
    assert_eq!(compiled.status.code(), Some(1));
    let stderr = text(&compiled.stderr);
    assert_clean(&stderr);
    assert!(stderr.contains("which has another type where it is imported before"), "{stderr}");
    assert!(stderr.contains(r"is also that of env.\u{1b}]0;title"), "{stderr}");
}

#[test]
fn in_errors_and_reports() {
    let bench = Bench::new();
    let import = format!(
        r#"(module (import "{HOSTILE}" "{HOSTILE}" (func $f)) (memory (export "{HOSTILE}") 1)
            (func (export "_start") (call $f)))"#
    );
    let module = bench.write("module.wat", import);
    let compiled = finish(wasmc().arg(&module).arg("-o").arg(bench.path("image")));
    assert_eq!(compiled.status.code(), Some(1));
    assert_clean(&text(&compiled.stderr));
    assert_clean(&text(&finish(wasmc().arg("inspect").arg(&module)).stdout));
    // Of what validation says, and what is said of text that is no module.
    let twice = format!(r#"(module (func (export "{HOSTILE}")) (func (export "{HOSTILE}")))"#);
    let module = bench.write("module.wat", twice);
    assert_clean(&text(&finish(wasmc().arg(&module).arg("-o").arg(bench.path("image"))).stderr));
    let module = bench.write("module.wat", "(module (func \x1b[31mred\u{202e}))");
    let stderr = text(&finish(wasmc().arg(&module).arg("-o").arg(bench.path("image"))).stderr);
    assert!(!stderr.contains(['\x1b', '\u{202e}']), "{stderr:?}");
    assert!(stderr.contains("module.wat:1:"), "{stderr:?}");
}
