//! What tests and tools around them share.

pub mod emulators;
pub mod fuzz;
pub mod hostile;
pub mod manifest;
pub mod wast;
