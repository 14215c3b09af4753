use super::module;
use crate::Program;
use crate::index::{ExternIndex, FuncIndex, InstanceId};
use crate::program::Binding;
use crate::program::command::{CommandError, Native, Natives, Reason};
use crate::program::link::{Condition, LinkError};
use wasmc_abi::host::Interface;
use wasmparser::FuncType;

const WRITE: &str = r#"(import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))"#;
const START: &str = r#"(func (export "_start"))"#;

fn command(text: &str, natives: &Natives<'_>) -> Result<Program<'static>, CommandError<'static>> {
    Program::command(module(&format!("(module {text})")), natives, None)
}

/// What there is where native objects define `env_defined`.
fn env_defined(symbol: &str, _: &FuncType) -> Native {
    if symbol == "env_defined" { Native::Fits } else { Native::Undefined }
}

/// Why the only import of a module is not satisfied, where native objects define `env_defined`.
fn reason(import: &str) -> Reason {
    match command(&format!("{import} {START}"), &Natives::Known(&env_defined)) {
        Err(CommandError::Imports(unsatisfied)) => {
            assert_eq!(unsatisfied.len(), 1);
            unsatisfied[0].why.clone()
        }
        other => panic!("{import}: {other:?}"),
    }
}

/// Why there is no program.
fn message(text: &str) -> String {
    match command(text, &Natives::Undecided) {
        Err(CommandError::Module(error)) => error.message,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn imports_of_a_command_are_bound_to_the_host_and_to_native_code() {
    let text =
        format!(r#"{WRITE} (import "env" "defined" (func)) (import "env" "memory" (memory 1 1 shared)) {START}"#);
    let program = command(&text, &Natives::Known(&env_defined)).unwrap();
    let start = program.start.clone().unwrap();
    let instance = start.instance();
    match program[instance].imports.as_values_slice() {
        [Binding::Host(Interface::WasiPreview1, function), Binding::Native(symbol), Binding::Created] => {
            assert_eq!((function.name, symbol.as_str()), ("fd_write", "env_defined"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!((start.calls, start.thread), (vec![(instance, FuncIndex::from_u32(2))], None));
}

#[test]
fn imports_that_nothing_satisfies_say_why() {
    assert_eq!(reason(r#"(import "env" "g" (global i32))"#), Reason::NotAFunction);
    assert_eq!(reason(r#"(import "env" "m" (memory 1))"#), Reason::NotAFunction);
    assert_eq!(reason(r#"(import "env" "missing" (func))"#), Reason::NotDefined("env_missing".into()));
    let unknown = reason(r#"(import "wasi_snapshot_preview1" "fd_missing" (func))"#);
    assert_eq!(unknown, Reason::NotInInterface(Interface::WasiPreview1));
    let typed = reason(r#"(import "wasi_snapshot_preview1" "fd_write" (func))"#);
    assert!(matches!(&typed, Reason::HostType(Interface::WasiPreview1, ty) if ty.params().len() == 4), "{typed:?}");
}

#[test]
fn native_functions_have_types_of_c() {
    let several = reason(r#"(import "env" "defined" (func (result i32 i32)))"#);
    assert_eq!(several, Reason::NotNative("a native function returns at most one value"));
    let vector = reason(r#"(import "env" "defined" (func (param v128)))"#);
    assert_eq!(vector, Reason::NotNative("a native function cannot take or return vectors"));
}

#[test]
fn a_command_has_something_to_run() {
    assert!(message("(func)").starts_with("nothing to run: "));
    let typed = message(r#"(func (export "_start") (param i32))"#);
    assert!(typed.starts_with("the exported function `_start` has type "), "{typed}");
    let started = command("(func) (start 0)", &Natives::Undecided).unwrap().start.unwrap();
    assert!(started.calls.is_empty());
}

#[test]
fn a_program_that_starts_threads_has_an_entry_point_for_them() {
    let spawn = r#"(import "wasi" "thread-spawn" (func (param i32) (result i32)))"#;
    let memory = r#"(import "env" "memory" (memory 1 1 shared))"#;
    let entry = r#"(func (export "wasi_thread_start") (param i32 i32))"#;
    let program = command(&format!("{spawn} {memory} {START} {entry}"), &Natives::Undecided).unwrap();
    let start = program.start.unwrap();
    assert_eq!(start.thread, Some((start.instance(), FuncIndex::from_u32(2))));
    assert!(message(&format!("{spawn} (memory 1) {START} {entry}")).ends_with("its memory 0 is not shared"));
    assert!(message(&format!("{spawn} {memory} {START}")).ends_with("exports no function `wasi_thread_start`"));
    let wrong = r#"(func (export "wasi_thread_start") (param i32))"#;
    assert!(message(&format!("{spawn} {memory} {START} {wrong}")).ends_with("threads want (i32, i32) -> ()"));
}

/// Instantiates `importer`, whose imports are exports of an instance of `exporter`.
fn instantiate(exporter: &str, importer: &str) -> Result<(Program<'static>, InstanceId, Vec<Condition>), LinkError> {
    let mut program = Program::open(false, false);
    let first = program.add_module(module(&format!("(module {exporter})")));
    let (first, _) = program.instantiate("first".into(), first, |_, _| None)?;
    let exports: Vec<_> = program.module_of(first).exports.iter().map(|export| export.name).collect();
    let bindings: Vec<_> = exports.iter().map(|name| (*name, program.export(first, name))).collect();
    let lookup = |_: &str, name: &str| bindings.iter().find(|(other, _)| *other == name)?.1.clone();
    let second = program.add_module(module(&format!("(module {importer})")));
    let (second, conditions) = program.instantiate("second".into(), second, lookup)?;
    Ok((program, second, conditions))
}

#[test]
fn exports_match_imports_of_their_type() {
    let exporter = r#"(func (export "f") (param i32)) (global (export "g") (mut i32) (i32.const 0))
        (memory (export "m") 2 3) (table (export "t") 2 funcref)"#;
    let matches = [
        r#"(func (param i32))"#,
        "(global (mut i32))",
        "(memory 2 3)",
        "(memory 1)",
        "(memory 1 4)",
        "(table 1 funcref)",
    ];
    let differs = [
        "(func)",
        "(func (param i64))",
        "(global i32)",
        "(global (mut i64))",
        "(memory 1 2)",
        "(memory 4)",
        "(memory i64 1)",
        "(table 1 2 funcref)",
        "(table 1 externref)",
    ];
    let result = |ty: &str| {
        let name = ty.trim_start_matches('(').chars().next().unwrap();
        instantiate(exporter, &format!(r#"(import "x" "{name}" {ty})"#)).map(|(_, _, conditions)| conditions)
    };
    for ty in matches {
        assert_eq!(result(ty), Ok(Vec::new()), "{ty}");
    }
    for ty in differs {
        assert!(matches!(result(ty), Err(LinkError::Incompatible(_))), "{ty}");
    }
    let missing = instantiate("", r#"(import "x" "y" (func))"#).err();
    assert_eq!(missing, Some(LinkError::Unknown("x.y".into())));
}

/// A memory that starts smaller may have grown when the instance is made.
#[test]
fn growing_makes_a_memory_fit() {
    let (_, _, conditions) = instantiate(r#"(memory (export "m") 1 5)"#, r#"(import "x" "m" (memory 3))"#).unwrap();
    assert_eq!(conditions.iter().map(|condition| condition.at_least).collect::<Vec<_>>(), [3]);
}

/// What is exported again is found where it is defined.
#[test]
fn definitions_are_found_through_instances_between() {
    let (program, second, _) =
        instantiate(r#"(func) (func (export "f"))"#, r#"(import "x" "f" (func)) (export "again" (func 0))"#).unwrap();
    let item = match program.export(second, "again") {
        Some(Binding::Instance(item)) => item,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        (program[item.instance].name.as_str(), item.index),
        ("first", ExternIndex::Func(FuncIndex::from_u32(1)))
    );
    assert!(program.export(second, "f").is_none());
}
