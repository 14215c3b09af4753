//! Structured control: nested deeply, or repeated.

use crate::hostile::Shape;
use crate::hostile::maker::{AT, Maker};
use wasm_encoder::{BlockType, InstructionSink, ValType};

pub const SHAPES: &[Shape] = &[
    Shape { name: "nested blocks", make: nested_blocks, scale: 1_000_000 },
    Shape { name: "nested loops", make: nested_loops, scale: 200_000 },
    Shape { name: "nested ifs", make: nested_ifs, scale: 200_000 },
    Shape { name: "ifs nested in else", make: else_ladder, scale: 200_000 },
    Shape { name: "nested blocks around float arithmetic", make: nested_floats, scale: 300_000 },
    Shape { name: "nested loops around float arithmetic", make: looped_floats, scale: 150_000 },
    Shape { name: "nested loops that read a local", make: reading_loops, scale: 600_000 },
    Shape { name: "nested loops around memory accesses", make: nested_accesses, scale: 100_000 },
    Shape { name: "branches out of all nested blocks", make: far_branches, scale: 300_000 },
    Shape { name: "branches from each depth to each", make: spread_branches, scale: 200_000 },
    Shape { name: "loops one after the other", make: loops, scale: 300_000 },
    Shape { name: "ifs one after the other", make: ifs, scale: 400_000 },
    Shape { name: "tables of branches", make: tables, scale: 65_000 },
    Shape { name: "one huge table of branches", make: one_table, scale: 2_500_000 },
    Shape { name: "small tables of branches", make: small_tables, scale: 150_000 },
    Shape { name: "tables of branches that pass many values", make: wide_tables, scale: 65_000 },
    Shape { name: "blocks of many values", make: wide_blocks, scale: 100_000 },
    Shape { name: "loops of many values", make: wide_loops, scale: 100_000 },
    Shape { name: "code that is never reached", make: unreachable, scale: 1_800_000 },
    Shape { name: "returns", make: returns, scale: 400_000 },
    Shape { name: "traps", make: traps, scale: 400_000 },
];

const EMPTY: BlockType = BlockType::Empty;

