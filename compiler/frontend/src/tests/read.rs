use super::{binary_of, module, try_module};
use crate::const_expr::ConstOperator;
use crate::index::{ExternIndex, FuncIndex, ImportIndex, MemoryIndex};
use crate::module::{ElementItems, FunctionOrigin, SegmentMode};
use crate::{Features, read};
use wasmparser::FuncValidatorAllocations;

#[test]
fn imports_come_first_in_each_index_space() {
    let module = module(
        r#"(module
            (import "a" "table" (table 1 funcref)) (import "a" "function" (func (param i32)))
            (import "a" "memory" (memory 1)) (import "a" "global" (global i32))
            (func (result i64) (i64.const 0)) (table 2 externref) (memory 2) (global i64 (i64.const 0)))"#,
    );
    let imports: Vec<&str> = module.imports.values().map(|import| import.name).collect();
    assert_eq!(imports, ["table", "function", "memory", "global"]);
    assert_eq!(
        module.tables.values().map(|table| table.import).collect::<Vec<_>>(),
        [Some(ImportIndex::from_u32(0)), None]
    );
    assert_eq!(
        module.memories.values().map(|memory| memory.import).collect::<Vec<_>>(),
        [Some(ImportIndex::from_u32(2)), None]
    );
    let [imported, defined] = [0, 1].map(FuncIndex::from_u32);
    assert_eq!(module.function_import(imported).unwrap().name, "function");
    assert!(module.function_import(defined).is_none());
    assert!(module.body(imported).is_none() && module.body(defined).is_some());
    assert_eq!(module.type_of_function(imported).params().len(), 1);
    assert_eq!(module.type_of_function(defined).results().len(), 1);
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
    let sizes: Vec<_> =
        (1..4).map(|function| module.body(FuncIndex::from_u32(function)).unwrap().as_bytes().len()).collect();
    assert_eq!(sizes, [3, 4, 5]);
}

#[test]
fn segments_say_where_their_contents_go() {
    let module = module(
        r#"(module (memory 1) (table 2 funcref) (func $f)
            (data (i32.const 5) "active") (data "passive")
            (elem (i32.const 1) func $f) (elem funcref (ref.null func) (ref.func $f)) (elem declare func $f))"#,
    );
    let function = FuncIndex::from_u32(0);
    let [active, passive] = module.data.as_values_slice() else { panic!("{:?}", module.data) };
    assert!(matches!(&active.mode, SegmentMode::Active(MemoryIndex::FIRST, at) if *at == [ConstOperator::I32Const(5)]));
    assert!(matches!(passive.mode, SegmentMode::Passive));
    assert_eq!((active.bytes, passive.bytes), (&b"active"[..], &b"passive"[..]));
    let [active, passive, declared] = module.elements.as_values_slice() else { panic!("{:?}", module.elements) };
    assert!(matches!(&active.items, ElementItems::Functions(functions) if *functions == [function]));
    assert!(matches!(passive.mode, SegmentMode::Passive));
    assert_eq!(passive.items.len(), 2);
    assert_eq!(active.items.expressions(), [[ConstOperator::RefFunc(function)]]);
    assert!(matches!(declared.mode, SegmentMode::Declared));
}

#[test]
fn exports_and_the_start_function_are_found() {
    let module = module(r#"(module (memory (export "x") 1) (func) (func (export "y")) (start 1))"#);
    assert_eq!(module.export("x"), Some(ExternIndex::Memory(MemoryIndex::FIRST)));
    assert_eq!(module.export("y"), Some(ExternIndex::Func(FuncIndex::from_u32(1))));
    assert_eq!(module.export("z"), None);
    assert_eq!(module.start, Some(FuncIndex::from_u32(1)));
}

#[test]
fn functions_have_the_best_name_there_is() {
    let module = module(
        r#"(module $whole (import "a" "b" (func)) (func $named (export "other")) (func (export "exported")) (func))"#,
    );
    let names: Vec<_> = module.functions.keys().map(|function| module.function_name(function)).collect();
    assert_eq!(names, [Some("a.b".into()), Some("named".into()), Some("exported".into()), None]);
    assert_eq!(module.name, Some("whole"));
}

/// A name section that ends too early loses the names after its fault; the module stays valid.
#[test]
fn malformed_names_are_left_out() {
    // Function names: two, of which the second says that it has nine bytes.
    let module = module(r#"(module (func) (func) (@custom "name" "\01\06\02\00\01f\01\09"))"#);
    assert_eq!(module.function_names.get(&FuncIndex::from_u32(0)), Some(&"f"));
    assert_eq!(module.function_names.get(&FuncIndex::from_u32(1)), None);
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
    assert!(matches!(module("(module (func))").functions[FuncIndex::from_u32(0)].origin, FunctionOrigin::Body(_)));
}
