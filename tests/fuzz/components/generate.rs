//! A program from a seed.

use super::case::{Case, Function};
use super::lie;
use crate::fuzz::random::Random;
use crate::wast::components::types::{FunctionType, Kind, Type};
use crate::wast::components::values::{Encoding, Value};

const PLAIN: [&str; 12] = ["bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char"];
const ENCODINGS: [Encoding; 3] = [Encoding::Utf8, Encoding::Utf16, Encoding::Compact];
/// How deep types are nested.
const DEPTH: usize = 4;

/// Which types of handles a type may have.
#[derive(Clone, Copy)]
struct Handles {
    own: bool,
    borrow: bool,
}

/// The program of a seed.
pub fn case(random: &mut Random) -> Case {
    let relays = random.pick(&[0, 0, 1, 2]);
    let has_resource = random.once_in(3);
    let count = 1 + random.below(6);
    let functions = (0..count).map(|_| function(random, relays, has_resource)).collect();
    let mut case = Case { functions, relays, moves: random.once_in(2), lie: None };
    if random.once_in(2) {
        lie::add(&mut case, random);
    }
    case
}

fn function(random: &mut Random, relays: usize, has_resource: bool) -> Function {
    let handles = Handles { own: has_resource, borrow: has_resource };
    let count = random.pick(&[0, 1, 1, 2, 3, 5, 10, 18]);
    let depth = if count > 5 { 1 } else { DEPTH };
    let params: Vec<Type> = (0..count).map(|_| ty(random, depth, handles)).collect();
    let result = (!random.once_in(8)).then(|| ty(random, DEPTH, Handles { borrow: false, ..handles }));
    let names = (0..params.len()).map(|index| format!("p{index}")).collect();
    Function {
        args: params.iter().map(|ty| value(random, ty)).collect(),
        result: result.as_ref().map(|ty| value(random, ty)),
        ty: FunctionType { names, params, result },
        encodings: (0..relays + 2).map(|_| random.pick(&ENCODINGS)).collect(),
        has_post_return: random.once_in(2),
    }
}

fn names(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|index| format!("n{index}"))
}

fn ty(random: &mut Random, depth: usize, handles: Handles) -> Type {
    if (handles.own || handles.borrow) && random.once_in(5) {
        return if handles.borrow && random.once_in(2) { Type::Borrow } else { Type::Own };
    }
    if depth == 0 || random.once_in(3) {
        return if random.once_in(3) { Type::Text } else { Type::Plain(random.pick(&PLAIN).into()) };
    }
    let inner = |random: &mut Random| ty(random, depth - 1, handles);
    let maybe = |random: &mut Random| (!random.once_in(3)).then(|| inner(random));
    match random.below(9) {
        0 => Type::Text,
        1 => Type::List(Box::new(inner(random))),
        2 => {
            let count = random.pick(&[1, 2, 3, 5]);
            Type::Record(names(count).map(|name| (name, inner(random))).collect())
        }
        3 => {
            let count = random.pick(&[1, 2, 3, 7]);
            Type::Record((0..count).map(|_| (String::new(), inner(random))).collect())
        }
        4 => {
            let count = random.pick(&[1, 2, 3, 5]);
            Type::Variant(Kind::Variant, names(count).map(|name| (name, maybe(random))).collect())
        }
        5 => {
            let few = !random.once_in(4);
            let count = if few { random.pick(&[1, 2, 5]) } else { random.pick(&[255, 256, 257, 300]) };
            Type::Variant(Kind::Enum, names(count).map(|name| (name, None)).collect())
        }
        6 => Type::Variant(Kind::Option, vec![("none".into(), None), ("some".into(), Some(inner(random)))]),
        7 => Type::Variant(Kind::Result, vec![("ok".into(), maybe(random)), ("err".into(), maybe(random))]),
        _ => {
            let count = random.pick(&[1, 7, 8, 9, 16, 17, 31, 32]);
            Type::Flags(names(count).collect())
        }
    }
}

