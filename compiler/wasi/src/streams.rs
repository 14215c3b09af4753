//! Functions of hosts, as what is read and written.

use std::ffi::c_void;
use std::io::{self, Read, Write};

/// `wasmc_wasi_reader`
pub type Reader = unsafe extern "C" fn(data: *mut c_void, bytes: *mut u8, len: usize) -> isize;

/// `wasmc_wasi_writer`
pub type Writer = unsafe extern "C" fn(data: *mut c_void, bytes: *const u8, len: usize) -> isize;

/// Something of the host's, with what its function is called with.
#[derive(Debug)]
pub struct Hosted<F> {
    pub function: F,
    pub data: *mut c_void,
}

// SAFETY: the host is told that its functions are called on any thread that calls the instance.
unsafe impl<F> Send for Hosted<F> {}

/// How many bytes were moved of as many as could be.
fn count(answer: isize, most: usize) -> io::Result<usize> {
    match usize::try_from(answer) {
        Ok(count) => Ok(count.min(most)),
        Err(_) => Err(io::Error::from_raw_os_error(i32::try_from(answer.unsigned_abs()).unwrap_or(i32::MAX))),
    }
}

impl Read for Hosted<Reader> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        // SAFETY: it is the host's, and there is room for so many bytes.
        count(unsafe { (self.function)(self.data, bytes.as_mut_ptr(), bytes.len()) }, bytes.len())
    }
}

impl Write for Hosted<Writer> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // SAFETY: it is the host's, and there are so many bytes.
        count(unsafe { (self.function)(self.data, bytes.as_ptr(), bytes.len()) }, bytes.len())
    }

    /// The host keeps nothing that it has to be asked for.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
