//! The core module of the component that calls the functions, and traps where a result is not what it must be.

use super::callee::{fill, lied};
use super::case::{Address, Case, Function, Lie};
use super::core::{Contents, Core};
use super::digest::Digest;
use super::library::{OUTSIDE, UNALIGNED};
use super::walk::{self, Walker};
use crate::wast::components::types::Type;
use crate::wast::components::values;
use wasm_encoder::ValType;

const I32: ValType = ValType::I32;

/// What the caller imports besides the functions.
struct Imports {
    /// Makes a handle, drops it, and tells the sum of those that are dropped.
    resource: Option<(u32, u32, u32)>,
    /// Makes addresses go wrong, in the callee and here.
    spoil: (u32, u32),
}

/// The module.
pub fn caller(case: &Case) -> Contents {
    let mut core = Core::default();
    let functions: Vec<u32> =
        case.functions.iter().zip(0..).map(|(function, index)| import(&mut core, function, index)).collect();
    let spoil = (core.import("functions", "spoil", (&[I32], &[])), core.import("library", "spoil", (&[I32], &[])));
    let posts = core.import("functions", "posts", (&[], &[I32]));
    let resource = case.has_resource().then(|| {
        let make = core.import("functions", "make", (&[I32], &[I32]));
        let id = core.import("functions", "id", (&[I32], &[I32]));
        let drop = core.import("resource", "drop", (&[I32], &[]));
        let dropped = core.import("functions", "dropped", (&[], &[I32]));
        (make, id, drop, dropped)
    });
    // What is returned is owned.
    let handles = resource.map(|(_, id, drop, _)| {
        let own = core.function("own", (&[I32], &[I32]), &[], |code| {
            code.local_get(0).call(id).local_get(0).call(drop);
        });
        (own, own)
    });
    let resource = resource.map(|(make, _, drop, dropped)| (make, drop, dropped));
    let imports = Imports { resource, spoil };
    let mut walker = Walker::new(&mut core, handles);
    let mut calls = Vec::new();
    for ((function, index), import) in case.functions.iter().zip(0..).zip(functions) {
        calls.push(call(&mut core, &mut walker, &imports, (function, index, import), case.lie_of(index)));
    }
    let run = core.function("run", (&[], &[I32]), &[], |code| {
        calls.iter().for_each(|&call| {
            code.call(call);
        });
        let post_returns = case.functions.iter().filter(|function| function.has_post_return).count();
        code.call(posts).i32_const(post_returns as i32);
        walk::expect_same(code);
        if let Some((.., dropped)) = imports.resource {
            code.call(dropped).i32_const(case.representations() as i32);
            walk::expect_same(code);
        }
        code.i32_const(0);
    });
    core.export("run", run);
    core.finish()
}

fn import(core: &mut Core, function: &Function, index: usize) -> u32 {
    let (params, results) = function.ty.lowered();
    core.import("functions", &format!("f{index}"), (&params, &results))
}

fn call(
    core: &mut Core,
    walker: &mut Walker,
    imports: &Imports,
    (function, index, import): (&Function, usize, u32),
    lie: Option<Lie>,
) -> u32 {
    let encoding = function.encodings.first().copied().unwrap_or_default();
    core.memory.encoding = encoding;
    let mut flat = Vec::new();
    let mut addresses = Vec::new();
    if function.ty.passes_memory() {
        let all = function.ty.all_params();
        let at = core.memory.reserve(all.size(), all.align());
        for ((offset, ty), value) in all.offsets().into_iter().zip(&function.args) {
            values::store(&mut core.memory, ty, value, at + offset).expect("a value of the type");
        }
        addresses.push(lied(at, of(lie, |lie| matches!(lie, Lie::Params(_)))));
    } else {
        for (ty, value) in function.ty.params.iter().zip(&function.args) {
            flat.extend(values::flatten(&mut core.memory, ty, value).expect("a value of the type"));
        }
    }
    let area = function.ty.result.as_ref().filter(|_| function.ty.returns_memory());
    let area = area.map(|ty| core.memory.reserve(ty.size(), ty.align()));
    addresses.extend(area.map(|at| lied(at, of(lie, |lie| matches!(lie, Lie::Result(_))))));
    let slots = std::mem::take(&mut core.memory.handles);
    let mut digest = Digest::default();
    let mut walk = None;
    if let (Some(ty), Some(value)) = (&function.ty.result, &function.result) {
        digest.add(ty, value, encoding);
        walk = Some(result_walk(core, walker, ty, area, encoding));
    }
    let result = function.ty.lowered().1;
    core.function(&format!("call of f{index}"), (&[], &[]), &result, |code| {
        if let Some(Lie::Room(address, is_result)) = lie {
            let mode = if address == Address::Unaligned { UNALIGNED } else { OUTSIDE };
            code.i32_const(mode as i32).call(if is_result { imports.spoil.1 } else { imports.spoil.0 });
        }
        fill(code, &slots, imports.resource.map(|(make, ..)| make), lie == Some(Lie::PassesTwice));
        flat.iter().for_each(|value| value.push(code));
        addresses.iter().for_each(|&at| {
            code.i32_const(at as i32);
        });
        code.call(import);
        result.iter().for_each(|_| {
            code.local_set(0);
        });
        walker.begin(code);
        if let Some(walk) = walk {
            match area {
                Some(at) => code.i32_const(at as i32).call(walk),
                None => code.local_get(0).call(walk),
            };
        }
        walker.expect(code, digest);
        if let Some((_, drop, _)) = imports.resource {
            for slot in slots.iter().filter(|slot| !slot.is_owned || lie == Some(Lie::DropsTwice)) {
                code.i32_const(slot.at as i32).i32_load(walk::memarg(0)).call(drop);
            }
        }
    })
}

/// The address that a lie is about, where it is one of these.
fn of(lie: Option<Lie>, is_it: impl Fn(Lie) -> bool) -> Option<Address> {
    match lie.filter(|&lie| is_it(lie)) {
        Some(Lie::Params(address) | Lie::Result(address)) => Some(address),
        _ => None,
    }
}

fn result_walk(
    core: &mut Core,
    walker: &mut Walker,
    ty: &Type,
    area: Option<u32>,
    encoding: crate::wast::components::values::Encoding,
) -> u32 {
    match area {
        Some(_) => walker.stored(core, ty, encoding),
        None => walker.flat(core, ty, encoding),
    }
}
