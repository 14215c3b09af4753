//! The core module of the component that exports the functions: it traps where parameters are not what they must be,
//! and returns what is in its data.

use super::case::{Address, Case, Function, Lie};
use super::core::{Contents, Core};
use super::digest::Digest;
use super::walk::{self, Walker};
use crate::wast::components::values::{self, Encoding, Slot};
use wasm_encoder::{InstructionSink, ValType};

const I32: ValType = ValType::I32;

/// The module.
pub fn callee(case: &Case) -> Contents {
    let mut core = Core::default();
    let resource = case.has_resource().then(|| {
        let new = core.import("resource", "new", (&[I32], &[I32]));
        let rep = core.import("resource", "rep", (&[I32], &[I32]));
        let drop = core.import("resource", "drop", (&[I32], &[]));
        (new, rep, drop)
    });
    // A borrowed handle arrives as the representation, as the resource is this component's own.
    let handles = resource.map(|(new, rep, drop)| {
        let take = core.function("take", (&[I32], &[I32]), &[], |code| {
            code.local_get(0).call(rep).local_get(0).call(drop);
        });
        let id = core.function("id", (&[I32], &[I32]), &[], |code| {
            code.local_get(0);
        });
        core.export("id", id);
        let make = core.function("make", (&[I32], &[I32]), &[], |code| {
            code.local_get(0).call(new);
        });
        core.export("make", make);
        (take, id)
    });
    let mut walker = Walker::new(&mut core, handles);
    let posts = core.global(I32);
    for (function, index) in case.functions.iter().zip(0..) {
        export(&mut core, &mut walker, (function, index, case.lie_of(index)), resource.map(|(new, ..)| new), posts);
    }
    let count = core.function("posts", (&[], &[I32]), &[], |code| {
        code.global_get(posts);
    });
    core.export("posts", count);
    core.finish()
}

fn export(
    core: &mut Core,
    walker: &mut Walker,
    (function, index, lie): (&Function, usize, Option<Lie>),
    new: Option<u32>,
    posts: u32,
) {
    let encoding = function.encodings.last().copied().unwrap_or_default();
    let check = received(core, walker, function, encoding);
    core.memory.encoding = encoding;
    let (params, results) = function.ty.lifted();
    let (mut area, mut flat) = (None, Vec::new());
    if let (Some(ty), Some(value)) = (&function.ty.result, &function.result) {
        if function.ty.returns_memory() {
            let at = core.memory.reserve(ty.size(), ty.align());
            values::store(&mut core.memory, ty, value, at).expect("a value of the type");
            area = Some(at);
        } else {
            flat = values::flatten(&mut core.memory, ty, value).expect("a value of the type");
        }
    }
    let address = area.map(|at| match lie {
        Some(Lie::Returned(address)) => lied(at, Some(address)),
        _ => at,
    });
    let slots = std::mem::take(&mut core.memory.handles);
    let name = format!("f{index}");
    let body = core.function(&name, (&params, &results), &[], |code| {
        (0..params.len() as u32).for_each(|local| {
            code.local_get(local);
        });
        code.call(check);
        fill(code, &slots, new, lie == Some(Lie::ReturnsTwice));
        flat.iter().for_each(|value| value.push(code));
        address.iter().for_each(|&at| {
            code.i32_const(at as i32);
        });
    });
    core.export(&name, body);
    if function.has_post_return {
        let name = format!("p{index}");
        let body = core.function(&name, (&results, &[]), &[], |code| {
            if let Some(at) = address {
                code.local_get(0).i32_const(at as i32);
                walk::expect_same(code);
            }
            code.global_get(posts).i32_const(1).i32_add().global_set(posts);
        });
        core.export(&name, body);
    }
}

/// The function that checks parameters.
fn received(core: &mut Core, walker: &mut Walker, function: &Function, encoding: Encoding) -> u32 {
    let mut digest = Digest::default();
    for (ty, value) in function.ty.params.iter().zip(&function.args) {
        digest.add(ty, value, encoding);
    }
    let params = function.ty.lifted().0;
    if function.ty.passes_memory() {
        let all = walker.stored(core, &function.ty.all_params(), encoding);
        return core.function("received", (&params, &[]), &[], |code| {
            walker.begin(code);
            code.local_get(0).call(all);
            walker.expect(code, digest);
        });
    }
    let parts: Vec<(u32, usize)> =
        function.ty.params.iter().map(|ty| (walker.flat(core, ty, encoding), ty.flat().len())).collect();
    core.function("received", (&params, &[]), &[], |code| {
        walker.begin(code);
        let mut local = 0;
        for (part, len) in parts {
            for _ in 0..len {
                code.local_get(local);
                local += 1;
            }
            code.call(part);
        }
        walker.expect(code, digest);
    })
}

/// Makes handles and puts them where they belong; or makes all but the last, which is to be the first once more.
pub fn fill(code: &mut InstructionSink<'_>, slots: &[Slot], make: Option<u32>, is_twice: bool) {
    let (made, again) = match slots {
        [made @ .., last] if is_twice => (made, Some(last)),
        _ => (slots, None),
    };
    for slot in made {
        let make = make.expect("a program with handles has a resource");
        code.i32_const(slot.at as i32).i32_const(slot.representation as i32).call(make).i32_store(walk::memarg(0));
    }
    if let (Some(again), [first, ..]) = (again, made) {
        code.i32_const(again.at as i32).i32_const(first.at as i32).i32_load(walk::memarg(0)).i32_store(walk::memarg(0));
    }
}

/// An address, or a wrong one.
pub fn lied(at: u32, lie: Option<Address>) -> u32 {
    match lie {
        None => at,
        Some(Address::Unaligned) => at | 1,
        Some(Address::Outside) => u32::MAX - 15,
    }
}
