//! The core module that has a component's memory and makes room in it. It also counts the resources that are dropped.

use super::core::memory;
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, ExportKind, ExportSection, Function, FunctionSection, GlobalSection, GlobalType,
    Module, TypeSection, ValType,
};

/// Pages of a memory at first, where addresses beyond its end are of interest.
pub const PAGES: u32 = 64;
/// What the global that says what is wrong with new addresses can hold.
pub const UNALIGNED: u32 = 1;
/// As above: they are beyond the end of the memory.
pub const OUTSIDE: u32 = 2;

const I32: ValType = ValType::I32;

/// The library of a component whose data ends at `end`. With `moves`, what becomes smaller moves, too.
pub fn library(end: u32, moves: bool, pages: u32) -> Module {
    let mut types = TypeSection::new();
    types.ty().function([I32; 4], [I32]);
    types.ty().function([I32], []);
    types.ty().function([], [I32]);
    let (mut functions, mut bodies) = (FunctionSection::new(), CodeSection::new());
    functions.function(0).function(1).function(2).function(1);
    let [heap, dropped, mode] = [0, 1, 2];
    bodies.function(&realloc(moves));
    let mut destructor = Function::new([]);
    destructor.instructions().global_get(dropped).local_get(0).i32_add().global_set(dropped).end();
    bodies.function(&destructor);
    let mut count = Function::new([]);
    count.instructions().global_get(dropped).end();
    bodies.function(&count);
    let mut spoil = Function::new([]);
    spoil.instructions().local_get(0).global_set(mode).end();
    bodies.function(&spoil);
    let mut globals = GlobalSection::new();
    for (global, value) in [(heap, end as i32), (dropped, 0), (mode, 0)] {
        debug_assert_eq!(global, globals.len());
        let ty = GlobalType { val_type: I32, mutable: true, shared: false };
        globals.global(ty, &ConstExpr::i32_const(value));
    }
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0);
    for (name, index) in ["realloc", "drop", "dropped", "spoil"].into_iter().zip(0..) {
        exports.export(name, ExportKind::Func, index);
    }
    let mut module = Module::new();
    let memory = memory(pages.max(end.div_ceil(1 << 16)).into());
    module.section(&types).section(&functions).section(&memory).section(&globals).section(&exports).section(&bodies);
    module
}

/// `realloc(old address, old size, alignment, size)`: room that is never given back, in a memory that grows.
fn realloc(moves: bool) -> Function {
    let [old, old_size, align, size, at] = [0, 1, 2, 3, 4];
    let [heap, _, mode] = [0, 1, 2];
    let mut body = Function::new([(1, I32)]);
    let mut code = body.instructions();
    code.global_get(mode).i32_const(UNALIGNED as i32).i32_eq().if_(BlockType::Empty);
    code.global_get(heap).i32_const(7).i32_or().return_().end();
    code.global_get(mode).i32_const(OUTSIDE as i32).i32_eq().if_(BlockType::Empty);
    code.i32_const(-16).return_().end();
    if !moves {
        code.local_get(old).local_get(size).local_get(old_size).i32_le_u().i32_and();
        code.local_get(size).i32_const(0).i32_ne().local_get(old).i32_const(0).i32_ne().i32_and().i32_and();
        code.if_(BlockType::Empty).local_get(old).return_().end();
    }
    // Addresses are no more aligned than they must be.
    code.global_get(heap).local_get(align).i32_add().i32_const(0).local_get(align).i32_sub().i32_and();
    code.local_tee(at).local_get(align).i32_const(1).i32_shl().i32_const(1).i32_sub().i32_and();
    code.if_(BlockType::Empty).else_().local_get(at).local_get(align).i32_add().local_set(at).end();
    code.local_get(at).local_get(size).i32_add().global_set(heap);
    code.global_get(heap).memory_size(0).i32_const(16).i32_shl().i32_gt_u().if_(BlockType::Empty);
    code.global_get(heap).i32_const(16).i32_shr_u().i32_const(1).i32_add().memory_size(0).i32_sub();
    code.memory_grow(0).drop().end();
    code.local_get(at).local_get(old);
    code.local_get(old_size).local_get(size).local_get(old_size).local_get(size).i32_lt_u().select();
    code.memory_copy(0, 0);
    // Nobody reads what was there before.
    code.local_get(old).i32_const(0xdd).local_get(old_size).memory_fill(0);
    code.local_get(at).end();
    body
}
