//! What the system handed over at the start of the process: arguments, environment, auxiliary vector.
//!
//! They lie on the initial stack, as the System V ABI describes it ("Initial Stack and Register State"): the argument
//! count, pointers to the arguments, a null pointer, pointers to the variables, a null pointer, and pairs of a tag and a
//! value, ended by the tag `AT_NULL`.

use core::ffi::CStr;
use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};

static INITIAL_STACK: AtomicPtr<usize> = AtomicPtr::new(core::ptr::null_mut());

/// Remembers where the initial stack lies.
pub fn set_initial_stack(stack: *mut usize) {
    INITIAL_STACK.store(stack, Relaxed);
}

/// NUL-terminated strings behind an array of pointers that a null pointer ends.
#[derive(Clone, Copy)]
pub struct Strings {
    next: *const *const u8,
}

impl Iterator for Strings {
    type Item = &'static [u8];

    fn next(&mut self) -> Option<&'static [u8]> {
        // SAFETY: `next` points into an array of the initial stack and never moves beyond the null pointer that ends it.
        let string = unsafe { *self.next };
        if string.is_null() {
            return None;
        }
        // SAFETY: as above; the present pointer was not the last one.
        self.next = unsafe { self.next.add(1) };
        // SAFETY: the kernel placed NUL-terminated strings there, which nothing changes or unmaps.
        Some(unsafe { CStr::from_ptr(string.cast()) }.to_bytes())
    }
}

/// The arguments, the program's name first.
pub fn arguments() -> Strings {
    // SAFETY: the argument count is the first word of the initial stack, the pointers follow it.
    Strings { next: unsafe { INITIAL_STACK.load(Relaxed).add(1) }.cast() }
}

/// The environment as it was at the start, `NAME=VALUE` each.
pub fn environment() -> Strings {
    let stack = INITIAL_STACK.load(Relaxed);
    // SAFETY: the argument count is the first word; as many pointers and a null pointer lie before the environment.
    Strings { next: unsafe { stack.add(*stack + 2) }.cast() }
}

/// The value of an entry of the auxiliary vector.
pub fn auxiliary(tag: usize) -> Option<usize> {
    let mut variables = environment();
    while variables.next().is_some() {}
    // SAFETY: the iterator stopped at the null pointer; the auxiliary vector follows it.
    let mut entry: *const [usize; 2] = unsafe { variables.next.add(1) }.cast();
    loop {
        // SAFETY: entries up to the one with tag 0 exist, and the loop stops there.
        let [present, value] = unsafe { *entry };
        if present == tag {
            return Some(value);
        }
        if present == 0 {
            return None;
        }
        // SAFETY: as above.
        entry = unsafe { entry.add(1) };
    }
}
