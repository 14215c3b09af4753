//! Handlers of exceptions: many around a call, many calls below some, nested deeply.

use crate::hostile::Shape;
use crate::hostile::maker::{Maker, NOTHING};
use wasm_encoder::{BlockType, Catch, InstructionSink};

pub const SHAPES: &[Shape] = &[
    Shape { name: "calls with many handlers", make: handled_calls, scale: 200_000 },
    Shape { name: "nested try_tables", make: nested, scale: 60_000 },
    Shape { name: "nested try_tables of one tag each", make: nested_tags, scale: 30_000 },
    Shape { name: "one try_table of many tags", make: clauses, scale: 10_000 },
    Shape { name: "nested trys that throw once more", make: rethrows, scale: 60_000 },
    Shape { name: "nested trys that delegate", make: delegates, scale: 100_000 },
    Shape { name: "throws to handlers of the same function", make: throws, scale: 200_000 },
];

const EMPTY: BlockType = BlockType::Empty;

/// A module in the making with `tags` tags and a function, the first, that throws the first of them.
fn maker(tags: u32) -> Maker {
    let mut maker = Maker::new();
    (0..tags).for_each(|_| {
        maker.tag();
    });
    maker.function(NOTHING, &[], |code| {
        code.throw(0);
    });
    maker
}

/// A block whose inside is in a `try_table` that goes behind it with these tags.
fn caught(code: &mut InstructionSink<'_>, tags: impl Iterator<Item = u32>) {
    let catches: Vec<Catch> = tags.map(|tag| Catch::One { tag, label: 0 }).collect();
    code.block(EMPTY).try_table(EMPTY, catches);
}

fn handled_calls(calls: u32) -> Vec<u8> {
    const TAGS: u32 = 30;
    maker(TAGS).start(&[], |code| {
        caught(code, 0..TAGS);
        (0..calls).for_each(|_| {
            code.call(0);
        });
        code.end().end();
    })
}

fn nest(depth: u32, tags: u32, tag: impl Fn(u32) -> u32) -> Vec<u8> {
    maker(tags).start(&[], |code| {
        for level in 0..depth {
            caught(code, std::iter::once(tag(level)));
            code.call(0);
        }
        (0..2 * depth).for_each(|_| {
            code.end();
        });
    })
}

fn nested(depth: u32) -> Vec<u8> {
    nest(depth, 1, |_| 0)
}

fn nested_tags(depth: u32) -> Vec<u8> {
    nest(depth, depth, |level| level)
}

fn clauses(tags: u32) -> Vec<u8> {
    maker(tags).start(&[], |code| {
        caught(code, 0..tags);
        code.call(0).call(0).end().end();
    })
}

fn rethrows(depth: u32) -> Vec<u8> {
    maker(1).start(&[], |code| {
        (0..depth).for_each(|_| {
            code.try_(EMPTY).call(0);
        });
        (0..depth).for_each(|_| {
            code.catch(0).catch_all().rethrow(0).end();
        });
    })
}

fn delegates(depth: u32) -> Vec<u8> {
    maker(1).start(&[], |code| {
        (0..depth).for_each(|_| {
            code.try_(EMPTY).call(0);
        });
        (0..depth).for_each(|level| {
            code.delegate((level % 2) & u32::from(level + 1 < depth));
        });
    })
}

fn throws(count: u32) -> Vec<u8> {
    maker(1).start(&[], |code| {
        caught(code, 0..1);
        (0..count).for_each(|_| {
            code.block(EMPTY).i32_const(0).br_if(0).throw(0).end();
        });
        code.end().end();
    })
}