fn value(random: &mut Random, ty: &Type) -> Value {
    match ty {
        Type::Plain(name) => Value::Bits(plain(random, name)),
        Type::Text => Value::Text { text: text(random), wide: random.once_in(4) },
        Type::List(element) => {
            let is_small = matches!(**element, Type::Plain(_) | Type::Flags(_));
            let len = random.pick(&[0, 1, 2, 3, 5, if is_small { 300 } else { 4 }]);
            let len = if is_small && random.once_in(40) { 30_000 } else { len };
            Value::List((0..len).map(|_| value(random, element)).collect())
        }
        Type::Record(fields) => Value::Record(fields.iter().map(|(_, ty)| value(random, ty)).collect()),
        Type::Variant(_, cases) => {
            let number = random.below(cases.len());
            let payload = cases.get(number).and_then(|(_, ty)| ty.as_ref());
            Value::Case(number, payload.map(|ty| Box::new(value(random, ty))))
        }
        Type::Flags(names) => {
            // Bits without a name may be set.
            let word = random.number() as u32;
            let mask = if random.once_in(2) { u32::MAX } else { ((1_u64 << names.len().min(32)) - 1) as u32 };
            Value::Flags(vec![word & mask; names.len().div_ceil(32)])
        }
        Type::Own | Type::Borrow => Value::Handle(random.number() as u32),
    }
}

/// Makes a value another one of the same type, where it has a part for which that is simple.
pub fn change(value: &mut Value) -> bool {
    match value {
        Value::Text { text, .. } => {
            text.push('x');
            true
        }
        Value::List(values) => values.pop().is_some(),
        Value::Record(values) => values.iter_mut().any(change),
        Value::Case(_, Some(value)) => change(value),
        _ => false,
    }
}

/// The bits of a number. Those that its type has no room for may be anything.
fn plain(random: &mut Random, name: &str) -> u64 {
    const EDGES: [u64; 10] = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0x7fff_ffff, 0x8000_0000, 0x7fff_ffff_ffff_ffff];
    const FLOATS32: [u32; 6] = [0x8000_0000, 0x7f80_0000, 0xff80_0000, 0x7fc0_0000, 0x7fa0_0001, 1];
    const FLOATS64: [u64; 6] = [1 << 63, 0x7ff0 << 48, 0xfff0 << 48, 0x7ff8 << 48, (0x7ff4 << 48) | 1, 1];
    let number = random.number();
    let edge = random.once_in(2);
    match name {
        "bool" => random.pick(&[0, 1, 1, 2, 0xff]),
        "char" => character(random).into(),
        "f32" if edge => random.pick(&FLOATS32).into(),
        "f64" if edge => random.pick(&FLOATS64),
        _ if edge => random.pick(&EDGES),
        _ => number >> random.below(64),
    }
}

fn character(random: &mut Random) -> char {
    const ODD: [char; 16] = [
        '\0',
        '\x7f',
        '\u{80}',
        '\u{a0}',
        'ÿ',
        '\u{100}',
        '\u{301}',
        '\u{7ff}',
        '\u{800}',
        '\u{d7ff}',
        '\u{e000}',
        '\u{feff}',
        '\u{ffff}',
        '\u{10000}',
        '\u{1f600}',
        '\u{10ffff}',
    ];
    match random.below(3) {
        0 => random.pick(&ODD),
        1 => char::from(b' ' + random.below(95) as u8),
        _ => char::from_u32(random.below(0x11_0000) as u32).unwrap_or(' '),
    }
}

/// A string: of ASCII, Latin-1, or anything, which may begin late.
fn text(random: &mut Random) -> String {
    let len = random.pick(&[0, 1, 2, 7, 8, 15, 16, 33, 100]);
    let len = if random.once_in(30) { 5000 + random.below(20) } else { len };
    let from = random.below(len + 1);
    let class = random.below(4);
    let mut pick = |index: usize| match class {
        0 => char::from(random.below(128) as u8),
        1 => char::from(random.number() as u8),
        2 if index < from => char::from(b'a' + (index % 26) as u8),
        _ => character(random),
    };
    (0..len).map(&mut pick).collect()
}
