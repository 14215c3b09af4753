//! What passes from one component to another: strings of every length and encoding, and lists.
//!
//! One component calls another's function `f` with values that lie in its memory, one after the other; that one
//! compares each with what it should be, unit by unit.

use crate::support::{Bench, Machine, check_all, finish, text as string, wasmc};
use std::fmt::Write as _;

/// How strings are encoded.
const ENCODINGS: [&str; 3] = ["utf8", "utf16", "latin1+utf16"];

/// Where the values lie, behind their descriptions.
const VALUES: usize = 8192;

/// The bytes of a value and the length that goes with them.
struct Value {
    bytes: Vec<u8>,
    len: u32,
}

/// A string in an encoding; in the last one as Latin-1 where that is enough.
fn encoded(text: &str, encoding: &str) -> Value {
    let utf16 = || text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let latin1: Option<Vec<u8>> = text.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect();
    match (encoding, latin1) {
        ("utf8", _) => Value { bytes: text.into(), len: text.len() as u32 },
        ("utf16", _) => Value { bytes: utf16(), len: text.encode_utf16().count() as u32 },
        (_, Some(bytes)) => Value { len: bytes.len() as u32, bytes },
        _ => Value { bytes: utf16(), len: text.encode_utf16().count() as u32 | 1 << 31 },
    }
}

/// A description of each value, 12 bytes: where it lies, its length, and its bytes; then all of them.
fn data(values: &[Value]) -> String {
    let (mut descriptions, mut bytes) = (Vec::new(), Vec::new());
    for value in values {
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        let words = [(VALUES + bytes.len()) as u32, value.len, value.bytes.len() as u32];
        descriptions.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        bytes.extend_from_slice(&value.bytes);
    }
    assert!(descriptions.len() <= VALUES && bytes.len() < 60_000 - VALUES, "there is no room for the values");
    let escaped = |bytes: &[u8]| bytes.iter().fold(String::new(), |text, byte| text + &format!("\\{byte:02x}"));
    format!("(data (i32.const 0) \"{}\") (data (i32.const {VALUES}) \"{}\")", escaped(&descriptions), escaped(&bytes))
}

/// Memory, and room behind the values that is used again and again.
const LIBC: &str = r#"(core module $libc (memory (export "memory") 4)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 131072)))
  (core instance $libc (instantiate $libc))"#;

/// A component that passes `given` to another, which expects `expected`: values of type `ty`, encoded by `encodings`.
fn composed(ty: &str, encodings: [&str; 2], given: &[Value], expected: &[Value]) -> String {
    let options = |encoding: &str| {
        let memory = r#"(memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))"#;
        format!("{memory} string-encoding={encoding}")
    };
    let [from, to] = encodings.map(options);
    let (count, given, expected) = (given.len(), data(given), data(expected));
    let mut text = String::from("(component\n");
    write!(
        text,
        r#"(component $callee {LIBC}
  (core module $m (import "libc" "memory" (memory 1)) {expected}
    (global $next (mut i32) (i32.const 0))
    (func (export "f") (param $at i32) (param $len i32)
      (local $left i32) (local $wanted i32)
      (local.set $wanted (i32.load (global.get $next)))
      (if (i32.ne (local.get $len) (i32.load offset=4 (global.get $next))) (then unreachable))
      (local.set $left (i32.load offset=8 (global.get $next)))
      (global.set $next (i32.add (global.get $next) (i32.const 12)))
      (block $done
        (loop $bytes
          (br_if $done (i32.eqz (local.get $left)))
          (if (i32.ne (i32.load8_u (local.get $at)) (i32.load8_u (local.get $wanted))) (then unreachable))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (local.set $wanted (i32.add (local.get $wanted) (i32.const 1)))
          (local.set $left (i32.sub (local.get $left) (i32.const 1)))
          (br $bytes)))))
  (core instance $m (instantiate $m (with "libc" (instance $libc))))
  (func (export "f") (param "value" {ty}) (canon lift (core func $m "f") {to})))
(component $caller
  (import "f" (func $f (param "value" {ty})))
  {LIBC}
  (core func $low (canon lower (func $f) {from}))
  (core module $m (import "libc" "memory" (memory 1)) (import "callee" "f" (func $f (param i32 i32))) {given}
    (func (export "run") (result i32)
      (local $next i32)
      (loop $values
        (call $f (i32.load (local.get $next)) (i32.load offset=4 (local.get $next)))
        (local.set $next (i32.add (local.get $next) (i32.const 12)))
        (br_if $values (i32.ne (local.get $next) (i32.const {end}))))
      (i32.const 0)))
  (core instance $m (instantiate $m
    (with "libc" (instance $libc)) (with "callee" (instance (export "f" (func $low))))))
  (func (export "run") (result (result)) (canon lift (core func $m "run"))))
(instance $callee (instantiate $callee))
(instance $caller (instantiate $caller (with "f" (func $callee "f"))))
(func $run (alias export $caller "run"))
(component $shape (import "run" (func $run (result (result)))) (export "run" (func $run)))
(instance $exported (instantiate $shape (with "run" (func $run))))
(export "wasi:cli/run@0.2.0" (instance $exported)))"#,
        end = 12 * count
    )
    .expect("a string takes any text");
    text
}

