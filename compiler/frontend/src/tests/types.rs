use super::module;
use crate::index::TypeId;
use crate::program::types::Types;

/// What the types of two modules are in one program, by index.
fn ids(first: &str, second: &str) -> (Vec<TypeId>, Vec<TypeId>) {
    let mut types = Types::default();
    let mut add = |text: &str| Vec::from(types.add(&module(&format!("(module {text})"))));
    (add(first), add(second))
}

#[test]
fn the_same_type_has_the_same_number_in_all_modules() {
    let (first, second) = ids(
        "(type (func)) (type (func (param i32))) (type (func))",
        "(type (func (param i32))) (type (func (param i64))) (type (func))",
    );
    assert_eq!(first[0], first[2]);
    assert_eq!([second[0], second[2]], [first[1], first[0]]);
    assert!(!first.contains(&second[1]) && first[0].number() != 0);
}

#[test]
fn references_to_equal_types_make_equal_types() {
    let (first, second) = ids(
        "(type $a (func)) (type (func (param (ref $a))))",
        "(type (func (param i32))) (type $b (func)) (type (func (param (ref $b)))) (type (func (param (ref null $b))))",
    );
    assert_eq!(first[1], second[2]);
    assert_ne!(first[1], second[3]);
}
