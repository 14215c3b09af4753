//! Sections of unusual size or encoding.

use crate::hostile::Shape;
use crate::hostile::maker::{Maker, NOTHING};
use wasm_encoder::{BranchHint, BranchHints, EntityType, ExportKind, NameMap, NameSection, Section, ValType};

pub const SHAPES: &[Shape] = &[
    Shape { name: "types", make: types, scale: 500_000 },
    Shape { name: "wide types", make: wide_types, scale: 30_000 },
    Shape { name: "imports of one function", make: imports, scale: 100_000 },
    Shape { name: "imports that nothing defines", make: missing_imports, scale: 5_000 },
    Shape { name: "exports with long names", make: exports, scale: 50_000 },
    Shape { name: "names of functions", make: names, scale: 500_000 },
    Shape { name: "long names of functions", make: long_names, scale: 2_000 },
    Shape { name: "names of functions that do not exist", make: stray_names, scale: 1_000_000 },
    Shape { name: "branch hints", make: hints, scale: 300_000 },
    Shape { name: "custom sections", make: customs, scale: 500_000 },
    Shape { name: "padded numbers", make: padded, scale: 500_000 },
    Shape { name: "a body that is cut off", make: truncated, scale: 4_000_000 },
];

fn types(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    for number in 0..count {
        let params: Vec<ValType> =
            (0..20).map(|bit| if number >> bit & 1 == 0 { ValType::I32 } else { ValType::F64 }).collect();
        maker.ty(&params, &[]);
    }
    maker.start(&[], |_| ())
}

fn wide_types(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    for number in 0..count {
        let params: Vec<ValType> =
            (0..1000).map(|bit| if number >> (bit % 20) & 1 == 0 { ValType::I32 } else { ValType::F64 }).collect();
        maker.ty(&params, &[]);
    }
    maker.start(&[], |_| ())
}

fn imports(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    let ty = maker.ty(&[], &[ValType::I32]);
    for _ in 0..count {
        maker.imports.import("wasi_snapshot_preview1", "sched_yield", EntityType::Function(ty));
    }
    maker.start(&[], |code| {
        (0..count).for_each(|number| {
            code.call(number).drop();
        })
    })
}

fn missing_imports(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    for number in 0..count {
        let name = format!("{number}{}", "long".repeat(500));
        maker.imports.import("nowhere", &name, EntityType::Function(NOTHING));
    }
    maker.start(&[], |code| {
        (0..count).for_each(|number| {
            code.call(number);
        })
    })
}

fn exports(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    let function = maker.function(NOTHING, &[], |_| ());
    for number in 0..count {
        maker.exports.export(&format!("{number}{}", "long".repeat(50)), ExportKind::Func, function);
    }
    maker.start(&[], |_| ())
}

/// Functions that are all called, with names.
fn named(count: u32, name: impl Fn(u32) -> String) -> Vec<u8> {
    let mut maker = Maker::new();
    let mut map = NameMap::new();
    for number in 0..count {
        maker.function(NOTHING, &[], |_| ());
        map.append(number, &name(number));
    }
    maker.custom("name", functions_named(&map));
    maker.start(&[], |code| {
        (0..count).for_each(|callee| {
            code.call(callee);
        })
    })
}

/// The contents of a name section.
fn functions_named(map: &NameMap) -> Vec<u8> {
    let mut names = NameSection::new();
    names.functions(map);
    contents(&names, "name")
}

/// What follows the name in a custom section.
fn contents(section: &impl Section, name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    section.append_to(&mut bytes);
    let name_at = bytes.windows(name.len()).position(|window| window == name.as_bytes()).unwrap_or_default();
    bytes.split_off(name_at + name.len())
}

fn names(count: u32) -> Vec<u8> {
    named(count, |number| format!("f{number}"))
}

fn long_names(count: u32) -> Vec<u8> {
    named(count, |number| format!("{number}{}", "\u{202e}long".repeat(500)))
}

fn stray_names(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    let mut map = NameMap::new();
    (0..count).for_each(|number| map.append(number * 4000, "stray"));
    maker.custom("name", functions_named(&map));
    maker.start(&[], |_| ())
}

fn hints(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    let mut hints = BranchHints::new();
    let hint = |number| BranchHint { branch_func_offset: number * 3, branch_hint_value: number % 2 };
    hints.function_hints(0, (1..count + 1).map(hint));
    maker.custom("metadata.code.branch_hint", contents(&hints, "metadata.code.branch_hint"));
    maker.start(&[(1, ValType::I32)], |code| {
        (0..count).for_each(|_| {
            code.local_get(0).if_(wasm_encoder::BlockType::Empty).nop().end();
        });
    })
}

fn customs(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    (0..count).for_each(|number| maker.custom("x", number.to_le_bytes().to_vec()));
    maker.start(&[], |_| ())
}

/// Constants in as many bytes as an i32 may have.
fn padded(count: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    let mut function = wasm_encoder::Function::new([]);
    (0..count).for_each(|_| {
        function.raw([0x41, 0x81, 0x80, 0x80, 0x80, 0x00, 0x1a]);
    });
    function.instructions().end();
    maker.functions.function(NOTHING);
    maker.code.function(&function);
    maker.start(&[], |code| {
        code.call(0);
    })
}

fn truncated(count: u32) -> Vec<u8> {
    let mut bytes = Maker::new().start(&[], |code| {
        (0..count).for_each(|_| {
            code.nop();
        })
    });
    bytes.truncate(bytes.len() / 2);
    bytes
}
