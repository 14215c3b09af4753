//! What Cranelift says of a function's machine code, as the tables of a
//! [`CompiledFunction`](crate::code::CompiledFunction).

use crate::code::{HandledCall, Relocation, RelocationTarget};
use crate::places::Places;
use crate::symbol::Symbol;
use cranelift_codegen::ir::{ExternalName, Function, LibCall};
use cranelift_codegen::isa::unwind::UnwindInst;
use cranelift_codegen::{CompiledCode, FinalizedMachCallSite, FinalizedMachExceptionHandler, FinalizedRelocTarget};
use regalloc2::RegClass;
use std::collections::BTreeMap;
use wasmc_abi::builtin::Builtin;
use wasmc_abi::exception::{FLOATS, Save};
use wasmc_abi::trap::{self, Site};

pub(super) fn relocations(code: &CompiledCode, func: &Function) -> Vec<Relocation> {
    let target = |target: &FinalizedRelocTarget| match target {
        FinalizedRelocTarget::Func(offset) => RelocationTarget::Own(*offset),
        FinalizedRelocTarget::ExternalName(name) => RelocationTarget::Symbol(match name {
            ExternalName::User(name) => Symbol::from_user_name(&func.params.user_named_funcs()[*name]),
            ExternalName::LibCall(call) => match libcall(*call) {
                Some(builtin) => Symbol::Builtin(builtin),
                None => unreachable!("no operator lowers to {call}"),
            },
            other => unreachable!("no other names are used: {other:?}"),
        }),
    };
    let relocations = code.buffer.relocs().iter();
    relocations
        .map(|reloc| Relocation {
            offset: reloc.offset,
            kind: reloc.kind,
            target: target(&reloc.target),
            addend: reloc.addend,
        })
        .collect()
}

/// The builtin that Cranelift calls by this name; `None` for the names that no operator lowers to.
fn libcall(call: LibCall) -> Option<Builtin> {
    Some(match call {
        LibCall::CeilF32 => Builtin::CeilF32,
        LibCall::CeilF64 => Builtin::CeilF64,
        LibCall::FloorF32 => Builtin::FloorF32,
        LibCall::FloorF64 => Builtin::FloorF64,
        LibCall::TruncF32 => Builtin::TruncF32,
        LibCall::TruncF64 => Builtin::TruncF64,
        LibCall::NearestF32 => Builtin::NearestF32,
        LibCall::NearestF64 => Builtin::NearestF64,
        LibCall::FmaF32 => Builtin::FmaF32,
        LibCall::FmaF64 => Builtin::FmaF64,
        LibCall::X86Pshufb => Builtin::X86Pshufb,
        _ => return None,
    })
}

/// The places of a function where a trap or a frame of a backtrace can be, each with its offset in the module; and of
/// those that are in place of calls, by their positions, the offsets of these, innermost first.
pub(super) fn sites(code: &CompiledCode, places: &Places) -> (Vec<Site>, BTreeMap<usize, Vec<u32>>) {
    let locations = code.buffer.get_srclocs_sorted();
    let site = |code_offset: u32, at: u32, kind: u8| {
        let index = locations.partition_point(|location| location.end <= at);
        let location = locations.get(index).filter(|location| location.start <= at);
        let place = location.and_then(|location| places.offsets(location.loc));
        let (module_offset, calls) = place.unwrap_or((places.body, Vec::new()));
        (Site { code_offset, module_offset, kind }, calls)
    };
    let traps = code.buffer.traps().iter().map(|trap| site(trap.offset, trap.offset, trap_kind(trap.code)));
    // A return address is the end of its call, whose location covers the byte before.
    let calls = code.buffer.call_sites().map(|call| site(call.ret_addr, call.ret_addr - 1, trap::CALL_SITE));
    let mut sites: Vec<(Site, Vec<u32>)> = traps.chain(calls).collect();
    sites.sort_by_key(|(site, _)| (site.code_offset, site.kind));
    let inlined = sites.iter().enumerate().filter(|(_, (_, calls))| !calls.is_empty());
    let inlined = inlined.map(|(position, (_, calls))| (position, calls.clone())).collect();
    (sites.into_iter().map(|(site, _)| site).collect(), inlined)
}

/// The calls with handlers of exceptions.
pub(super) fn handled(code: &CompiledCode) -> Vec<HandledCall> {
    let of_call = |call: FinalizedMachCallSite<'_>| {
        let handler = |handler: &FinalizedMachExceptionHandler| match *handler {
            FinalizedMachExceptionHandler::Tag(tag, offset) => (Some(tag.as_u32()), offset),
            FinalizedMachExceptionHandler::Default(offset) => (None, offset),
            FinalizedMachExceptionHandler::Context(_) => unreachable!("tags are numbers of the whole program"),
        };
        let handlers: Vec<_> = call.exception_handlers.iter().map(handler).collect();
        let frame = call.frame_offset.expect("every backend says how large a frame with handlers is");
        HandledCall { returns: call.ret_addr, frame, handlers }
    };
    let calls = code.buffer.call_sites().filter(|call| !call.exception_handlers.is_empty());
    let mut calls: Vec<HandledCall> = calls.map(of_call).collect();
    calls.sort_by_key(|call| call.returns);
    calls
}

/// Where a function saves registers for its caller.
pub(super) fn saves(code: &CompiledCode) -> Vec<Save> {
    let (mut clobbers, mut saves) = (0, Vec::new());
    for (_, inst) in &code.buffer.unwind_info {
        match inst {
            UnwindInst::DefineNewFrame { offset_downward_to_clobbers, .. } => clobbers = *offset_downward_to_clobbers,
            UnwindInst::SaveReg { clobber_offset, reg } => {
                let first = if reg.class() == RegClass::Int { 0 } else { FLOATS };
                saves.push(Save { register: first + reg.hw_enc(), below: clobbers - clobber_offset });
            }
            _ => {}
        }
    }
    saves
}

/// Cranelift's own reasons and ours as ours.
fn trap_kind(code: cranelift_codegen::ir::TrapCode) -> u8 {
    use cranelift_codegen::ir::TrapCode as Cranelift;
    let code = match code {
        Cranelift::STACK_OVERFLOW => trap::TrapCode::CallStackExhausted,
        Cranelift::INTEGER_OVERFLOW => trap::TrapCode::IntegerOverflow,
        Cranelift::HEAP_OUT_OF_BOUNDS => trap::TrapCode::OutOfBoundsMemoryAccess,
        Cranelift::INTEGER_DIVISION_BY_ZERO => trap::TrapCode::IntegerDivideByZero,
        Cranelift::BAD_CONVERSION_TO_INTEGER => trap::TrapCode::InvalidConversionToInteger,
        user => return user.as_raw().get(),
    };
    code as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use wasmc_abi::builtin::Caller;

    #[test]
    fn every_libcall_of_the_table_is_one_of_cranelift() {
        let called: BTreeSet<Builtin> = LibCall::all_libcalls().iter().copied().filter_map(libcall).collect();
        let rows = Builtin::ALL.iter().copied().filter(|builtin| builtin.caller() == Caller::Libcall);
        assert_eq!(called, rows.collect());
    }
}
