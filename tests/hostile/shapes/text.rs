//! Modules in text format.

use crate::hostile::Shape;

pub const SHAPES: &[Shape] = &[
    Shape { name: "text: parentheses", make: parentheses, scale: 5_000_000 },
    Shape { name: "text: nested expressions", make: folded, scale: 1_000_000 },
    Shape { name: "text: a nested comment", make: comment, scale: 3_000_000 },
    Shape { name: "text: a long number", make: number, scale: 10_000_000 },
    Shape { name: "text: a long float", make: float, scale: 10_000_000 },
    Shape { name: "text: a long string", make: string, scale: 10_000_000 },
    Shape { name: "text: names", make: names, scale: 300_000 },
    Shape { name: "text: instructions", make: instructions, scale: 500_000 },
];

/// A module whose `_start` has this body, or with these fields besides.
fn module(fields: &str, body: &str) -> Vec<u8> {
    format!("(module (memory 1) {fields} (func (export \"_start\") {body}))").into_bytes()
}

fn repeat(text: &str, count: u32) -> String {
    text.repeat(count as usize)
}

fn parentheses(count: u32) -> Vec<u8> {
    repeat("(", count).into_bytes()
}

fn folded(count: u32) -> Vec<u8> {
    module("", &format!("(drop {}(i32.const 1){})", repeat("(i32.eqz ", count), repeat(")", count)))
}

fn comment(count: u32) -> Vec<u8> {
    module(&format!("{}{}", repeat("(;", count), repeat(";)", count)), "")
}

fn number(count: u32) -> Vec<u8> {
    module("", &format!("(drop (i64.const 0x{}1))", repeat("0", count)))
}

fn float(count: u32) -> Vec<u8> {
    module("", &format!("(drop (f64.const 1.{}1e-7))", repeat("3", count)))
}

fn string(count: u32) -> Vec<u8> {
    module(&format!("(data \"{}\")", repeat("\\00", count)), "")
}

fn names(count: u32) -> Vec<u8> {
    let functions: String =
        (0..count).map(|number| format!("(func $f{number} (call $f{}))", count - 1 - number)).collect();
    module(&functions, "(call $f0)")
}

fn instructions(count: u32) -> Vec<u8> {
    module("", &repeat("i32.const 1 drop ", count))
}
