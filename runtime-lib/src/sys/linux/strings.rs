//! The C library's comparing and searching functions, which the compiler of this library calls without being asked.
//!
//! Bytes are read as volatile, lest a loop be taken for the function that it implements.

/// Compares two ranges bytewise, as `memcmp` of C.
///
/// # Safety
/// Both ranges must be readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, len: usize) -> i32 {
    for index in 0..len {
        // SAFETY: the index is below the length of both ranges.
        let (a, b) = unsafe { (left.add(index).read_volatile(), right.add(index).read_volatile()) };
        if a != b {
            return i32::from(a) - i32::from(b);
        }
    }
    0
}

/// As [`memcmp`], but only zero or not is meant.
///
/// # Safety
/// Both ranges must be readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, len: usize) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { memcmp(left, right, len) }
}

/// Length of a NUL-terminated string.
///
/// # Safety
/// `string` must be NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strlen(string: *const u8) -> usize {
    let mut len = 0;
    // SAFETY: every byte up to and including the NUL is readable.
    while unsafe { string.add(len).read_volatile() } != 0 {
        len += 1;
    }
    len
}
