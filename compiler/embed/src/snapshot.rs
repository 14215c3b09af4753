//! Snapshots: the state of an instance as bytes.

use crate::create::{CreateError, SnapshotError};
use crate::guest::Hosted;
use alloc::vec::Vec;
use core::ffi::c_void;
use core::slice;
use wasmc_abi::snapshot::SnapshotError as Code;

/// What a code of the library means.
fn error(code: u32) -> CreateError {
    const ACTIVE: u32 = Code::Active as u32;
    const REFERENCES: u32 = Code::References as u32;
    const OTHER_VERSION: u32 = Code::OtherVersion as u32;
    const OTHER_MODULE: u32 = Code::OtherModule as u32;
    const OUT_OF_MEMORY: u32 = Code::OutOfMemory as u32;
    CreateError::Snapshot(match code {
        OUT_OF_MEMORY => return CreateError::OutOfMemory,
        ACTIVE => SnapshotError::Active,
        REFERENCES => SnapshotError::References,
        OTHER_VERSION => SnapshotError::OtherVersion,
        OTHER_MODULE => SnapshotError::OtherModule,
        _ => SnapshotError::Malformed,
    })
}

impl Hosted {
    /// A snapshot. The caller must have borrowed the guest for itself.
    pub(crate) fn snapshot(&self) -> Result<Vec<u8>, SnapshotError> {
        let mut bytes = Vec::new();
        let data = (&raw mut bytes).cast::<c_void>();
        // SAFETY: `append` takes a vector, which lives as long as the call.
        match unsafe { (self.library().api.snapshot)(self.block(), append, data) } {
            0 => Ok(bytes),
            code => Err(match error(code) {
                CreateError::Snapshot(error) => error,
                _ => SnapshotError::OutOfMemory,
            }),
        }
    }

    /// Makes an instance that was just made what a snapshot says.
    pub(crate) fn restore(&self, snapshot: &[u8]) -> Result<(), CreateError> {
        // SAFETY: the bytes are valid for the call; the caller has just made the instance.
        match unsafe { (self.library().api.restore)(self.block(), snapshot.as_ptr(), snapshot.len()) } {
            0 => Ok(()),
            code => Err(error(code)),
        }
    }
}

/// Appends bytes to the vector that `data` is.
unsafe extern "C" fn append(data: *mut c_void, bytes: *const u8, len: usize) {
    // SAFETY: `Hosted::snapshot` passes a vector, and the library valid bytes.
    unsafe { (*data.cast::<Vec<u8>>()).extend_from_slice(slice::from_raw_parts(bytes, len)) };
}
