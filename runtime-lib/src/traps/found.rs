//! Traps that functions of the runtime find: there is no faulting instruction, and none to continue after.

use super::backtrace::{self, Frames};
use super::tables::Tables;
use super::{TABLES, TABLES_LEN};
use crate::report::Message;
use crate::{sys, thread};
use core::sync::atomic::Ordering::Relaxed;
use wasmc_abi::trap::TRAP_EXIT_STATUS;

/// Reports a trap, in the words that `describe` appends, with the calls of compiled code that led to it, and ends the
/// process.
#[cold]
#[inline(never)]
pub fn end(describe: &dyn Fn(&mut Message)) -> ! {
    let mut message = Message::new();
    message.text("wasm trap: ");
    describe(&mut message);
    message.text("\n");
    let modules = TABLES.load(Relaxed);
    if !modules.is_null() {
        // SAFETY: the caller of `wasmc_traps_init` promised valid tables.
        let tables = unsafe { Tables::new(modules, TABLES_LEN.load(Relaxed)) };
        let here = 0_u8;
        let top = (&raw const here).addr();
        backtrace::print(&mut message, Frames::above(&tables, top, thread::of_address(top).stack()));
    }
    message.flush();
    sys::exit(TRAP_EXIT_STATUS)
}
