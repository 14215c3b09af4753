//! Functions without a branch.

use crate::hostile::Shape;
use crate::hostile::maker::{Maker, UNARY, at};
use wasm_encoder::{InstructionSink, MemArg, ValType};

pub const SHAPES: &[Shape] = &[
    Shape { name: "accesses at constant addresses", make: constant_addresses, scale: 100_000 },
    Shape { name: "values that all live to the end", make: live_values, scale: 150_000 },
    Shape { name: "results of calls that all live to the end", make: live_results, scale: 150_000 },
    Shape { name: "a chain of additions", make: additions, scale: 1_000_000 },
    Shape { name: "a chain of selects", make: selects, scale: 500_000 },
    Shape { name: "a chain of vector operations", make: vectors, scale: 300_000 },
    Shape { name: "different vector constants", make: vector_constants, scale: 150_000 },
    Shape { name: "different float constants", make: float_constants, scale: 300_000 },
    Shape { name: "different long constants", make: long_constants, scale: 300_000 },
    Shape { name: "operators with long code", make: long_operators, scale: 300_000 },
    Shape { name: "divisions, each of which can trap", make: divisions, scale: 500_000 },
    Shape { name: "atomic operations", make: atomics, scale: 200_000 },
    Shape { name: "copies and fills of memory", make: bulk, scale: 200_000 },
    Shape { name: "accesses by one index", make: one_index, scale: 400_000 },
    Shape { name: "accesses by an index that was loaded", make: chased, scale: 500_000 },
    Shape { name: "globals that are read and written", make: globals, scale: 500_000 },
];

/// A function with `count` times the same.
fn repeated(count: u32, mut step: impl FnMut(&mut InstructionSink<'_>, u32)) -> Vec<u8> {
    Maker::new().start(&[(1, ValType::I32)], |code| (0..count).for_each(|number| step(code, number)))
}

fn constant_addresses(count: u32) -> Vec<u8> {
    repeated(count, |code, number| {
        let address = (number * 4 % 65_000) as i32;
        code.i32_const(address).i32_const(address ^ 64).i32_load(at(0)).i32_store(at(0));
    })
}

/// Products of different numbers, all of which are made before the first is used.
fn live_values(count: u32) -> Vec<u8> {
    Maker::new().start(&[(1, ValType::I32)], |code| {
        code.i32_const(0).i32_load(at(0)).local_set(0).i32_const(0);
        for number in 0..count {
            code.local_get(0).i32_const(number as i32).i32_mul();
        }
        (1..count).for_each(|_| {
            code.i32_xor();
        });
        code.i32_store(at(0));
    })
}

fn live_results(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    let callee = maker.function(UNARY, &[], |code| {
        code.local_get(0);
    });
    maker.start(&[], |code| {
        code.i32_const(0);
        (0..count).for_each(|_| {
            code.i32_const(1).call(callee);
        });
        (1..count).for_each(|_| {
            code.i32_xor();
        });
        code.i32_store(at(0));
    })
}

fn additions(count: u32) -> Vec<u8> {
    repeated(count, |code, _| {
        code.local_get(0).local_get(0).i32_add().local_set(0);
    })
}

fn selects(count: u32) -> Vec<u8> {
    repeated(count, |code, number| {
        code.local_get(0).i32_const(number as i32).local_get(0).select().local_set(0);
    })
}

fn vectors(count: u32) -> Vec<u8> {
    Maker::new().start(&[(1, ValType::V128)], |code| {
        for number in 0..count {
            code.local_get(0).local_get(0);
            match number % 4 {
                0 => code.i8x16_swizzle(),
                1 => code.i64x2_mul(),
                2 => code.f32x4_max(),
                _ => code.i8x16_shuffle(std::array::from_fn(|lane| (lane as u32 + number) as u8 % 32)),
            };
            code.local_set(0);
        }
        code.i32_const(0).local_get(0).v128_store(at(0));
    })
}

fn vector_constants(count: u32) -> Vec<u8> {
    Maker::new().start(&[(1, ValType::V128)], |code| {
        for number in 0..count {
            code.local_get(0).v128_const(i128::from(number) * 0x0123_4567_89ab_cdef).v128_xor().local_set(0);
        }
        code.i32_const(0).local_get(0).v128_store(at(0));
    })
}

fn float_constants(count: u32) -> Vec<u8> {
    Maker::new().start(&[(1, ValType::F64)], |code| {
        for number in 0..count {
            code.local_get(0).f64_const(f64::from(number).sqrt().into()).f64_add().local_set(0);
        }
        code.i32_const(0).local_get(0).f64_store(at(0));
    })
}

fn long_constants(count: u32) -> Vec<u8> {
    Maker::new().start(&[(1, ValType::I64)], |code| {
        for number in 0..count {
            let constant = i64::from(number).wrapping_mul(0x1234_5678_9abc_def1);
            code.local_get(0).i64_const(constant).i64_xor().local_set(0);
        }
        code.i32_const(0).local_get(0).i64_store(at(0));
    })
}

fn long_operators(count: u32) -> Vec<u8> {
    Maker::new().start(&[(1, ValType::I64), (1, ValType::F64), (1, ValType::V128)], |code| {
        for _ in 0..count {
            code.local_get(0).i64_popcnt().f64_convert_i64_u().f64_nearest().i64_trunc_sat_f64_u().local_set(0);
            code.local_get(1).f64_ceil().local_set(1);
            code.local_get(2).i8x16_popcnt().i32x4_trunc_sat_f32x4_u().local_set(2);
        }
        code.i32_const(0).local_get(0).i64_store(at(0));
        code.i32_const(0).local_get(2).v128_store(at(16));
    })
}

fn divisions(count: u32) -> Vec<u8> {
    repeated(count, |code, _| {
        code.i32_const(7).local_get(0).i32_div_s().local_set(0);
    })
}

fn atomics(count: u32) -> Vec<u8> {
    let aligned = MemArg { align: 2, ..at(0) };
    repeated(count, |code, _| {
        code.local_get(0).i32_const(1).i32_const(2).i32_atomic_rmw_cmpxchg(aligned).local_set(0);
    })
}

fn bulk(count: u32) -> Vec<u8> {
    repeated(count, |code, number| {
        code.i32_const(0).local_get(0).i32_const(number as i32);
        if number % 2 == 0 {
            code.memory_copy(0, 0)
        } else {
            code.memory_fill(0)
        };
    })
}

fn one_index(count: u32) -> Vec<u8> {
    repeated(count, |code, number| {
        code.local_get(0).local_get(0).i32_load(at(u64::from(number) * 64)).i32_store(at(u64::from(number) * 8));
    })
}

fn chased(count: u32) -> Vec<u8> {
    repeated(count, |code, _| {
        code.local_get(0).i32_load(at(0)).local_set(0);
    })
}

fn globals(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    let (first, second) = (maker.global(), maker.global());
    maker.start(&[], |code| {
        (0..count).for_each(|_| {
            code.global_get(first).global_get(second).i32_add().global_set(first);
        });
    })
}
