//! From a fault to the trap that caused it.
//!
//! Compiled code checks little: accesses out of bounds, exhausted stacks and null functions fault, and the kernel calls
//! the handler here. A fault is a trap only where the tables of the compiler list the faulting instruction with that
//! trap, and the address accessed suits the trap: in the address space of a memory, near null, or in the guard of a
//! stack. Any other fault is reported as a bug of wasmc or of native code linked with the program.
//!
//! - [`tables`]: the side tables of the compiler, [`backtrace`]: the calls that led to an instruction,
//! - [`recovery`]: continuing after a trap, [`found`]: traps that functions of the runtime find.

mod backtrace;
#[cfg(feature = "component")]
pub mod found;
mod recovery;
pub mod tables;

use crate::report::Message;
use crate::sys::{self, Context, FaultKind, SignalInfo};
use crate::thread::{self, Thread};
pub use backtrace::Frames;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering::Relaxed};
pub use recovery::call_with_recovery;
pub use tables::Tables;
use wasmc_abi::memory::Memory;
use wasmc_abi::trap::{TRAP_EXIT_STATUS, TrapCode, TrapTables};

static TABLES: AtomicPtr<*const TrapTables> = AtomicPtr::new(null_mut());
static TABLES_LEN: AtomicUsize = AtomicUsize::new(0);
/// The thread that reports its fault and ends the process. Another fault of that thread is a bug of the runtime; other
/// threads that fault meanwhile wait for the end.
static REPORTER: AtomicPtr<Thread> = AtomicPtr::new(null_mut());

/// Accesses through a null reference go to addresses this close to null, at a small offset in either direction.
const NULL_RANGE: usize = 4096;
/// The address of a faulting access may lie this many bytes before the first byte out of bounds.
const WIDEST_ACCESS: usize = 16;

/// Installs the fault handlers (`Builtin::TrapsInit`).
///
/// # Safety
/// `tables` must point to `len` pointers to tables that stay as they are and describe the program's code.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_traps_init(tables: *const *const TrapTables, len: u64) {
    TABLES.store(tables.cast_mut(), Relaxed);
    TABLES_LEN.store(len as usize, Relaxed);
    if sys::handle_faults(on_fault, thread::MAIN.signal_stack()).is_err() {
        sys::fatal("wasmc: cannot install the handlers of faults\n", 1)
    }
}

extern "C" fn on_fault(signal: u32, info: &SignalInfo, context: &mut Context) {
    let Some(kind) = info.fault() else {
        // Another process sent the signal: it has its default effect.
        sys::set_default(signal);
        let _ = sys::raise(signal);
        return;
    };
    // SAFETY: both were set before the handlers were installed; the caller of `wasmc_traps_init` promised valid tables.
    let tables = unsafe { Tables::new(TABLES.load(Relaxed), TABLES_LEN.load(Relaxed)) };
    let trap = trap_of(&tables, kind, info.address(), context.program_counter());
    if trap.is_some_and(|trap| recovery::recover(context, trap)) {
        return;
    }
    match (begin_report(context), trap) {
        (true, Some(trap)) => report(&tables, trap, context),
        (true, None) => report_internal(info, context),
        (false, _) => {}
    }
    // The instruction faults again, and the system ends the process with this signal.
    sys::set_default(signal);
}

/// Makes the thread that was interrupted the one that reports. Returns whether it was none before, and not where
/// another thread was.
fn begin_report(context: &Context) -> bool {
    static END: AtomicU32 = AtomicU32::new(0);
    let this: *const Thread = thread::of_address(context.stack_pointer());
    match REPORTER.compare_exchange(null_mut(), this.cast_mut(), Relaxed, Relaxed) {
        Ok(_) => true,
        Err(other) if core::ptr::eq(other, this) => false,
        Err(_) => loop {
            sys::futex_wait(&END, 0, None);
        },
    }
}

fn trap_of(tables: &Tables, kind: FaultKind, address: usize, pc: usize) -> Option<TrapCode> {
    if kind == FaultKind::Access && thread::is_guard(address) {
        return Some(TrapCode::CallStackExhausted);
    }
    let trap = tables.trap(pc)?;
    is_plausible(trap, kind, address, &mut tables.memories()).then_some(trap)
}

/// Whether a fault can be the trap that the tables list for its instruction, in code that has these memories.
pub fn is_plausible<'m>(
    trap: TrapCode,
    kind: FaultKind,
    address: usize,
    memories: &mut impl Iterator<Item = &'m Memory>,
) -> bool {
    match (kind, trap) {
        (FaultKind::Instruction, _) => true,
        (_, TrapCode::OutOfBoundsMemoryAccess) => memories.any(|memory| is_out_of_bounds(memory, address)),
        (
            _,
            TrapCode::UninitializedElement
            | TrapCode::IndirectCallTypeMismatch
            | TrapCode::NullFunctionReference
            | TrapCode::NullReference
            | TrapCode::NullStructureReference
            | TrapCode::NullArrayReference
            | TrapCode::CastFailure,
        ) => is_near_null(address),
        _ => false,
    }
}

fn is_out_of_bounds(memory: &Memory, address: usize) -> bool {
    let offset = address.wrapping_sub(memory.base.addr()) as u64;
    offset < memory.reserved && offset.saturating_add(WIDEST_ACCESS as u64) > memory.len
}

/// Some processors report only the low 56 bits of an address.
fn is_near_null(address: usize) -> bool {
    let shifted = address.wrapping_add(NULL_RANGE);
    shifted < 2 * NULL_RANGE || shifted & (usize::MAX >> 8) < 2 * NULL_RANGE
}

fn report(tables: &Tables, trap: TrapCode, context: &Context) -> ! {
    let mut message = Message::new();
    message.text("wasm trap: ").bytes(tables.message(trap)).text("\n");
    let stack = thread::of_address(context.stack_pointer()).stack();
    backtrace::print(&mut message, Frames::new(tables, context, stack));
    message.flush();
    sys::exit(TRAP_EXIT_STATUS)
}

fn report_internal(info: &SignalInfo, context: &Context) {
    let mut message = Message::new();
    message.text("wasmc: internal fault: signal ").decimal(info.number().into(), 0);
    message.text(" at ").hexadecimal(context.program_counter() as u64);
    message.text(", address ").hexadecimal(info.address() as u64);
    message.text("\n").flush();
}
