use super::{binary_of, module, try_module};
use crate::const_expr::ConstOperator;
use crate::module::{ElementItems, FunctionOrigin, SegmentMode};
use crate::{Features, read};
use wasmparser::{ExternalKind, FuncValidatorAllocations};

#[test]
fn imports_come_first_in_each_index_space() {
    let module = module(
        r#"(module
            (import "a" "table" (table 1 funcref)) (import "a" "function" (func (param i32)))
            (import "a" "memory" (memory 1)) (import "a" "global" (global i32))
            (func (result i64) (i64.const 0)) (table 2 externref) (memory 2) (global i64 (i64.const 0)))"#,
    );
    let imports: Vec<&str> = module.imports.iter().map(|import| import.name).collect();
    assert_eq!(imports, ["table", "function", "memory", "global"]);
    assert_eq!(module.tables.iter().map(|table| table.import).collect::<Vec<_>>(), [Some(0), None]);
    assert_eq!(module.memories.iter().map(|memory| memory.import).collect::<Vec<_>>(), [Some(2), None]);
    assert_eq!(module.function_import(0).unwrap().name, "function");
    assert!(module.function_import(1).is_none() && module.body(0).is_none() && module.body(1).is_some());
    assert_eq!(module.type_of_function(0).params().len(), 1);
    assert_eq!(module.type_of_function(1).results().len(), 1);
}

/// Bodies may be validated in any order; summaries are in that of the functions.
#[test]
fn bodies_belong_to_their_functions() {
    let text = r#"(module (import "a" "b" (func)) (func (nop)) (func (nop) (nop)) (func (loop)))"#;
    let mut unvalidated = read(binary_of(text), Features::default()).unwrap();
    let mut allocations = FuncValidatorAllocations::default();
    let bodies = std::mem::take(&mut unvalidated.bodies);
    assert_eq!(bodies.iter().map(|body| body.size()).collect::<Vec<_>>(), [3, 4, 5]);
    let mut summaries: Vec<_> = bodies.into_iter().rev().map(|body| body.validate(&mut allocations).unwrap()).collect();
    summaries.reverse();
    let module = unvalidated.validated(summaries);
    assert_eq!(module.summaries.iter().map(|summary| summary.operators).collect::<Vec<_>>(), [2, 3, 3]);
    let sizes: Vec<_> = (1..4).map(|function| module.body(function).unwrap().as_bytes().len()).collect();
    assert_eq!(sizes, [3, 4, 5]);
}

#[test]
fn segments_say_where_their_contents_go() {
    let module = module(
        r#"(module (memory 1) (table 2 funcref) (func $f)
            (data (i32.const 5) "active") (data "passive")
            (elem (i32.const 1) func $f) (elem funcref (ref.null func) (ref.func $f)) (elem declare func $f))"#,
    );
    assert!(matches!(&module.data[0].mode, SegmentMode::Active(0, at) if *at == [ConstOperator::I32Const(5)]));
    assert!(matches!(module.data[1].mode, SegmentMode::Passive));
    assert_eq!((module.data[0].bytes, module.data[1].bytes), (&b"active"[..], &b"passive"[..]));
    assert!(matches!(&module.elements[0].items, ElementItems::Functions(functions) if *functions == [0]));
    assert!(matches!(module.elements[1].mode, SegmentMode::Passive));
    assert_eq!(module.elements[1].items.len(), 2);
    assert_eq!(module.elements[0].items.expressions(), [[ConstOperator::RefFunc(0)]]);
    assert!(matches!(module.elements[2].mode, SegmentMode::Declared));
}

#[test]
fn exports_and_the_start_function_are_found_by_name_and_kind() {
    let module = module(r#"(module (memory (export "x") 1) (func) (func (export "y")) (start 1))"#);
    assert_eq!(module.export("x", ExternalKind::Memory), Some(0));
    assert_eq!(module.export("y", ExternalKind::Func), Some(1));
    assert_eq!(module.export("x", ExternalKind::Func), None);
    assert_eq!(module.start, Some(1));
}

#[test]
fn functions_have_the_best_name_there_is() {
    let module = module(
        r#"(module $whole (import "a" "b" (func)) (func $named (export "other")) (func (export "exported")) (func))"#,
    );
    let names: Vec<_> = (0..4).map(|function| module.function_name(function)).collect();
    assert_eq!(names, [Some("a.b".into()), Some("named".into()), Some("exported".into()), None]);
    assert_eq!(module.name, Some("whole"));
}

/// A name section that ends too early loses the names after its fault; the module stays valid.
#[test]
fn malformed_names_are_left_out() {
    // Function names: two, of which the second says that it has nine bytes.
    let module = module(r#"(module (func) (func) (@custom "name" "\01\06\02\00\01f\01\09"))"#);
    assert_eq!(module.function_names.get(&0), Some(&"f"));
    assert_eq!(module.function_names.get(&1), None);
    assert_eq!(module.custom_sections, [("name", 8)]);
}

#[test]
fn errors_have_the_offset_of_their_cause() {
    let error = try_module("(module (func (result i32) (i64.const 0)))").unwrap_err();
    assert!(error.message.contains("expected i32, found i64"), "{error}");
    let binary = binary_of("(module (func (result i32) (i64.const 0)))");
    assert_eq!(error.offset, Some(binary.len() as u64 - 1));
    let cut = read(&binary[..binary.len() - 3], Features::default()).err().unwrap();
    assert!(cut.message.contains("unexpected end"), "{cut}");
    assert!(matches!(module("(module (func))").functions[0].origin, FunctionOrigin::Body(_)));
}