/// Compiles and runs it; returns the exit status and what it says.
fn run(source: &str, machine: Machine) -> Result<(Option<i32>, String), String> {
    let bench = Bench::new();
    let image = bench.path("image");
    let path = bench.write("composed.wat", source);
    let compiled = finish(wasmc().arg(path).arg("-o").arg(&image).args(machine.options));
    if !compiled.status.success() {
        return Err(string(&compiled.stderr));
    }
    let run = finish(&mut machine.start(&image));
    Ok((run.status.code(), string(&run.stderr)))
}

fn succeeds(name: &str, source: &str) -> Result<(), String> {
    for machine in [Machine::default(), Machine::with(&["-O0", "--bounds=explicit"])] {
        match run(source, machine)? {
            (Some(0), _) => {}
            (status, said) => return Err(format!("{name}: {status:?}\n{said}")),
        }
    }
    Ok(())
}

/// Strings of all lengths up to some words, of each kind of character alone, and with one of another at each place.
fn strings() -> Vec<String> {
    let kinds = ['a', 'é', '€', '漢', '😀', '\u{7f}', '\u{80}', '\u{ff}', '\u{d7ff}', '\u{e000}', '\u{10ffff}'];
    let mut all: Vec<String> = (0..20).map(|len| "ascii, and a lot of it".chars().take(len).collect()).collect();
    for kind in kinds {
        all.extend([1, 4, 9].map(|len| String::from(kind).repeat(len)));
        for place in [0, 3, 7, 8, 15, 16] {
            let mut mixed: Vec<char> = vec!['x'; 17];
            mixed[place] = kind;
            all.push(mixed.into_iter().collect());
        }
    }
    all.push("a é € 漢 😀 mixed: ".repeat(9));
    all
}

#[test]
fn strings_arrive_as_they_were_in_every_pair_of_encodings() {
    let pairs: Vec<[&str; 2]> = ENCODINGS.iter().flat_map(|&from| ENCODINGS.map(|to| [from, to])).collect();
    let strings = strings();
    check_all(&pairs, |&[from, to]| {
        let of = |encoding| strings.iter().map(|text| encoded(text, encoding)).collect::<Vec<_>>();
        succeeds(&format!("{from} to {to}"), &composed("string", [from, to], &of(from), &of(to)))
    });
}

#[test]
fn what_is_no_string_traps_wherever_it_is() {
    let of_utf8: [&[u8]; 8] = [
        b"\x80",
        b"\xc0\x80",
        b"\xe0\x9f\xbf",
        b"\xed\xa0\x80",
        b"\xf0\x8f\xbf\xbf",
        b"\xf4\x90\x80\x80",
        b"\xe2\x82",
        b"\xff",
    ];
    let of_utf16: [&[u8]; 3] = [b"\x00\xd8", b"\x00\xdc", b"\x00\xd8\x00\xd8"];
    let mut cases = Vec::new();
    for to in ENCODINGS {
        for (from, wrong) in
            of_utf8.iter().map(|wrong| ("utf8", wrong)).chain(of_utf16.iter().map(|wrong| ("utf16", wrong)))
        {
            // Behind whole words, and in front of some: an incomplete character ends in what follows.
            let before = encoded("sixteen of them.", from).bytes;
            cases.push((from, to, [&before[..], wrong].concat()));
            cases.push((from, to, [wrong, &before[..]].concat()));
        }
    }
    check_all(&cases, |(from, to, bytes)| {
        let len = bytes.len() as u32 / if *from == "utf16" { 2 } else { 1 };
        let given = [Value { bytes: bytes.clone(), len }];
        let source = composed("string", [from, to], &given, &[Value { bytes: Vec::new(), len: 0 }]);
        match run(&source, Machine::default())? {
            (Some(134), said) if said.contains(&format!("invalid {from} encoding")) => Ok(()),
            (status, said) => Err(format!("{from} to {to}, {bytes:02x?}: {status:?}\n{said}")),
        }
    });
}

#[test]
fn lists_arrive_as_they_were() {
    // Types whose elements are copied as they are, and others: those with a gap, and those that are checked.
    let types = [
        ("(list u8)", 1),
        ("(list s16)", 2),
        ("(list f32)", 4),
        ("(list u64)", 8),
        ("(list (tuple u32 u32))", 8),
        ("(list (tuple u8 s8 u16 f32 s64))", 16),
        ("(list (tuple u64 u8))", 16),
        ("(list char)", 4),
    ];
    check_all(&types, |&(ty, size)| {
        let lists = |gap: u8| {
            [0, 1, 2, 7, 100].map(|count| {
                let is_gap = |at: usize| ty.contains("u64 u8") && at % 16 > 8;
                let value = |at: usize| if ty.contains("char") { 0 } else { at as u8 };
                let bytes = (0..count * size).map(|at| if is_gap(at) { gap } else { value(at) }).collect();
                Value { bytes, len: count as u32 }
            })
        };
        // What lies in gaps stays where it is.
        succeeds(ty, &composed(ty, ["utf8", "utf8"], &lists(0xaa), &lists(0)))
    });
}
