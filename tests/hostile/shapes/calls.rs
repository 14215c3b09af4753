//! Many functions, and calls between them.

use crate::hostile::Shape;
use crate::hostile::maker::{AT, Maker, NOTHING, UNARY};
use std::borrow::Cow;
use wasm_encoder::{ConstExpr, Elements, ValType};

pub const SHAPES: &[Shape] = &[
    Shape { name: "empty functions", make: empty, small: 10_000, full: 900_000 },
    Shape { name: "empty functions, all called", make: empty_called, small: 10_000, full: 500_000 },
    Shape { name: "functions that call each the next", make: chain, small: 10_000, full: 300_000 },
    Shape { name: "functions that each call all", make: complete, small: 100, full: 1_500 },
    Shape { name: "calls in a row", make: row, small: 10_000, full: 1_000_000 },
    Shape { name: "calls through a table", make: indirect, small: 5_000, full: 300_000 },
    Shape { name: "calls through references", make: references, small: 5_000, full: 300_000 },
    Shape { name: "tail calls", make: tail, small: 5_000, full: 200_000 },
    Shape { name: "calls with many parameters", make: wide_params, small: 20, full: 3_500 },
    Shape { name: "calls with many results", make: wide_results, small: 20, full: 300_000 },
    Shape { name: "functions with many parameters", make: wide_functions, small: 500, full: 100_000 },
    Shape { name: "small functions", make: small, small: 3_000, full: 300_000 },
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
