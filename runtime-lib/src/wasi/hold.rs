//! Calls on directories, and on properties of files, while other threads close descriptors.
//!
//! The system gives the number of a closed descriptor to the next file opened. A call that has checked the rights of a
//! descriptor would then act on another file, which may be read-only. So such a call holds the descriptor open until it
//! ends: a thread that closes it meanwhile leaves that to the last call that holds it. Reading and writing need no
//! hold, as the system itself knows what a file was opened for.

use super::descriptors::{self, Descriptor};
use super::rights::Rights;
use crate::errno::{Errno, Result};
use crate::sys::{self, Fd};
use crate::thread::lock::Lock;
use core::cell::UnsafeCell;
use core::ptr::null_mut;

/// A call that holds a descriptor of the system, on the stack of the calling thread.
struct Hold {
    host: Fd,
    /// Whether this call must close it.
    closes: bool,
    next: *mut Hold,
}

struct List(UnsafeCell<*mut Hold>);

// SAFETY: only used with `LOCK` held.
unsafe impl Sync for List {}

static LOCK: Lock = Lock::new();
static HOLDS: List = List(UnsafeCell::new(null_mut()));

/// Passes every link of the list that points to a hold to `visit`, until it returns `false`.
///
/// # Safety
/// `LOCK` must be held. `visit` must not leave null in a link and return `true`.
unsafe fn walk(mut visit: impl FnMut(*mut *mut Hold) -> bool) {
    let mut link = HOLDS.0.get();
    // SAFETY: a link is the head of the list or a field of a hold, which exists for as long as it is in the list.
    while unsafe { !(*link).is_null() } && visit(link) {
        // SAFETY: `visit` left a hold in the link, which is in the list, so it exists.
        link = unsafe { &raw mut (**link).next };
    }
}

/// Leaves closing a descriptor of the system to a call that holds it; `false` where none does.
fn leave_to_holder(host: Fd) -> bool {
    let mut left = false;
    // SAFETY: the lock is held, and no link is changed; holds in the list exist.
    LOCK.with(|| unsafe {
        walk(|link| {
            if (**link).host == host {
                (**link).closes = true;
                left = true;
            }
            !left
        });
    });
    left
}

/// Begins a hold. The descriptor is looked up under the lock under which closing looks for holds: either it is not
/// closed yet, or the lookup fails.
fn begin(fd: u32, this: &mut Hold) -> Result<Descriptor> {
    descriptors::set_closing(leave_to_holder);
    // SAFETY: the lock is held; `this` stays in place until `end` removes it from the list.
    LOCK.with(|| unsafe {
        let descriptor = descriptors::get(fd, 0)?;
        this.host = descriptor.host;
        this.next = *HOLDS.0.get();
        *HOLDS.0.get() = this;
        Ok(descriptor)
    })
}

/// Ends a hold.
fn end(this: &mut Hold) {
    let this: *mut Hold = this;
    // SAFETY: the lock is held, and the hold is in the list; once its link has changed, the walk ends.
    LOCK.with(|| unsafe {
        walk(|link| {
            let found = *link == this;
            if found {
                *link = (*this).next;
            }
            !found
        });
    });
    // SAFETY: it is no longer in the list, so no other thread uses it.
    let Hold { host, closes, .. } = *unsafe { &*this };
    if closes && !leave_to_holder(host) {
        let _ = sys::close(host);
    }
}

/// Makes a call on a descriptor that stays open until the call ends.
pub fn hold<R>(fd: u32, call: impl FnOnce(&Descriptor) -> Result<R>) -> Result<R> {
    let mut this = Hold { host: -1, closes: false, next: null_mut() };
    let descriptor = begin(fd, &mut this)?;
    let answer = call(&descriptor);
    end(&mut this);
    answer
}

/// As [`hold`], for a directory with all the rights in `wanted`.
pub fn hold_directory<R>(fd: u32, wanted: Rights, call: impl FnOnce(Fd) -> Result<R>) -> Result<R> {
    hold(fd, |descriptor| {
        if !descriptor.kind.is_directory() {
            return Err(Errno::BADF);
        }
        descriptor.require(wanted)?;
        call(descriptor.host)
    })
}
