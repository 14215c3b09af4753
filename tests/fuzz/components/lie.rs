//! What goes wrong in some programs: then they must trap.

use super::case::{Address, Case, Function, Kind, Lie};
use super::library::PAGES;
use crate::fuzz::random::Random;
use crate::wast::components::types::Type;
use crate::wast::components::values::{Encoding, UTF16_TAG, Value};

/// Bytes of a memory whose end is known.
const END: u32 = PAGES << 16;

/// Makes the last call of a program go wrong, in one of the ways in which it can.
pub fn add(case: &mut Case, random: &mut Random) {
    let relays = case.relays;
    let Some(function) = case.functions.last_mut() else { return };
    let pointers = pointers(function, relays);
    let count = lies(function);
    case.lie = match (count, &pointers[..]) {
        (0, []) => None,
        (0, pointers) => Some(random.pick(pointers)),
        (_, pointers) if !pointers.is_empty() && random.once_in(2) => Some(random.pick(pointers)),
        _ => lie_in(function, random.below(count), random).map(Lie::Value),
    };
}

/// The lies about addresses that a call has room for.
fn pointers(function: &Function, relays: usize) -> Vec<Lie> {
    let mut lies = Vec::new();
    let mut add = |size: u32, align: u32, lie: fn(Address) -> Lie| {
        lies.extend((align > 1).then_some(lie(Address::Unaligned)));
        lies.extend((size > 0).then_some(lie(Address::Outside)));
    };
    let all = function.ty.all_params();
    if function.ty.passes_memory() {
        add(all.size(), all.align(), Lie::Params);
        add(all.size(), all.align(), |address| Lie::Room(address, false));
    }
    let result = function.ty.result.as_ref().filter(|_| function.ty.returns_memory());
    if let Some(ty) = result {
        add(ty.size(), ty.align(), Lie::Result);
        add(ty.size(), ty.align(), Lie::Returned);
    }
    let args = function.ty.params.iter().zip(&function.args);
    let most = args.map(|(ty, value)| room(ty, value, function.encodings[relays + 1])).max();
    add(most.unwrap_or(0), 1, |address| Lie::Room(address, false));
    if let (Some(value), Some(ty)) = (&function.result, &function.ty.result) {
        add(room(ty, value, function.encodings[0]), 1, |address| Lie::Room(address, true));
    }
    lies.extend(lies_of_handles(function));
    if relays > 0
        && function.borrows()
        && function.args.iter().zip(&function.ty.params).any(|(value, ty)| lends(ty, value))
    {
        lies.push(Lie::KeepsBorrow);
    }
    lies
}

/// The lies about handles that a call has several of, or gives away.
fn lies_of_handles(function: &Function) -> Vec<Lie> {
    let owned = |types: &[Type], values: &[Value]| {
        let mut owned = Vec::new();
        let mut see = |ty: &Type, value: &Value| {
            if matches!(value, Value::Handle(_)) {
                owned.push(*ty == Type::Own);
            }
        };
        types.iter().zip(values).for_each(|(ty, value)| visit(ty, value, &mut see));
        owned
    };
    let passed = owned(&function.ty.params, &function.args);
    let returned = owned(function.ty.result.as_slice(), function.result.as_slice());
    let mut lies = Vec::new();
    if let [first, .., last] = passed[..]
        && (first || last)
    {
        lies.push(Lie::PassesTwice);
    }
    if returned.len() > 1 {
        lies.push(Lie::ReturnsTwice);
    }
    if passed.contains(&true) {
        lies.push(Lie::DropsTwice);
    }
    lies
}

/// Whether there is a string or list that room is needed for.
fn room(ty: &Type, value: &Value, encoding: Encoding) -> u32 {
    let mut most = 0;
    visit(ty, value, &mut |_, value| match value {
        Value::Text { text, .. } => most = most.max(encoding.encode(text, false).0.len() as u32),
        Value::List(values) => most = most.max(values.len() as u32),
        _ => {}
    });
    most
}

fn lends(ty: &Type, value: &Value) -> bool {
    let mut lends = false;
    visit(ty, value, &mut |ty, _| lends |= *ty == Type::Borrow);
    lends
}

/// Goes through all parts of a value.
fn visit(ty: &Type, value: &Value, see: &mut dyn FnMut(&Type, &Value)) {
    see(ty, value);
    match (ty, value) {
        (Type::List(element), Value::List(values)) => values.iter().for_each(|value| visit(element, value, see)),
        (Type::Record(fields), Value::Record(values)) => {
            fields.iter().zip(values).for_each(|((_, ty), value)| visit(ty, value, see));
        }
        (Type::Variant(_, cases), Value::Case(number, Some(value))) => {
            if let Some((_, Some(ty))) = cases.get(*number) {
                visit(ty, value, see);
            }
        }
        _ => {}
    }
}

/// As [`visit`], to change parts.
fn visit_mut(ty: &Type, value: &mut Value, see: &mut dyn FnMut(&Type, &mut Value)) {
    see(ty, value);
    match (ty, value) {
        (Type::List(element), Value::List(values)) => {
            values.iter_mut().for_each(|value| visit_mut(element, value, see))
        }
        (Type::Record(fields), Value::Record(values)) => {
            fields.iter().zip(values).for_each(|((_, ty), value)| visit_mut(ty, value, see));
        }
        (Type::Variant(_, cases), Value::Case(number, Some(value))) => {
            if let Some((_, Some(ty))) = cases.get(*number) {
                visit_mut(ty, value, see);
            }
        }
        _ => {}
    }
}

