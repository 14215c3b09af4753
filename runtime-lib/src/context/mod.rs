//! Instances inside a program of somebody else's: see [`wasmc_abi::context`].
//!
//! A library has a copy of this for its one module, and shares nothing with other libraries: neither symbols nor state.
//! It calls the system alone, no C library, and never ends the process.
//!
//! - [`create`]: making and freeing instances, [`pool`]: those that wait to be used again,
//! - [`grow`]: memories and tables, [`heap`]: objects, [`exceptions`]: those that are kept, or that nothing catches,
//! - [`references`]: handles of what is the guest's,
//! - [`snapshot`]: the state of an instance as bytes, [`objects`]: with objects,
//! - [`interruption`]: the end of a call that another thread asks for,
//! - [`faults`]: from a fault to a trap; `handlers`: those of signals, in a process whose other faults are none of its
//!   business, and `thread`: a stack for them; `machine`: what stands for both without a system.

pub mod create;
mod exceptions;
mod faults;
pub mod grow;
#[cfg(target_os = "linux")]
mod handlers;
#[cfg(target_os = "none")]
#[path = "machine.rs"]
mod handlers;
pub mod heap;
mod interruption;
mod objects;
mod pool;
mod references;
mod snapshot;
#[cfg(target_os = "linux")]
mod thread;

use crate::sys;
use crate::traps::tables::{Place, Tables};
use core::ffi::c_void;
use core::ptr::with_exposed_provenance_mut;
use wasmc_abi::context::{Api, Context, Location, Module, TrapRecord, VERSION};
use wasmc_abi::trap::NO_FUNCTION;

unsafe extern "C" {
    /// What is compiled ([`wasmc_abi::context::MODULE`]).
    static wasmc_context_module: Module;
}

/// How the module is used ([`wasmc_abi::context::API`]).
#[unsafe(no_mangle)]
static wasmc_context_api: Api = Api {
    version: VERSION,
    size: size_of::<Api>() as u32,
    module: &raw const wasmc_context_module,
    create: create::create,
    free: create::free,
    enter: sys::enter,
    call: sys::call,
    call_float: sys::call_float,
    forget,
    resume,
    memory_grow: grow::wasmc_context_memory_grow,
    table_grow: grow::wasmc_context_table_grow,
    trap,
    locate,
    exception: exceptions::exception,
    interrupt: interruption::interrupt,
    fuel,
    snapshot: snapshot::snapshot,
    restore: snapshot::restore,
    fault: handlers::fault,
    provide: handlers::provide,
    references: references::FUNCTIONS,
};

/// The module.
fn module() -> &'static Module {
    // SAFETY: the compiler defines the symbol in every library; nothing writes to it.
    unsafe { &wasmc_context_module }
}

/// The module's trap tables.
fn tables() -> Tables<'static> {
    // SAFETY: the compiler writes valid tables into every library.
    unsafe { Tables::new(&raw const wasmc_context_module.traps, 1) }
}

/// The context of a block.
fn context_of(block: *mut u8) -> *mut Context {
    block.wrapping_sub(size_of::<Context>()).cast()
}

/// The block of a context.
fn block_of(context: *mut Context) -> *mut u8 {
    context.wrapping_add(1).cast()
}

/// A pointer to what lies at an address of a mapping.
fn pointer<T>(address: usize) -> *mut T {
    with_exposed_provenance_mut(address)
}

/// See [`Api::resume`].
///
/// # Safety
/// The block must be that of a suspended instance, which is not in use on another thread.
unsafe extern "C" fn resume(block: *mut u8, data: *mut c_void) -> u32 {
    #[cfg(target_os = "linux")]
    thread::wasmc_context_prepare(sys::thread_pointer());
    // SAFETY: the caller passes a suspended context, which is not in use elsewhere.
    unsafe { sys::resume(block, data) }
}

/// See [`Api::forget`].
///
/// # Safety
/// The block must be that of an instance that does not run.
unsafe extern "C" fn forget(block: *mut u8) {
    // SAFETY: the caller passes a block of an instance, before which its context lies.
    unsafe { (*context_of(block)).suspended = 0 };
}

/// See [`Api::trap`].
///
/// # Safety
/// The block must be that of an instance.
unsafe extern "C" fn trap(block: *mut u8) -> *const TrapRecord {
    // SAFETY: the caller passes a block of an instance, before which its context lies.
    unsafe { &raw const (*context_of(block)).trap }
}

/// See [`Api::fuel`].
///
/// # Safety
/// The block must be that of an instance.
unsafe extern "C" fn fuel(block: *mut u8) -> *mut u64 {
    // SAFETY: the caller passes a block of an instance, before which its context lies.
    unsafe { &raw mut (*context_of(block)).fuel }
}

/// See [`Api::locate`].
///
/// # Safety
/// `location` must be a place for the answer.
unsafe extern "C" fn locate(address: usize, which: u32, location: *mut Location) -> u32 {
    match tables().place(address, which & 1 != 0, which / 2).filter(|place| place.index != NO_FUNCTION) {
        Some(Place { name, index: function, offset }) => {
            let found = Location { name: name.as_ptr(), name_len: name.len() as u64, function, offset };
            // SAFETY: the caller passes a place for the answer.
            unsafe { location.write(found) };
            1
        }
        None => 0,
    }
}
