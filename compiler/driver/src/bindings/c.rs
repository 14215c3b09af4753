//! A header for C and C++.

use super::interface::Interface;
use crate::error::Error;

/// The header of a library.
///
/// # Errors
/// Never yet.
pub fn header(_: &Interface) -> Result<String, Error> {
    Err(Error::new("`--emit header` is not yet supported"))
}
