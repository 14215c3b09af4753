//! Functions with many local variables.

use crate::hostile::Shape;
use crate::hostile::maker::{AT, Maker, NOTHING};
use wasm_encoder::{BlockType, ValType};

pub const SHAPES: &[Shape] = &[
    Shape { name: "locals that are assigned in nested loops", make: in_loops, scale: 50_000 },
    Shape { name: "locals that are assigned in one loop", make: in_one_loop, scale: 50_000 },
    Shape { name: "locals that are assigned in ifs", make: in_ifs, scale: 50_000 },
    Shape { name: "locals that each if assigns", make: ladder, scale: 5_000 },
    Shape { name: "locals that loops read", make: read_in_loops, scale: 20_000 },
    Shape { name: "loops beside many locals", make: beside_loops, scale: 50_000 },
    Shape { name: "locals of functions that use none", make: unused, scale: 100_000 },
    Shape { name: "locals that are used once", make: used_once, scale: 50_000 },
    Shape { name: "vectors in locals across calls", make: across_calls, scale: 50_000 },
];

const EMPTY: BlockType = BlockType::Empty;

fn in_loops(count: u32) -> Vec<u8> {
    nested(count, 10)
}

fn in_one_loop(count: u32) -> Vec<u8> {
    nested(count, 1)
}

/// `count` locals that all of `depth` nested loops change.
fn nested(count: u32, depth: u32) -> Vec<u8> {
    Maker::new().start(&[(count, ValType::I32)], |code| {
        (0..depth).for_each(|_| {
            code.loop_(EMPTY);
        });
        for local in 0..count {
            code.local_get(local).i32_const(local as i32 + 1).i32_add().local_set(local);
        }
        (0..depth).for_each(|local| {
            code.local_get(local % count).br_if(0).end();
        });
        code.i32_const(0).local_get(count - 1).i32_store(AT);
    })
}

fn in_ifs(count: u32) -> Vec<u8> {
    Maker::new().start(&[(count, ValType::I32)], |code| {
        for local in 1..count {
            code.local_get(0).i32_load(AT).if_(EMPTY);
            code.local_get(local - 1).local_set(local).else_().i32_const(local as i32).local_set(local).end();
        }
        (0..count).for_each(|local| {
            code.local_get(0).local_get(local).i32_store(AT);
        });
    })
}

/// As many ifs as locals, each of which assigns a hundred of them.
fn ladder(count: u32) -> Vec<u8> {
    Maker::new().start(&[(count, ValType::I32)], |code| {
        for number in 0..count {
            code.local_get(0).i32_load(AT).if_(EMPTY);
            (0..100).for_each(|other| {
                code.i32_const(other).local_set((number * 31 + other as u32 * 17) % count);
            });
            code.end();
        }
        (0..count).for_each(|local| {
            code.i32_const(0).local_get(local).i32_store(AT);
        });
    })
}

fn read_in_loops(count: u32) -> Vec<u8> {
    Maker::new().start(&[(count, ValType::I32)], |code| {
        (0..count).for_each(|local| {
            code.i32_const(0).i32_load(AT).local_set(local);
        });
        for local in 0..count {
            code.loop_(EMPTY).i32_const(0).local_get(local).i32_store(AT);
            code.local_get(count - 1 - local).br_if(0).end();
        }
    })
}

/// Loops that change two locals, while many others live.
fn beside_loops(count: u32) -> Vec<u8> {
    Maker::new().start(&[(count, ValType::I32)], |code| {
        (0..count).for_each(|local| {
            code.i32_const(0).i32_load(AT).local_set(local);
        });
        for _ in 0..count {
            code.loop_(EMPTY).local_get(0).i32_const(1).i32_add().local_tee(0).br_if(0).end();
        }
        (0..count).for_each(|local| {
            code.i32_const(0).local_get(local).i32_store(AT);
        });
    })
}

/// Functions that declare as many locals as there may be, in five bytes.
fn unused(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    let first = maker.functions.len();
    (0..count).for_each(|_| {
        maker.function(NOTHING, &[(50_000, ValType::V128)], |_| ());
    });
    maker.start(&[], |code| {
        (0..count).for_each(|number| {
            code.call(first + number);
        })
    })
}

fn used_once(count: u32) -> Vec<u8> {
    Maker::new().start(&[(count, ValType::I64)], |code| {
        (0..count).for_each(|local| {
            code.i32_const(0).i64_load(AT).local_set(local);
        });
        (0..count).for_each(|local| {
            code.i32_const(0).local_get(local).i64_store(AT);
        });
    })
}

fn across_calls(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    let callee = maker.function(NOTHING, &[], |code| {
        code.i32_const(0).i32_const(1).i32_store(AT);
    });
    maker.start(&[(count, ValType::V128)], |code| {
        (0..count).for_each(|local| {
            code.i32_const(0).v128_load(AT).local_set(local).call(callee);
        });
        (0..count).for_each(|local| {
            code.i32_const(0).local_get(local).v128_store(AT);
        });
    })
}
