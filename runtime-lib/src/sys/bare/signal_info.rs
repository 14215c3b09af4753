//! What is known of an exception.

use crate::sys::types::FaultKind;

/// The description of an exception.
#[repr(C)]
pub struct SignalInfo {
    pub(super) kind: FaultKind,
    pub(super) number: u32,
    pub(super) address: usize,
}

impl SignalInfo {
    /// The kind of fault.
    pub fn fault(&self) -> Option<FaultKind> {
        Some(self.kind)
    }

    /// The processor's number of the cause.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The address accessed.
    pub fn address(&self) -> usize {
        self.address
    }
}
