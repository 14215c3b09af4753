//! A decoder of DEFLATE, of the crate `miniz_oxide`, for hosts that do not trust what they decode, nor the decoder.

use std::cell::RefCell;

thread_local! {
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static OUTPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Makes room for `len` bytes of input; returns where.
#[unsafe(no_mangle)]
pub extern "C" fn input(len: usize) -> *mut u8 {
    INPUT.with_borrow_mut(|input| {
        input.clear();
        input.resize(len, 0);
        input.as_mut_ptr()
    })
}

/// Decodes the input to at most `most` bytes; returns how many there are, or -1 where it is malformed.
#[unsafe(no_mangle)]
pub extern "C" fn inflate(most: usize) -> isize {
    let decoded = INPUT.with_borrow(|input| miniz_oxide::inflate::decompress_to_vec_with_limit(input, most));
    let Ok(decoded) = decoded else { return -1 };
    let len = decoded.len() as isize;
    OUTPUT.set(decoded);
    len
}

/// Where the decoded bytes are.
#[unsafe(no_mangle)]
pub extern "C" fn output() -> *const u8 {
    OUTPUT.with_borrow(|output| output.as_ptr())
}
