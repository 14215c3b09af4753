//! Handlers of faults, in a process whose other faults are none of our business: those go to whoever handled them
//! before.

use super::exceptions;
use super::faults::trapped;
use crate::sys::{self, Context as Interrupted, OldAction, SignalInfo};
use crate::thread::lock::Lock;
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, Ordering::Acquire, Ordering::Release};

static ARE_HANDLED: AtomicBool = AtomicBool::new(false);

/// What handled the faults before, in the order of [`sys::FAULTS`].
struct Before(UnsafeCell<[OldAction; sys::FAULTS.len()]>);

// SAFETY: written under a lock before the handlers are installed for good, and only read afterwards.
unsafe impl Sync for Before {}

static BEFORE: Before = Before(UnsafeCell::new([OldAction::DEFAULT; sys::FAULTS.len()]));

/// Installs the handlers, once; returns whether they are there.
pub fn are_handled() -> bool {
    static INSTALLING: Lock = Lock::new();
    if ARE_HANDLED.load(Acquire) {
        return true;
    }
    INSTALLING.with(|| {
        if ARE_HANDLED.load(Acquire) {
            return true;
        }
        exceptions::prepare();
        // SAFETY: only this writes to it, under the lock. A fault that comes meanwhile finds the default.
        let before = unsafe { &mut *BEFORE.0.get() };
        let installed = sys::FAULTS.iter().zip(before).all(|(&signal, before)| {
            let old = sys::chain_handler(signal, on_fault);
            old.map(|old| *before = old).is_ok()
        });
        ARE_HANDLED.store(installed, Release);
        installed
    })
}

extern "C" fn on_fault(signal: u32, info: &SignalInfo, interrupted: &mut Interrupted) {
    if info.fault().is_some_and(|kind| trapped(kind, info.address(), interrupted)) {
        return;
    }
    let number = sys::FAULTS.iter().position(|&each| each == signal);
    // SAFETY: handlers are only installed after all of it was written, but for one whose turn has not come.
    let before = number.and_then(|number| unsafe { (*BEFORE.0.get()).get(number) });
    if let Some(before) = before {
        // SAFETY: the arguments are those that the kernel gave this handler.
        unsafe { before.call(signal, info, interrupted) };
    }
}

/// See [`wasmc_abi::context::Api::fault`]: the system tells the library itself.
///
/// # Safety
/// Nothing is required.
pub unsafe extern "C" fn fault(_registers: *mut usize, _is_access: u32, _address: usize) -> u32 {
    0
}

/// See [`wasmc_abi::context::Api::provide`]: the system has memory.
///
/// # Safety
/// Nothing is required.
pub unsafe extern "C" fn provide(_start: *mut u8, _len: usize) -> u32 {
    0
}
