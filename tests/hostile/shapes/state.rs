//! Tables, memories and globals, and what they hold at first.

use crate::hostile::Shape;
use crate::hostile::maker::{AT, Maker, NOTHING, table};
use std::borrow::Cow;
use wasm_encoder::{ConstExpr, Elements, GlobalType, HeapType, RefType, ValType};

pub const SHAPES: &[Shape] = &[
    Shape { name: "huge tables with an initial value", make: initialised_tables, scale: 100 },
    Shape { name: "huge tables with one element at the end", make: last_elements, scale: 100 },
    Shape { name: "elements far apart in a huge table", make: scattered_elements, scale: 90_000 },
    Shape { name: "small tables", make: small_tables, scale: 90_000 },
    Shape { name: "active data 64 KiB apart", make: data_ladder, scale: 65_000 },
    Shape { name: "active data a page apart", make: page_ladder, scale: 90_000 },
    Shape { name: "active data in a hundred memories", make: many_memories, scale: 90_000 },
    Shape { name: "passive data, all copied", make: passive_data, scale: 90_000 },
    Shape { name: "overlapping active data", make: overlapping_data, scale: 5_000 },
    Shape { name: "a huge data segment", make: huge_data, scale: 64 },
    Shape { name: "passive elements, all copied", make: passive_elements, scale: 90_000 },
    Shape { name: "elements as expressions", make: element_expressions, scale: 1_000_000 },
    Shape { name: "declared elements", make: declared_elements, scale: 1_000_000 },
    Shape { name: "globals with long expressions", make: long_expressions, scale: 1_000_000 },
    Shape { name: "globals", make: many_globals, scale: 900_000 },
    Shape { name: "table operations", make: table_operations, scale: 200_000 },
];

/// Elements of a table at most.
const HUGE: u64 = 10_000_000;

fn initialised_tables(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    let function = maker.function(NOTHING, &[], |_| ());
    (0..count).for_each(|_| {
        maker.tables.table_with_init(table(HUGE), &ConstExpr::ref_func(function));
    });
    use_tables(maker, count)
}

fn last_elements(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    let function = maker.function(NOTHING, &[], |_| ());
    for number in 0..count {
        maker.table(HUGE);
        let functions = Elements::Functions(Cow::Owned(vec![function]));
        maker.elements.active(Some(number), &ConstExpr::i32_const(HUGE as i32 - 1), functions);
    }
    use_tables(maker, count)
}

fn small_tables(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    let function = maker.function(NOTHING, &[], |_| ());
    for number in 0..count {
        maker.table(3);
        let functions = Elements::Functions(Cow::Owned(vec![function]));
        maker.elements.active(Some(number), &ConstExpr::i32_const(1), functions);
    }
    use_tables(maker, count)
}

fn use_tables(maker: Maker, count: u32) -> Vec<u8> {
    maker.start(&[], |code| {
        for table in 0..count {
            code.i32_const(7).call_indirect(table, NOTHING).i32_const(5).ref_null(HeapType::FUNC).table_set(table);
        }
    })
}

fn scattered_elements(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    let function = maker.function(NOTHING, &[], |_| ());
    maker.table(HUGE);
    for number in 0..count {
        let functions = Elements::Functions(Cow::Owned(vec![function]));
        maker.elements.active(None, &ConstExpr::i32_const(number as i32 * 110), functions);
    }
    use_tables(maker, 1)
}

fn data_ladder(count: u32) -> Vec<u8> {
    ladder(count, 1 << 16)
}

fn page_ladder(count: u32) -> Vec<u8> {
    ladder(count, 1 << 12)
}

fn ladder(count: u32, distance: u32) -> Vec<u8> {
    let mut maker = Maker::without_memory();
    maker.memory(u64::from(count) * u64::from(distance) / 65_536 + 1);
    for number in 0..count {
        maker.data.active(0, &ConstExpr::i32_const(number.wrapping_mul(distance) as i32), [1]);
    }
    maker.start(&[], |code| {
        code.i32_const(0).i32_const(0).i32_load(AT).i32_store(AT);
    })
}

