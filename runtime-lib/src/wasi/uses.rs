//! Calls that work on a directory, or on what an open file is, while other threads close it.
//!
//! The system gives a number that was closed to the next file that is opened. A call that has looked at a descriptor's rights
//! would then work on another file, which perhaps may only be read. So what such a call uses stays open until it ends:
//! whoever closes it meanwhile leaves that to the last call that uses it. Reading and writing need no such care, for the system
//! itself knows what a file was opened for.

use super::descriptors::{self, Descriptor};
use super::rights::Rights;
use crate::errno::{Errno, Result};
use crate::sys::{self, Fd};
use crate::thread::lock::Lock;
use core::cell::UnsafeCell;
use core::ptr::null_mut;

/// A call that uses a descriptor of the system: a place on the stack of the calling thread.
struct Use {
    host: Fd,
    /// Whether it is for this call to close it.
    closes: bool,
    next: *mut Use,
}

struct List(UnsafeCell<*mut Use>);

// SAFETY: only touched under `LOCK`.
unsafe impl Sync for List {}

static LOCK: Lock = Lock::new();
static USES: List = List(UnsafeCell::new(null_mut()));

/// Passes every place of the list that points to a use on to `visit`, until it returns `false`.
///
/// # Safety
/// Under `LOCK`.
unsafe fn walk(mut visit: impl FnMut(*mut *mut Use) -> bool) {
    let mut place = USES.0.get();
    // SAFETY: places are the head of the list or fields of uses, which stay in it for as long as they live.
    while unsafe { !(*place).is_null() } && visit(place) {
        // SAFETY: as above; the visitor has left a use there.
        place = unsafe { &raw mut (**place).next };
    }
}

/// Leaves closing a descriptor of the system to a call that uses it; `false` where none does.
fn leave(host: Fd) -> bool {
    let mut left = false;
    // SAFETY: under the lock; uses in the list are alive.
    LOCK.with(|| unsafe {
        walk(|place| {
            if (**place).host == host {
                (**place).closes = true;
                left = true;
            }
            !left
        });
    });
    left
}

/// Begins a use. The descriptor is looked up under the same lock as closing looks for uses: either it is not closed yet, or it
/// is not found any more.
fn begin(fd: u32, this: &mut Use) -> Result<Descriptor> {
    descriptors::set_closing(leave);
    // SAFETY: under the lock.
    LOCK.with(|| unsafe {
        let descriptor = descriptors::get(fd, 0)?;
        this.host = descriptor.host;
        this.next = *USES.0.get();
        *USES.0.get() = this;
        Ok(descriptor)
    })
}

/// Ends a use.
fn end(this: &mut Use) {
    let this: *mut Use = this;
    // SAFETY: under the lock; the use is in the list.
    LOCK.with(|| unsafe {
        walk(|place| {
            let found = *place == this;
            if found {
                *place = (*this).next;
            }
            !found
        });
    });
    // SAFETY: out of the list, nobody else knows it.
    let Use { host, closes, .. } = *unsafe { &*this };
    if closes && !leave(host) {
        let _ = sys::close(host);
    }
}

/// Makes a call on a descriptor that stays open until the call ends.
pub fn using<R>(fd: u32, call: impl FnOnce(&Descriptor) -> Result<R>) -> Result<R> {
    let mut this = Use { host: -1, closes: false, next: null_mut() };
    let descriptor = begin(fd, &mut this)?;
    let answer = call(&descriptor);
    end(&mut this);
    answer
}

/// As [`using`], for a directory that may be used in all the ways wanted.
pub fn using_directory<R>(fd: u32, wanted: Rights, call: impl FnOnce(Fd) -> Result<R>) -> Result<R> {
    using(fd, |descriptor| {
        if !descriptor.kind.is_directory() {
            return Err(Errno::BADF);
        }
        descriptor.require(wanted)?;
        call(descriptor.host)
    })
}
