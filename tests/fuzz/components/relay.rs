//! The core module of a component that passes values on: it exports the functions that it imports.

use super::case::{Case, Function, Lie};
use super::core::{Contents, Core};
use super::walk::Walker;
use crate::wast::components::values::Encoding;
use wasm_encoder::ValType;

const I32: ValType = ValType::I32;

/// The module; `number` counts from the caller, from 0.
pub fn relay(case: &Case, number: usize) -> Contents {
    let mut core = Core::default();
    let imports: Vec<u32> =
        case.functions.iter().zip(0..).map(|(function, index)| import(&mut core, function, index)).collect();
    let dropped = case.has_resource().then(|| core.import("resource", "drop", (&[I32], &[])));
    let handles = dropped.map(|drop| {
        // What is owned has been given away; what is borrowed must be given back.
        let own = core.function("own", (&[I32], &[I32]), &[], |code| {
            code.i32_const(0);
        });
        let borrow = core.function("borrow", (&[I32], &[I32]), &[], |code| {
            code.local_get(0).call(drop).i32_const(0);
        });
        (own, borrow)
    });
    let mut walker = Walker::new(&mut core, handles);
    for ((function, index), import) in case.functions.iter().zip(0..).zip(imports) {
        let keeps = number == 0 && case.lie_of(index) == Some(Lie::KeepsBorrow);
        let gives_back = function.borrows() && !keeps;
        let encoding = function.encodings.get(number + 1).copied().unwrap_or_default();
        pass_on(&mut core, &mut walker, (function, index, import), gives_back.then_some(encoding));
    }
    core.finish()
}

fn import(core: &mut Core, function: &Function, index: usize) -> u32 {
    let (params, results) = function.ty.lowered();
    core.import("functions", &format!("f{index}"), (&params, &results))
}

/// Exports a function that calls the imported one, and then gives back what it borrows where an encoding is given.
fn pass_on(
    core: &mut Core,
    walker: &mut Walker,
    (function, index, import): (&Function, usize, u32),
    gives_back: Option<Encoding>,
) {
    let (params, results) = function.ty.lifted();
    let result = function.ty.result.as_ref().filter(|_| function.ty.returns_memory());
    let area = result.map(|ty| core.memory.reserve(ty.size(), ty.align()));
    let mut walks = Vec::new();
    if let Some(encoding) = gives_back {
        if function.ty.passes_memory() {
            walks.push((walker.stored(core, &function.ty.all_params(), encoding), 1));
        } else {
            for ty in &function.ty.params {
                walks.push((walker.flat(core, ty, encoding), ty.flat().len()));
            }
        }
    }
    let name = format!("f{index}");
    let body = core.function(&name, (&params, &results), &[], |code| {
        (0..params.len() as u32).for_each(|local| {
            code.local_get(local);
        });
        area.iter().for_each(|&at| {
            code.i32_const(at as i32);
        });
        code.call(import);
        let mut local = 0;
        for (walk, len) in walks {
            for _ in 0..len {
                code.local_get(local);
                local += 1;
            }
            code.call(walk);
        }
        area.iter().for_each(|&at| {
            code.i32_const(at as i32);
        });
    });
    core.export(&name, body);
}
