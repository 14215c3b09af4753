//! A module of loops over what lies in memory, which wasm-smith hardly makes: with counters that start, step and end in
//! many ways, inside each other, some with constant bounds. All of them end.

use super::generate::FUEL;
use super::random::Random;
use std::fmt::Write;
use wast::parser::{self, ParseBuffer};

/// Loops inside each other.
const DEPTH: usize = 3;

/// The module of a seed; its functions take four numbers.
pub fn module(random: &mut Random) -> Option<Vec<u8>> {
    let data = |random: &mut Random| random.bytes(96).iter().map(|byte| format!("\\{byte:02x}")).collect::<String>();
    let mut text = format!(
        "(module (memory (export \"memory\") 1 1) (global (export \"{FUEL}\") (mut i32) (i32.const 0))\n\
         (data (i32.const 0) \"{}\") (data (i32.const 65440) \"{}\")\n",
        data(random),
        data(random)
    );
    for number in 0..1 + random.below(4) {
        let body = statements(random, 0);
        _ = write!(
            text,
            "(func (export \"f{number}\") (param $x i32) (param $y i32) (param $z i32) (param $w i64) (result i32)\n\
             (local $t i32) (local $i0 i32) (local $i1 i32) (local $i2 i32)\n\
             (local $e0 i32) (local $e1 i32) (local $e2 i32)\n{body}\
             (i32.xor (local.get $x) (i32.xor (local.get $y) (i32.add (local.get $t)\n\
             (i32.xor (local.get $z) (i32.xor (local.get $i0) (i32.wrap_i64 (local.get $w))))))))\n"
        );
    }
    text.push(')');
    let buffer = ParseBuffer::new(&text).ok()?;
    parser::parse::<wast::Wat<'_>>(&buffer).ok()?.encode().ok()
}

fn statements(random: &mut Random, depth: usize) -> String {
    let count = 1 + random.below(4);
    (0..count).map(|_| statement(random, depth)).collect()
}

fn statement(random: &mut Random, depth: usize) -> String {
    let variable = random.pick(&["x", "y", "z", "t"]);
    match random.below(11) {
        0..=2 if depth < DEPTH => turns(random, depth),
        10 if depth < DEPTH => arrays(random, depth),
        3 => format!("(i32.store{} {})\n", place(random, depth), expression(random, depth, 2)),
        4 => {
            format!("(i64.store{} (i64.add (local.get $w) (i64.load{})))\n", place(random, depth), place(random, depth))
        }
        5 => format!("(i32.store8{} {})\n", place(random, depth), expression(random, depth, 1)),
        6 => format!(
            "(if (i32.and {} (i32.const 1)) (then {}) (else {}))\n",
            expression(random, depth, 1),
            statement(random, DEPTH.max(depth)),
            statement(random, DEPTH.max(depth))
        ),
        // Values change places.
        7 => "(local.set $t (local.get $x)) (local.set $x (local.get $y)) (local.set $y (local.get $z))\n\
              (local.set $z (local.get $t))\n"
            .into(),
        8 => format!("(local.set $w (i64.add (local.get $w) (i64.load{})))\n", place(random, depth)),
        _ => format!("(local.set ${variable} {})\n", expression(random, depth, 2)),
    }
}

/// A loop that turns at most 70 times, and fewer times inside others.
fn turns(random: &mut Random, depth: usize) -> String {
    let most = if depth == 0 { random.pick(&[5, 9, 17, 70]) } else { 6 };
    let turns = 1 + random.below(most) as i32;
    let step = random.pick(&[1, 1, 1, 2, 4, 8, -1, -4]);
    let start = random.pick(&[0, 0, 1, 7, -3, 65500, i32::MAX - 3]);
    let end = start.wrapping_add(turns.wrapping_mul(step));
    let less = if step > 0 { "lt" } else { "gt" };
    let goes_on = match random.below(3) {
        0 => "ne".to_owned(),
        _ => format!("{less}_{}", random.pick(&["s", "u"])),
    };
    let (start, end) = (format!("(i32.const {start})"), format!("(i32.const {end})"));
    // Or from the outer counter on, or for a number of turns that a parameter says.
    let (start, step, end, goes_on) = match random.below(6) {
        0 if depth > 0 => {
            (format!("(local.get $i{})", depth - 1), 1, format!("(i32.const {turns})"), "lt_u".to_owned())
        }
        1 => {
            let few = format!("(i32.and (local.get ${}) (i32.const 15))", random.pick(&["x", "y"]));
            let by = format!("(i32.mul (i32.const {step}) (i32.add (i32.const 1) {few}))");
            let end = format!("(i32.add {start} {by})");
            (start, step, end, goes_on)
        }
        _ => (start, step, end, goes_on),
    };
    let mut body = statements(random, depth + 1);
    if random.once_in(5) {
        _ = writeln!(body, "(br_if $end{depth} (i32.eqz {}))", expression(random, depth + 1, 1));
    }
    _ = writeln!(body, "(local.set $i{depth} (i32.add (local.get $i{depth}) (i32.const {step})))");
    let is_constant = !end.contains("local");
    let end_now = if is_constant { end.clone() } else { format!("(local.get $e{depth})") };
    let condition = format!("(i32.{goes_on} (local.get $i{depth}) {end_now})");
    let tested = if random.once_in(3) {
        format!("(loop $next{depth} (br_if $end{depth} (i32.eqz {condition}))\n{body}(br $next{depth}))\n")
    } else {
        format!("(loop $next{depth}\n{body}(br_if $next{depth} {condition}))\n")
    };
    format!("(local.set $e{depth} {end}) (local.set $i{depth} {start})\n(block $end{depth}\n{tested})\n")
}