/// A function of one i32 and one f64.
fn function(body: impl FnOnce(&mut InstructionSink<'_>)) -> Vec<u8> {
    Maker::new().start(&[(1, ValType::I32), (1, ValType::F64)], |code| {
        code.i32_const(0).i32_load(AT).local_set(0);
        body(code);
        code.i32_const(0).local_get(0).i32_store(AT).i32_const(8).local_get(1).f64_store(AT);
    })
}

fn nested_blocks(depth: u32) -> Vec<u8> {
    function(|code| {
        (0..depth).for_each(|_| {
            code.block(EMPTY);
        });
        code.local_get(0).br_if(0).i32_const(1).local_set(0);
        (0..depth).for_each(|_| {
            code.end();
        });
    })
}

fn nested_loops(depth: u32) -> Vec<u8> {
    function(|code| {
        (0..depth).for_each(|_| {
            code.loop_(EMPTY);
        });
        (0..depth).for_each(|_| {
            code.local_get(0).i32_const(1).i32_add().local_tee(0).br_if(0).end();
        });
    })
}

fn nested_ifs(depth: u32) -> Vec<u8> {
    function(|code| {
        (0..depth).for_each(|_| {
            code.local_get(0).if_(EMPTY);
        });
        (0..depth).for_each(|_| {
            code.local_get(0).i32_const(1).i32_add().local_set(0).end();
        });
    })
}

fn else_ladder(depth: u32) -> Vec<u8> {
    function(|code| {
        for number in 0..depth {
            code.local_get(0).i32_const(number as i32).i32_eq().if_(EMPTY);
            code.i32_const(number as i32 + 7).local_set(0).else_();
        }
        (0..depth).for_each(|_| {
            code.end();
        });
    })
}

fn nested_floats(depth: u32) -> Vec<u8> {
    function(|code| {
        for number in 0..depth {
            code.block(EMPTY).local_get(1).f64_const(f64::from(number % 100 + 1).into()).f64_add().local_set(1);
        }
        (0..depth).for_each(|_| {
            code.local_get(0).br_if(0).end();
        });
    })
}

fn looped_floats(depth: u32) -> Vec<u8> {
    function(|code| {
        (0..depth).for_each(|_| {
            code.loop_(EMPTY);
        });
        for number in 0..depth {
            code.local_get(1).f64_const(f64::from(number % 100 + 1).into()).f64_add().local_set(1);
            code.local_get(0).br_if(0).end();
        }
    })
}

fn reading_loops(depth: u32) -> Vec<u8> {
    function(|code| {
        (0..depth).for_each(|_| {
            code.loop_(EMPTY);
        });
        code.i32_const(0).local_get(0).i32_store(AT);
        (0..depth).for_each(|_| {
            code.i32_const(0).br_if(0).end();
        });
    })
}

fn nested_accesses(depth: u32) -> Vec<u8> {
    function(|code| {
        (0..depth).for_each(|_| {
            code.loop_(EMPTY);
        });
        for number in 0..depth {
            code.local_get(0).i32_const(4).i32_add().local_tee(0).i32_load(AT);
            code.i32_const(number as i32 * 0x1_0001).i32_and().br_if(0).end();
        }
    })
}

fn far_branches(depth: u32) -> Vec<u8> {
    function(|code| {
        for number in 0..depth {
            code.block(EMPTY).local_get(0).i32_const(number as i32).i32_eq().br_if(number);
        }
        (0..depth).for_each(|_| {
            code.end();
        });
    })
}

fn spread_branches(depth: u32) -> Vec<u8> {
    function(|code| {
        (0..depth).for_each(|_| {
            code.block(EMPTY);
        });
        for number in 0..depth {
            code.local_get(0)
                .br_if((number * 7919) % (depth - number))
                .local_get(0)
                .i32_const(3)
                .i32_mul()
                .local_set(0);
            code.end();
        }
    })
}

fn loops(count: u32) -> Vec<u8> {
    function(|code| {
        for _ in 0..count {
            code.loop_(EMPTY).local_get(0).i32_const(4).i32_add().local_tee(0).i32_load(AT).br_if(0).end();
        }
    })
}

fn ifs(count: u32) -> Vec<u8> {
    function(|code| {
        for number in 0..count {
            code.local_get(0).if_(EMPTY).i32_const(number as i32).local_set(0).end();
        }
    })
}

/// Twenty tables, each to as many blocks.
fn tables(targets: u32) -> Vec<u8> {
    function(|code| {
        for _ in 0..20 {
            (0..64).for_each(|_| {
                code.block(EMPTY);
            });
            code.local_get(0).br_table((0..targets).map(|target| target * 7 % 64), 0);
            (0..64).for_each(|number| {
                code.end().local_get(0).i32_const(number).i32_xor().local_set(0);
            });
        }
    })
}

fn one_table(targets: u32) -> Vec<u8> {
    let depth = targets / 100 + 1;
    function(|code| {
        (0..depth).for_each(|_| {
            code.block(EMPTY);
        });
        code.local_get(0).br_table((0..targets).map(|target| target * 7 % depth), 0);
        (0..depth).for_each(|number| {
            code.end().local_get(0).i32_const(number as i32).i32_xor().local_set(0);
        });
    })
}

fn small_tables(count: u32) -> Vec<u8> {
    function(|code| {
        for number in 0..count {
            code.block(EMPTY).block(EMPTY).local_get(0).br_table([0, 1, 0], 1).end();
            code.i32_const(number as i32).local_set(0).end();
        }
    })
}

/// A type of 500 parameters and as many results.
fn many(maker: &mut Maker, params: bool) -> BlockType {
    let values = [ValType::I32; 500];
    BlockType::FunctionType(maker.ty(if params { &values } else { &[] }, &values))
}

fn push_many(code: &mut InstructionSink<'_>) {
    (0..500).for_each(|_| {
        code.local_get(0);
    });
}

fn wide_tables(targets: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    let many = many(&mut maker, false);
    maker.start(&[(1, ValType::I32)], |code| {
        code.block(many).block(many);
        push_many(code);
        code.local_get(0).br_table((0..targets).map(|target| target % 2), 0).end().br(0).end();
        (0..500).for_each(|_| {
            code.drop();
        });
    })
}

fn wide_blocks(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    let many = many(&mut maker, true);
    maker.start(&[(1, ValType::I32)], |code| {
        push_many(code);
        (0..count).for_each(|_| {
            code.block(many).local_get(0).br_if(0).end();
        });
        (0..500).for_each(|_| {
            code.local_set(0);
        });
    })
}

fn wide_loops(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    let many = many(&mut maker, true);
    maker.start(&[(1, ValType::I32)], |code| {
        push_many(code);
        (0..count).for_each(|_| {
            code.loop_(many).local_get(0).br_if(0).end();
        });
        (0..500).for_each(|_| {
            code.local_set(0);
        });
    })
}

fn unreachable(count: u32) -> Vec<u8> {
    function(|code| {
        code.block(EMPTY).br(0);
        (0..count).for_each(|_| {
            code.i32_add().block(EMPTY).end();
        });
        code.drop().end();
    })
}

fn returns(count: u32) -> Vec<u8> {
    function(|code| {
        (0..count).for_each(|number| {
            code.local_get(0).i32_const(number as i32).i32_eq().if_(EMPTY).return_().end();
        });
    })
}

fn traps(count: u32) -> Vec<u8> {
    function(|code| {
        for number in 0..count {
            code.local_get(0).i32_const(number as i32).i32_eq().if_(EMPTY).unreachable().end();
        }
    })
}
