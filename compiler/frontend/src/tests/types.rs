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
    assert!(!first.contains(&second[1]));
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

#[test]
fn subtypes_follow_their_supertypes() {
    let mut types = Types::default();
    let text = "(type $a (sub (struct))) (type $b (sub $a (struct (field i32)))) (type $x (func))
        (type $c (sub $a (struct (field i64)))) (type $d (sub final $b (struct (field i32) (field i32))))";
    let ids = Vec::from(types.add(&module(&format!("(module {text})"))));
    let numbers = ids.iter().map(|&id| types.numbers(id)).map(|numbers| (numbers.first, numbers.last));
    assert_eq!(numbers.collect::<Vec<_>>(), [(2, 5), (3, 4), (1, 1), (5, 5), (4, 4)]);
}

#[test]
fn types_of_objects_are_equal_by_structure() {
    let (first, second) = ids(
        "(rec (type $l (struct (field (ref null $l)) (field i8)))) (type (array (mut i16)))",
        "(type (array i16)) (type (array (mut i16))) (rec (type $m (struct (field (ref null $m)) (field i8))))",
    );
    assert_eq!(first[0], second[2]);
    assert_eq!(first[1], second[1]);
    assert_ne!(first[1], second[0]);
}

#[test]
fn a_field_is_declared_by_the_highest_type_that_has_it() {
    let mut types = Types::default();
    let text = "(type $a (sub (struct))) (type $b (sub $a (struct (field i32))))
        (type $c (sub $b (struct (field i32) (field i64)))) (type $d (sub $b (struct (field i32) (field f32))))
        (type $x (sub (array i8))) (type $y (sub $x (array i8)))";
    let ids = Vec::from(types.add(&module(&format!("(module {text})"))));
    let [_, b, c, d, x, y] = ids[..] else { panic!("{ids:?}") };
    assert_eq!([types.declarer(c, 0), types.declarer(d, 0), types.declarer(b, 0)], [b; 3]);
    assert_eq!([types.declarer(c, 1), types.declarer(d, 1)], [c, d]);
    assert_eq!([types.declarer(x, 0), types.declarer(y, 0)], [x; 2]);
}