fn many_memories(count: u32) -> Vec<u8> {
    let mut maker = Maker::without_memory();
    (0..100).for_each(|_| maker.memory(60_000));
    for number in 0..count {
        maker.data.active(number % 100, &ConstExpr::i32_const((number << 12) as i32), [1]);
    }
    maker.start(&[], |code| {
        code.i32_const(0).i32_const(0).i32_load(AT).i32_store(AT);
    })
}

fn passive_data(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    (0..count).for_each(|_| {
        maker.data.passive([1]);
    });
    maker.start(&[], |code| {
        for number in 0..count {
            code.i32_const(number as i32 % 1000).i32_const(0).i32_const(1).memory_init(0, number).data_drop(number);
        }
    })
}

fn overlapping_data(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    (0..count).for_each(|number| {
        maker.data.active(0, &ConstExpr::i32_const(number as i32), [1; 1000]);
    });
    maker.start(&[], |code| {
        code.i32_const(0).i32_const(0).i32_load(AT).i32_store(AT);
    })
}

fn huge_data(megabytes: u32) -> Vec<u8> {
    let mut maker = Maker::without_memory();
    maker.memory(u64::from(megabytes) * 16 + 1);
    let bytes = (0..megabytes << 20).map(|number| (number.wrapping_mul(7919) >> 8) as u8);
    maker.data.active(0, &ConstExpr::i32_const(5), bytes);
    maker.start(&[], |code| {
        code.i32_const(0).i32_const(0).i32_load(AT).i32_store(AT);
    })
}

fn passive_elements(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    maker.table(1000);
    let function = maker.function(NOTHING, &[], |_| ());
    (0..count).for_each(|_| {
        maker.elements.passive(Elements::Functions(Cow::Owned(vec![function])));
    });
    maker.start(&[], |code| {
        for number in 0..count {
            code.i32_const(number as i32 % 1000).i32_const(0).i32_const(1).table_init(0, number).elem_drop(number);
        }
    })
}

fn element_expressions(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    maker.table(u64::from(count));
    let function = maker.function(NOTHING, &[], |_| ());
    let items: Vec<ConstExpr> = (0..count).map(|_| ConstExpr::ref_func(function)).collect();
    maker.elements.active(Some(0), &ConstExpr::i32_const(0), Elements::Expressions(RefType::FUNCREF, items.into()));
    use_tables(maker, 1)
}

fn declared_elements(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    let function = maker.function(NOTHING, &[], |_| ());
    maker.elements.declared(Elements::Functions(vec![function; count as usize].into()));
    maker.start(&[], |code| {
        code.ref_func(function).drop();
    })
}

const CONSTANT: GlobalType = GlobalType { val_type: ValType::I32, mutable: false, shared: false };

fn long_expressions(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    let mut sum = ConstExpr::i32_const(1);
    (0..count).for_each(|number| sum = std::mem::replace(&mut sum, ConstExpr::empty()).with_i32_const(number as i32));
    (0..count).for_each(|_| sum = std::mem::replace(&mut sum, ConstExpr::empty()).with_i32_add());
    maker.globals.global(CONSTANT, &sum);
    maker.start(&[], |code| {
        code.i32_const(0).global_get(0).i32_store(AT);
    })
}

fn many_globals(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    (0..count).for_each(|_| {
        maker.global();
    });
    maker.start(&[], |code| {
        (0..count).for_each(|number| {
            code.i32_const(1).global_set(number);
        })
    })
}

fn table_operations(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    maker.table(10);
    maker.start(&[(1, ValType::I32)], |code| {
        for _ in 0..count {
            code.local_get(0).local_get(0).table_get(0).table_set(0);
            code.ref_null(HeapType::FUNC).local_get(0).table_grow(0).local_set(0);
            code.local_get(0).ref_null(HeapType::FUNC).i32_const(1).table_fill(0);
        }
    })
}