/// A loop that goes through arrays, one element after the other, or two or four in each turn: where they overlap, and
/// whether they leave the memory, is seen when it runs.
fn arrays(random: &mut Random, depth: usize) -> String {
    let size = random.pick(&[1, 2, 4, 8]);
    let elements = random.pick(&[1, 1, 2, 4]);
    let turns = (random.pick(&[1, 3, 15, 16, 17, 33, 64, 130, 200]) / elements).max(1);
    let apart = random.pick(&[0, 0, 1, 4, 8, 16, -4, -8, 60, 128, 1000]);
    let (end, step) = (turns * elements * size, elements * size);
    // Loops whose turns are known may be unrolled.
    let more = random.pick(&["(i32.const 0)", "(i32.and (local.get $x) (i32.const 15))"]);
    let end = format!("(i32.add (i32.const {end}) (i32.mul (i32.const {step}) {more}))");
    // Seldom beyond the memory.
    let from = random.pick(&[64, 64, 70, 100, 2000, 2000, 2004, 4000, 30_000, 40_000, 65_536 - 4 * size * turns]);
    let counter = format!("(local.get $i{depth})");
    let shape = random.number();
    let mut body = String::new();
    for element in 0..elements {
        // All elements are made in the same way.
        let mut same = Random::new(shape);
        let offset = element * size;
        let access = |from: i32| format!("offset={offset} (i32.add (i32.const {from}) {counter})");
        let ty = if size == 8 { "i64" } else { "i32" };
        let (load, store) = match size {
            1 => (same.pick(&["8_u", "8_s"]), "8"),
            2 => (same.pick(&["16_u", "16_s"]), "16"),
            _ => ("", ""),
        };
        let [one, other] = [from, from + apart].map(|from| format!("({ty}.load{load} {})", access(from)));
        let constant = format!("({ty}.const {})", same.below(300) as i32 - 150);
        let operator = same.pick(&["add", "sub", "mul", "xor", "and", "or"]);
        let value = match same.below(7) {
            0 => constant,
            1 => format!("({ty}.{operator} {one} {constant})"),
            2 => format!("({ty}.{operator} {one} {other})"),
            3 => format!("({ty}.shr_{} {other} ({ty}.const 3))", same.pick(&["s", "u"])),
            4 => format!(
                "(select {one} {constant} ({ty}.{}_{} {other} {constant}))",
                same.pick(&["lt", "ge"]),
                same.pick(&["s", "u"])
            ),
            5 => format!("({ty}.shr_u ({ty}.{operator} {one} {other}) ({ty}.const 1))"),
            _ => other,
        };
        _ = match (ty, same.below(4)) {
            ("i32", 0) => writeln!(body, "(local.set $x (i32.add (local.get $x) {value}))"),
            ("i64", 0) => writeln!(body, "(local.set $w (i64.xor {value} (local.get $w)))"),
            _ => writeln!(body, "({ty}.store{store} {} {value})", access(from + same.pick(&[0, 0, apart, 300]))),
        };
    }
    format!(
        "(local.set $i{depth} (i32.const 0)) (local.set $e{depth} {end})\n(loop $next{depth}\n{body}\
         (br_if $next{depth} (i32.ne (local.get $e{depth})\n\
         (local.tee $i{depth} (i32.add (local.get $i{depth}) (i32.const {step}))))))\n"
    )
}

/// The offset and the index of an access: at a counter, mostly near the start or the end of memory.
fn place(random: &mut Random, depth: usize) -> String {
    let offset = random.pick(&[0, 0, 4, 8, 40, 65400]);
    let scale = random.pick(&[1, 2, 4, 8]);
    let counter = format!("(local.get $i{})", random.below(depth.clamp(1, DEPTH)));
    let index = format!("(i32.mul {counter} (i32.const {scale}))");
    let from = match random.below(4) {
        0 => "(i32.and (local.get $y) (i32.const 1023))".to_owned(),
        _ => format!("(i32.const {})", random.pick(&[0, 16, 64, 60000, 65472])),
    };
    format!(" offset={offset} (i32.add {from} {index})")
}

fn expression(random: &mut Random, depth: usize, height: usize) -> String {
    if height == 0 || random.once_in(4) {
        return match random.below(4) {
            0 => format!("(i32.const {})", random.number() as i32 >> random.below(32)),
            1 => format!("(local.get $i{})", random.below(depth.clamp(1, DEPTH))),
            2 => format!("(i32.load{} {})", random.pick(&["", "8_u", "16_s"]), place(random, depth).trim_start()),
            _ => format!("(local.get ${})", random.pick(&["x", "y", "z", "t"])),
        };
    }
    let operator = random.pick(&["add", "sub", "mul", "xor", "and", "or", "shl", "shr_u", "shr_s", "rotl"]);
    format!("(i32.{operator} {} {})", expression(random, depth, height - 1), expression(random, depth, height - 1))
}