/// What a value can be instead, so that it is none of its type.
fn kind(ty: &Type, value: &Value) -> Option<Kind> {
    match (ty, value) {
        (Type::Plain(name), _) if name == "char" => Some(Kind::Character),
        // Only what has room for a number beyond the last.
        (Type::Variant(_, cases), _) if cases.len() < 256 => Some(Kind::Case),
        (Type::Text, _) => Some(Kind::TextUnits),
        (Type::List(_), _) => Some(Kind::ListRange),
        (Type::Own | Type::Borrow, Value::Handle(_)) => Some(Kind::Handle),
        _ => None,
    }
}

/// How many parts of a call's values can be lies.
fn lies(function: &Function) -> usize {
    let mut count = 0;
    let mut see = |ty: &Type, value: &Value| count += usize::from(kind(ty, value).is_some());
    function.ty.params.iter().zip(&function.args).for_each(|(ty, value)| visit(ty, value, &mut see));
    function.ty.result.iter().zip(&function.result).for_each(|(ty, value)| visit(ty, value, &mut see));
    count
}

/// Makes one part of a call's values a lie.
fn lie_in(function: &mut Function, which: usize, random: &mut Random) -> Option<Kind> {
    let (mut next, mut done) = (0, None);
    let callee = *function.encodings.last()?;
    let mut encoding = function.encodings[0];
    let mut see = |ty: &Type, value: &mut Value, encoding: Encoding| {
        let Some(mut kind) = kind(ty, value) else { return };
        if next == which {
            match kind {
                Kind::Character => *value = Value::Bits(random.pick(&[0xd800, 0xdbff, 0xdfff, 0x11_0000, 0xffff_ffff])),
                Kind::Case => {
                    let Type::Variant(_, cases) = ty else { return };
                    *value = Value::Case(random.pick(&[cases.len(), 255]), None);
                }
                Kind::TextUnits => match units(encoding, random) {
                    Some(units) if random.once_in(2) => *value = units,
                    _ => {
                        kind = Kind::TextRange;
                        *value = text_range(encoding, random);
                    }
                },
                Kind::TextRange | Kind::ListRange => *value = list_range(ty, random),
                Kind::Handle => *value = Value::Bits(random.pick(&[0, 5000, 0xffff_ffff, 1 << 28])),
            }
            done = Some(kind);
        }
        next += 1;
    };
    for (ty, value) in function.ty.params.iter().zip(&mut function.args) {
        visit_mut(ty, value, &mut |ty, value| see(ty, value, encoding));
    }
    encoding = callee;
    for (ty, value) in function.ty.result.iter().zip(&mut function.result) {
        visit_mut(ty, value, &mut |ty, value| see(ty, value, encoding));
    }
    done
}

/// A string that is not valid.
fn units(encoding: Encoding, random: &mut Random) -> Option<Value> {
    const UTF8: [&[u8]; 12] = [
        b"\x80",
        b"\xc0\x80",
        b"\xc1\xbf",
        b"\xc3",
        b"\xe0\x9f\xbf",
        b"\xed\xa0\x80",
        b"\xed\xbf\xbf",
        b"\xe2\x82",
        b"\xf0\x8f\xbf\xbf",
        b"\xf4\x90\x80\x80",
        b"\xf5\x80\x80\x80",
        b"\xff",
    ];
    const UTF16: [&[u16]; 5] = [&[0xd800], &[0xdc00], &[0xd83d, 0x41], &[0xde00, 0xd83d], &[0xd83d, 0xd83d, 0xde00]];
    let before: String = std::iter::repeat_n(random.pick(&['a', 'é', '€']), random.below(20)).collect();
    let after = if random.once_in(2) { "" } else { "tail" };
    if encoding == Encoding::Utf8 {
        let bytes = [before.as_bytes(), random.pick(&UTF8), after.as_bytes()].concat();
        let len = bytes.len() as u32;
        return Some(Value::Units(bytes, len));
    }
    let all = before.encode_utf16().chain(random.pick(&UTF16).iter().copied()).chain(after.encode_utf16());
    let units: Vec<u16> = all.collect();
    let tag = if encoding == Encoding::Compact { UTF16_TAG } else { 0 };
    let len = units.len() as u32 | tag;
    Some(Value::Units(units.iter().flat_map(|unit| unit.to_le_bytes()).collect(), len))
}

/// A string that is not all inside the memory, or not aligned.
fn text_range(encoding: Encoding, random: &mut Random) -> Value {
    let wide = random.once_in(2);
    let (unit, tag) = match encoding {
        Encoding::Utf8 => (1, 0),
        Encoding::Utf16 => (2, 0),
        Encoding::Compact if wide => (2, UTF16_TAG),
        Encoding::Compact => (1, 0),
    };
    let (at, len) = range(unit, random);
    let odd = encoding != Encoding::Utf8 && random.once_in(4);
    let (at, len) =
        if odd { (1025, 1) } else { (at.next_multiple_of(if encoding == Encoding::Utf8 { 1 } else { 2 }), len) };
    Value::At(at, (len & !UTF16_TAG) | tag)
}

fn list_range(ty: &Type, random: &mut Random) -> Value {
    let Type::List(element) = ty else { return Value::At(u32::MAX, 1) };
    let align = element.align();
    if align > 1 && random.once_in(4) {
        return Value::At(1024 + align / 2, 1);
    }
    let (at, len) = range(element.size(), random);
    Value::At(at / align * align, len)
}

/// An address and a number of elements of this size that reach beyond the memory's end.
fn range(size: u32, random: &mut Random) -> (u32, u32) {
    let beyond = u64::from(END).div_ceil(size.into()) as u32 + 1;
    match random.below(5) {
        0 => (END - 8, 8 / size + 1 + random.below(3) as u32 + 8),
        1 => (0xffff_fff0, 16 / size + 1),
        2 => (0, beyond),
        3 => (1024, 0x7fff_ffff),
        _ => (1024, (u32::MAX / size).max(beyond)),
    }
}
