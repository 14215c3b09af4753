//! Strings that adapters move from one memory to another.

use super::merge::{Entity, Merger};
use crate::steps::unsupported;
use wasmc_frontend::Error;
use wasmtime_environ::component::Transcode;

/// Adds what moves strings from the first memory to the second.
///
/// # Errors
/// Where that is not supported.
pub(super) fn transcoder(
    _merger: &mut Merger,
    _trap: u32,
    op: Transcode,
    _memories: (Entity, Entity),
) -> Result<u32, Error> {
    Err(unsupported(&format!("strings between components ({})", op.desc())))
}
