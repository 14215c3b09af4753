//! Many functions, and calls between them.

use crate::hostile::Shape;
use crate::hostile::maker::{AT, Maker, NOTHING, UNARY};
use std::borrow::Cow;
use wasm_encoder::{BlockType, ConstExpr, Elements, InstructionSink, ValType};

pub const SHAPES: &[Shape] = &[
    Shape { name: "empty functions", make: empty, scale: 900_000 },
    Shape { name: "empty functions, all called", make: empty_called, scale: 500_000 },
    Shape { name: "functions that call each the next", make: chain, scale: 300_000 },
    Shape { name: "functions that each call all", make: complete, scale: 1_500 },
    Shape { name: "calls in a row", make: row, scale: 1_000_000 },
    Shape { name: "calls through a table", make: indirect, scale: 300_000 },
    Shape { name: "calls through references", make: references, scale: 300_000 },
    Shape { name: "tail calls", make: tail, scale: 200_000 },
    Shape { name: "calls with many parameters", make: wide_params, scale: 3_500 },
    Shape { name: "calls with many results", make: wide_results, scale: 300_000 },
    Shape { name: "functions of calls with many results", make: wide_result_functions, scale: 5_000 },
    Shape { name: "functions of blocks of many values", make: wide_block_functions, scale: 2_000 },
    Shape { name: "functions of loops of many values", make: wide_loop_functions, scale: 2_000 },
    Shape { name: "functions with many parameters", make: wide_functions, scale: 100_000 },
    Shape { name: "small functions", make: small, scale: 300_000 },
];

/// Functions that a table refers to.
fn empty(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    maker.table(u64::from(count));
    let functions: Vec<u32> = (0..count).map(|_| maker.function(NOTHING, &[], |_| ())).collect();
    maker.elements.active(None, &ConstExpr::i32_const(0), Elements::Functions(Cow::Borrowed(&functions)));
    maker.start(&[], |code| {
        code.i32_const(0).call_indirect(0, NOTHING);
    })
}

fn empty_called(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    (0..count).for_each(|_| {
        maker.function(NOTHING, &[], |_| ());
    });
    maker.start(&[], |code| {
        (0..count).for_each(|callee| {
            code.call(callee);
        })
    })
}

fn chain(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    (1..=count).for_each(|next| {
        maker.function(NOTHING, &[], |code| {
            code.call(next);
        });
    });
    maker.start(&[], |_| ())
}

fn complete(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    for _ in 0..count {
        maker.function(NOTHING, &[], |code| {
            (0..count).for_each(|callee| {
                code.call(callee);
            })
        });
    }
    maker.start(&[], |code| {
        code.call(0);
    })
}

fn row(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    let callee = maker.function(NOTHING, &[], |code| {
        code.i32_const(0).i32_const(1).i32_store(AT);
    });
    maker.start(&[], |code| {
        (0..count).for_each(|_| {
            code.call(callee);
        })
    })
}

fn indirect(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    maker.table(100);
    maker.start(&[(1, ValType::I32)], |code| {
        (0..count).for_each(|_| {
            code.local_get(0).local_get(0).call_indirect(0, UNARY).local_set(0);
        });
    })
}

fn references(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    let callee = maker.function(UNARY, &[], |code| {
        code.local_get(0);
    });
    maker.elements.declared(Elements::Functions(Cow::Owned(vec![callee])));
    maker.start(&[(1, ValType::I32)], |code| {
        (0..count).for_each(|_| {
            code.local_get(0).ref_func(callee).call_ref(UNARY).local_set(0);
        });
    })
}

fn tail(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    for next in 1..=count {
        maker.function(NOTHING, &[], |code| {
            code.return_call(next);
        });
    }
    maker.start(&[], |_| ())
}

fn wide_params(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    let ty = maker.ty(&[ValType::I64; 1000], &[]);
    let callee = maker.function(ty, &[], |code| {
        code.i32_const(0).local_get(999).i64_store(AT);
    });
    maker.start(&[(1, ValType::I64)], |code| {
        for _ in 0..count {
            (0..1000).for_each(|_| {
                code.local_get(0);
            });
            code.call(callee);
        }
    })
}

fn wide_results(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    let ty = maker.ty(&[ValType::I64; 1000], &[ValType::I64; 1000]);
    let callee = maker.function(ty, &[], |code| {
        (0..1000).for_each(|local| {
            code.local_get(999 - local);
        })
    });
    maker.start(&[(1, ValType::I64)], |code| {
        (0..1000).for_each(|_| {
            code.local_get(0);
        });
        (0..count).for_each(|_| {
            code.call(callee);
        });
        (0..1000).for_each(|_| {
            code.local_set(0);
        });
    })
}

/// Functions of a few hundred bytes, all called, in which a thousand values go through the same a hundred times: `step`
/// makes that of the index of a function that returns what it takes, and of its type.
fn wide(count: u32, step: impl Fn(&mut InstructionSink<'_>, u32, u32)) -> Vec<u8> {
    let mut maker = Maker::new();
    let (first, through) =
        (maker.ty(&[], &[ValType::I64; 1000]), maker.ty(&[ValType::I64; 1000], &[ValType::I64; 1000]));
    let last = maker.ty(&[ValType::I64; 1000], &[]);
    let source = maker.function(first, &[(1, ValType::I64)], |code| {
        code.i32_const(0).i64_load(AT).local_set(0);
        (0..1000).for_each(|_| {
            code.local_get(0);
        });
    });
    let same = maker.function(through, &[], |code| {
        (0..1000).for_each(|local| {
            code.local_get(999 - local);
        });
    });
    let sink = maker.function(last, &[], |code| {
        code.i32_const(0).local_get(0).i64_store(AT);
    });
    let functions: Vec<u32> = (0..count)
        .map(|_| {
            maker.function(NOTHING, &[], |code| {
                code.call(source);
                (0..100).for_each(|_| step(code, same, through));
                code.call(sink);
            })
        })
        .collect();
    maker.start(&[], |code| {
        functions.iter().for_each(|&function| {
            code.call(function);
        });
    })
}

fn wide_result_functions(count: u32) -> Vec<u8> {
    wide(count, |code, same, _| {
        code.call(same);
    })
}

fn wide_block_functions(count: u32) -> Vec<u8> {
    wide(count, |code, _, through| {
        code.block(BlockType::FunctionType(through)).i32_const(0).i32_load(AT).br_if(0).end();
    })
}

fn wide_loop_functions(count: u32) -> Vec<u8> {
    wide(count, |code, _, through| {
        code.loop_(BlockType::FunctionType(through)).i32_const(0).i32_load(AT).br_if(0).end();
    })
}

fn wide_functions(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    maker.table(u64::from(count));
    let ty = maker.ty(&[ValType::I64; 1000], &[]);
    let functions: Vec<u32> = (0..count).map(|_| maker.function(ty, &[], |_| ())).collect();
    maker.elements.active(None, &ConstExpr::i32_const(0), Elements::Functions(Cow::Borrowed(&functions)));
    maker.start(&[], |code| {
        code.i32_const(0).call_indirect(0, NOTHING);
    })
}

fn small(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    let mut last = maker.function(UNARY, &[], |code| {
        code.local_get(0);
    });
    for _ in 0..count {
        last = maker.function(UNARY, &[], |code| {
            code.local_get(0).i32_load(AT).call(last).local_get(0).i32_div_u();
        });
    }
    maker.start(&[], |code| {
        code.i32_const(0).call(last).drop();
    })
}
