//! What the system handed over at the start of the process: arguments and environment.

use crate::sys;
use core::ffi::CStr;
use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};

static HANDED_OVER: AtomicPtr<usize> = AtomicPtr::new(core::ptr::null_mut());

/// Remembers where lies what the entry point was given, in the platform's own form.
pub fn set_handed_over(words: *mut usize) {
    HANDED_OVER.store(words, Relaxed);
}

/// Where lies what the entry point was given, in the platform's own form.
pub fn handed_over() -> *const usize {
    HANDED_OVER.load(Relaxed)
}

/// NUL-terminated strings behind an array of pointers that a null pointer ends.
#[derive(Clone, Copy)]
pub struct Strings {
    next: *const *const u8,
}

impl Strings {
    /// What lies behind the null pointer that ends the array.
    #[allow(dead_code, reason = "not every platform puts something there")]
    pub fn end(mut self) -> *const usize {
        while self.pointer().is_some() {}
        // SAFETY: the last call stopped at the null pointer.
        unsafe { self.next.add(1) }.cast()
    }

    /// The first string that begins with `name` and `=`. All others are read no further than they differ.
    pub fn named(mut self, name: &[u8]) -> Option<&'static [u8]> {
        loop {
            let string = self.pointer()?;
            let mut at = string;
            let begins_with_name = name.iter().chain(b"=").all(|&byte| {
                // SAFETY: no byte before this one was the NUL that ends the string: those of a name are not.
                let same = unsafe { *at } == byte;
                at = at.wrapping_add(1);
                same
            });
            if begins_with_name {
                // SAFETY: see `next`.
                return Some(unsafe { CStr::from_ptr(string.cast()) }.to_bytes());
            }
        }
    }

    /// The next string, without its length.
    fn pointer(&mut self) -> Option<*const u8> {
        // SAFETY: `next` points into an array of the system and never moves beyond the null pointer that ends it.
        let string = unsafe { *self.next };
        if string.is_null() {
            return None;
        }
        // SAFETY: as above; the present pointer was not the last one.
        self.next = unsafe { self.next.add(1) };
        Some(string)
    }
}

impl Iterator for Strings {
    type Item = &'static [u8];

    fn next(&mut self) -> Option<&'static [u8]> {
        // SAFETY: the system placed NUL-terminated strings there, which nothing changes or unmaps.
        self.pointer().map(|string| unsafe { CStr::from_ptr(string.cast()) }.to_bytes())
    }
}

/// The arguments, the program's name first.
pub fn arguments() -> Strings {
    Strings { next: sys::arguments(handed_over()) }
}

/// The environment as it was at the start, `NAME=VALUE` each.
pub fn environment() -> Strings {
    Strings { next: sys::environment(handed_over()) }
}
