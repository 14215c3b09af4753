//! What the system passes to a new process: arguments and environment.

use core::ffi::CStr;
use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};

unsafe extern "C" {
    /// Where entry points go, on the initial stack, with the address of the start data. Defined in [`crate::start`].
    pub fn wasmc_start(start_data: *mut usize) -> !;
}

static START_DATA: AtomicPtr<usize> = AtomicPtr::new(core::ptr::null_mut());

/// Keeps the address of what the entry point was given, in the platform's own form.
pub fn set_start_data(start_data: *mut usize) {
    START_DATA.store(start_data, Relaxed);
}

/// The address of what the entry point was given, in the platform's own form.
pub fn start_data() -> *const usize {
    START_DATA.load(Relaxed)
}

/// An array of pointers to NUL-terminated strings, ended by a null pointer.
#[derive(Clone, Copy)]
pub struct Strings {
    next: *const *const u8,
}

impl Strings {
    /// The strings that an array points to.
    ///
    /// # Safety
    /// `array` must end with a null pointer; neither it nor the strings may change or be unmapped.
    pub unsafe fn new(array: *const *const u8) -> Self {
        Self { next: array }
    }

    /// The address after the null pointer that ends the array.
    #[allow(dead_code, reason = "on macOS nothing of use follows the array")]
    pub fn end(mut self) -> *const usize {
        while self.pointer().is_some() {}
        // SAFETY: the last call stopped at the null pointer, which is part of the array.
        unsafe { self.next.add(1) }.cast()
    }

    /// The first string that begins with `name` and `=`. No other string is read past its first difference.
    pub fn named(mut self, name: &[u8]) -> Option<&'static [u8]> {
        loop {
            let string = self.pointer()?;
            let mut at = string;
            let begins_with_name = name.iter().chain(b"=").all(|&byte| {
                // SAFETY: all bytes so far equalled bytes of the name, of which none is the NUL that ends the string.
                let same = unsafe { *at } == byte;
                at = at.wrapping_add(1);
                same
            });
            if begins_with_name {
                // SAFETY: `new` demands a NUL-terminated string that does not change.
                return Some(unsafe { CStr::from_ptr(string.cast()) }.to_bytes());
            }
        }
    }

    /// The next string, without its length.
    fn pointer(&mut self) -> Option<*const u8> {
        // SAFETY: `next` never moves past the null pointer that ends the array.
        let string = unsafe { *self.next };
        if string.is_null() {
            return None;
        }
        // SAFETY: this pointer was not the last of the array.
        self.next = unsafe { self.next.add(1) };
        Some(string)
    }
}

impl Iterator for Strings {
    type Item = &'static [u8];

    fn next(&mut self) -> Option<&'static [u8]> {
        // SAFETY: `new` demands NUL-terminated strings that do not change.
        self.pointer().map(|string| unsafe { CStr::from_ptr(string.cast()) }.to_bytes())
    }
}
