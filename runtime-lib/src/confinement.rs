//! Confinement of the process, before it runs code of the module ([`wasmc_abi::confinement`]): a filter of system
//! calls, and rules for which files and directories it can reach.

use crate::sys;
use crate::wasi::descriptors::{self, Kind};
use core::mem::MaybeUninit;
use wasmc_abi::confinement::{FILTER_MAX, HEAD_SIZE, Mode, OWN_PROCESS};

unsafe extern "C" {
    /// Mode and filter ([`wasmc_abi::symbols::FILTER`]).
    static wasmc_filter: [u8; HEAD_SIZE];
}

fn is_strict() -> bool {
    // SAFETY: the compiler defines the symbol in every program that is linked with this; nothing writes to it.
    unsafe { wasmc_filter[0] == Mode::Strict as u8 }
}

/// Closes all descriptors but the standard streams (`Builtin::CloseInherited`).
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_close_inherited() {
    sys::close_above_standard_streams();
}

/// Installs the filter (`Builtin::Confine`).
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_confine() {
    // SAFETY: as in `is_strict`.
    let len = unsafe { u16::from_le_bytes([wasmc_filter[1], wasmc_filter[2]]) };
    let mut instructions = [MaybeUninit::uninit(); FILTER_MAX];
    for (to, index) in instructions.iter_mut().zip(0..len.into()) {
        // SAFETY: the compiler writes `len` instructions after the head.
        let instruction = unsafe { (&raw const wasmc_filter).add(1).cast::<[u32; 2]>().add(index).read_unaligned() };
        let [code, value] = instruction;
        let value = if value == OWN_PROCESS { sys::process_id() } else { value };
        to.write(u64::from(value) << 32 | u64::from(code));
    }
    // SAFETY: the first `len` instructions were just written; the compiler makes no more than there is room for.
    let is_filtered = unsafe { sys::filter_system_calls(instructions.as_ptr(), len) };
    if !is_filtered && is_strict() {
        sys::fatal("wasmc: the kernel has no filters of system calls, as --confine=strict wants\n", 1)
    }
}

/// Has the kernel refuse to open, make or remove anything outside what is granted, and to change anything beneath a
/// directory granted read-only (`Builtin::ConfineFiles`).
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_confine_files() {
    if !restrict_files() && is_strict() {
        sys::fatal("wasmc: the kernel has no Landlock of version 2 or later, as --confine=strict wants\n", 1)
    }
}

fn restrict_files() -> bool {
    let Some(rules) = sys::Ruleset::new() else { return false };
    let mut complete = true;
    descriptors::each(&mut |descriptor| {
        complete &= match descriptor.kind {
            Kind::Directory => rules.allow_directory(descriptor.host, descriptor.read_only),
            Kind::NamedFile => rules.allow_file(descriptor.host, descriptor.file_name(), descriptor.read_only),
            _ => true,
        };
    });
    // A grant without a rule would be out of reach.
    complete && rules.restrict_self()
}
