//! What Cranelift says of a function's machine code, as the tables of a [`CompiledFunction`](crate::code::CompiledFunction).

use crate::code::{Relocation, RelocationTarget};
use crate::symbol::Symbol;
use cranelift_codegen::ir::{ExternalName, Function, LibCall};
use cranelift_codegen::{CompiledCode, FinalizedRelocTarget};
use wasmc_abi::symbols;
use wasmc_abi::trap::{self, Site};

pub(super) fn relocations(code: &CompiledCode, func: &Function) -> Vec<Relocation> {
    let target = |target: &FinalizedRelocTarget| match target {
        FinalizedRelocTarget::Func(offset) => RelocationTarget::Own(*offset),
        FinalizedRelocTarget::ExternalName(name) => RelocationTarget::Symbol(match name {
            ExternalName::User(name) => Symbol::from_user_name(&func.params.user_named_funcs()[*name]),
            ExternalName::LibCall(call) => Symbol::Runtime(libcall_name(*call)),
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

fn libcall_name(call: LibCall) -> &'static str {
    match call {
        LibCall::CeilF32 => "ceilf",
        LibCall::CeilF64 => "ceil",
        LibCall::FloorF32 => "floorf",
        LibCall::FloorF64 => "floor",
        LibCall::TruncF32 => "truncf",
        LibCall::TruncF64 => "trunc",
        LibCall::NearestF32 => "nearbyintf",
        LibCall::NearestF64 => "nearbyint",
        LibCall::FmaF32 => "fmaf",
        LibCall::FmaF64 => "fma",
        LibCall::X86Pshufb => symbols::X86_PSHUFB,
        other => unreachable!("no operator lowers to {other}"),
    }
}

/// The places of a function where a trap or a frame of a backtrace can be, each with its offset in the module.
pub(super) fn sites(code: &CompiledCode, body_offset: u32) -> Vec<Site> {
    let locations = code.buffer.get_srclocs_sorted();
    let module_offset = |at: u32| {
        let index = locations.partition_point(|location| location.end <= at);
        let location = locations.get(index).filter(|location| location.start <= at && !location.loc.is_default());
        location.map_or(body_offset, |location| location.loc.bits())
    };
    let traps = code.buffer.traps().iter().map(|trap| Site {
        code_offset: trap.offset,
        module_offset: module_offset(trap.offset),
        kind: trap_kind(trap.code),
    });
    // A return address is the end of its call, whose location covers the byte before.
    let calls = code.buffer.call_sites().map(|call| Site {
        code_offset: call.ret_addr,
        module_offset: module_offset(call.ret_addr - 1),
        kind: trap::CALL_SITE,
    });
    let mut sites: Vec<Site> = traps.chain(calls).collect();
    sites.sort_by_key(|site| (site.code_offset, site.kind));
    sites
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
