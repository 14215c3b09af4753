//! What tests and tools around them share.

pub mod manifest;
pub mod wast;
