//! The functions of `string.h` that compilers call on their own to compare bytes and to measure strings.
//!
//! Reads are volatile, so that no loop is compiled to a call of the function that it implements.

/// Compares two ranges bytewise, as `memcmp` of C.
///
/// # Safety
/// Both ranges must be readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, len: usize) -> i32 {
    for index in 0..len {
        // SAFETY: the caller promises that both ranges are readable, and the index is below their length.
        let (a, b) = unsafe { (left.add(index).read_volatile(), right.add(index).read_volatile()) };
        if a != b {
            return i32::from(a) - i32::from(b);
        }
    }
    0
}

/// As [`memcmp`], but only whether the result is zero means something.
///
/// # Safety
/// Both ranges must be readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, len: usize) -> i32 {
    // SAFETY: the caller promises that both ranges are readable.
    unsafe { memcmp(left, right, len) }
}

/// Length of a NUL-terminated string.
///
/// # Safety
/// `string` must be NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strlen(string: *const u8) -> usize {
    let mut len = 0;
    // SAFETY: no byte before this one was the NUL that ends the string.
    while unsafe { string.add(len).read_volatile() } != 0 {
        len += 1;
    }
    len
}
