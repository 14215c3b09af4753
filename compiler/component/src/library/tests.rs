//! What merging keeps, and layouts compared with those of the translator.

use super::Library;
use crate::interface::{Function, Owner, Type};
use crate::translate::{Translated, translated};
use wasmc_frontend::wasmparser::{DataKind, ElementKind, Parser, Payload, Validator, WasmFeatures};
use wasmtime_environ::component::{Export, InterfaceType, TypeFuncIndex};

fn binary(text: &str) -> Vec<u8> {
    wasmc_frontend::to_binary(text.as_bytes()).expect("it is a component").into_owned()
}

fn library(text: &str) -> Library {
    let library = crate::library(&binary(text), false).expect("it can be a library");
    let validated = Validator::new_with_features(WasmFeatures::all()).validate_all(&library.module);
    validated.expect("what is merged is valid");
    library
}

fn fixture(name: &str) -> String {
    let path = format!("{}/../../fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn whatever_core_modules_have_is_valid_in_one() {
    for name in ["objects", "linked", "resources", "shared_everything", "strings"] {
        library(&fixture(&format!("components/{name}.wat")));
    }
}

/// How many segments of a module are active, and whether it has a start function.
fn segments(module: &[u8]) -> (usize, bool) {
    let (mut active, mut starts) = (0, false);
    for payload in Parser::new(0).parse_all(module) {
        match payload.expect("it is valid") {
            Payload::DataSection(section) => {
                active +=
                    section.into_iter().flatten().filter(|data| matches!(data.kind, DataKind::Active { .. })).count();
            }
            Payload::ElementSection(section) => {
                let elements = section.into_iter().flatten();
                active += elements.filter(|element| matches!(element.kind, ElementKind::Active { .. })).count();
            }
            Payload::StartSection { .. } => starts = true,
            _ => {}
        }
    }
    (active, starts)
}

#[test]
fn what_comes_after_a_start_function_is_written_by_the_start_of_the_whole() {
    let component = |start: &str| {
        format!(
            r#"(component
                 (core module $one (memory (export "memory") 1) (table (export "table") 1 funcref) (func $f)
                   (data (i32.const 0) "a") {start})
                 (core instance $one (instantiate $one))
                 (core module $two (import "one" "memory" (memory 1)) (import "one" "table" (table 1 funcref)) (func $f)
                   (data (i32.const 0) "b") (elem (i32.const 0) $f))
                 (core instance (instantiate $two (with "one" (instance $one)))))"#
        )
    };
    assert_eq!(segments(&library(&component("")).module), (3, false));
    assert_eq!(segments(&library(&component("(start $f)")).module), (1, true));
}

/// All exported functions of a component by name, with their types.
fn lifted<'t>(translated: &'t Translated<'_>) -> Vec<(&'t str, TypeFuncIndex)> {
    let component = &translated.component;
    let mut found = Vec::new();
    for (_, (index, _)) in component.exports.raw_iter() {
        let Export::Instance { exports, .. } = &component.export_items[*index] else { continue };
        for (name, (index, _)) in exports.raw_iter() {
            if let Export::LiftedFunction { ty, .. } = component.export_items[*index] {
                found.push((name.as_str(), ty));
            }
        }
    }
    found
}

#[test]
fn layouts_are_those_of_the_translator() {
    for (file, least) in [("library/values/values.wat", 60), ("library/things/things.wat", 8)] {
        let binary = binary(&fixture(file));
        let interface = crate::library(&binary, false).expect("it can be a library").interface;
        let functions: Vec<&Function> = interface.exports.iter().flat_map(|namespace| &namespace.functions).collect();
        let compared = translated(&binary, |translated| {
            let mut compared = 0;
            let mut compare = |name: &str, ty: &Type, known: InterfaceType| {
                let (layout, known) = (interface.layout(ty), translated.types.canonical_abi(&known));
                assert_eq!((layout.size, layout.align), (known.size32, known.align32), "{name}: {ty:?}");
                // The translator counts no more than are passed as such.
                if let Some(flat) = known.flat_count {
                    assert_eq!(layout.flat, u32::from(flat), "{name}: {ty:?}");
                } else {
                    assert!(layout.flat > 16, "{name}: {ty:?}");
                }
                compared += 1;
            };
            for (name, ty) in lifted(translated) {
                let function = functions.iter().find(|function| function.name == name).expect("it is exported");
                let ty = &translated.types[ty];
                for ((_, ty), &known) in function.params.iter().zip(&translated.types[ty.params].types) {
                    compare(name, ty, known);
                }
                for (ty, &known) in function.result.iter().zip(&translated.types[ty.results].types) {
                    compare(name, ty, known);
                }
            }
            compared
        });
        let compared = compared.expect("it is valid");
        assert!(compared >= least, "{file}: {compared}");
    }
}

#[test]
fn resources_have_their_names_and_owners() {
    let interface = library(&fixture("library/things/things.wat")).interface;
    let find = |name: &str| interface.resources.iter().find(|resource| resource.name == name).expect("it is there");
    assert_eq!((find("file").owner, find("file").namespace.as_deref()), (Owner::Host, Some("test:things/files")));
    let counter = find("counter");
    assert!(matches!(counter.owner, Owner::Guest(Some(_))), "{counter:?}");
    assert_eq!(counter.namespace.as_deref(), Some("test:things/counters"));
}

#[test]
fn types_that_are_declared_as_imports_have_their_names() {
    // As tools write a world that has types of its own, and one that uses those of an interface without functions.
    let text = r#"(component
        (type $r (record (field "name" string) (field "price" f64)))
        (import "item" (type $item (eq $r)))
        (import "a:b/types" (instance $types (type $e (enum "one" "two")) (export "kind" (type (eq $e)))))
        (alias export $types "kind" (type $kind))
        (core module $m (memory (export "memory") 1) (func (export "f") (param i32 i32) (result i32) (i32.const 0))
          (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
        (core instance $m (instantiate $m))
        (func (export "f") (param "items" (list $item)) (result $kind) (canon lift (core func $m "f")
          (memory (core memory $m "memory")) (realloc (core func $m "realloc")))))"#;
    let interface = library(text).interface;
    let found: Vec<_> =
        interface.definitions.iter().map(|found| (found.namespace.as_deref(), found.name.as_str())).collect();
    assert_eq!(found, [(None, "item"), (Some("a:b/types"), "kind")]);
}

#[test]
fn what_is_not_supported_is_an_error() {
    let refused = |text: &str| crate::library(&binary(text), false).expect_err("it is not supported").to_string();
    let module = refused(r#"(component (core module $m) (export "m" (core module $m)))"#);
    assert!(module.contains("exported core modules"), "{module}");
    let imported = refused(r#"(component (import "m" (core module $m)) (core instance (instantiate $m)))"#);
    assert!(imported.contains("core modules that a component imports"), "{imported}");
    let body = "(i32.const 1) (drop)".repeat(10_000);
    let instances = "(core instance (instantiate $m))".repeat(100);
    let copies = refused(&format!("(component (core module $m (func {body})) {instances})"));
    assert!(copies.contains("many times the bytes"), "{copies}");
    let invalid = refused(r#"(component (core module (func (result i32))))"#);
    assert!(invalid.contains("type mismatch"), "{invalid}");
}
