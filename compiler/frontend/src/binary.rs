//! Text modules to binary ones, and inputs that are neither.

use crate::Error;
use crate::shown::lines;
use std::borrow::Cow;

/// The eight bytes that start a binary module (core specification 5.5.16).
const MODULE_PREAMBLE: [u8; 8] = *b"\0asm\x01\0\0\0";

/// The eight bytes that start a component (component model, "Binary Format").
pub const COMPONENT_PREAMBLE: [u8; 8] = *b"\0asm\x0d\0\x01\0";

/// The binary form of a module or component given in binary or text format.
///
/// # Errors
/// Where the input is neither.
pub fn to_binary(input: &[u8]) -> Result<Cow<'_, [u8]>, Error> {
    if input.starts_with(b"\0asm") {
        check_preamble(input)?;
        return Ok(Cow::Borrowed(input));
    }
    if !looks_like_text(input) {
        return Err(Error::at(0, "not a WebAssembly module: neither the binary format's `\\0asm` nor text format"));
    }
    let bytes = wat::parse_bytes(input).map_err(|error| Error::new(lines(&error.to_string())))?;
    check_preamble(&bytes)?;
    Ok(Cow::Owned(bytes.into_owned()))
}

fn check_preamble(bytes: &[u8]) -> Result<(), Error> {
    let Some(preamble) = bytes.get(..8) else {
        return Err(Error::at(bytes.len() as u64, "the module ends inside its eight-byte preamble"));
    };
    if preamble == MODULE_PREAMBLE || preamble == COMPONENT_PREAMBLE {
        return Ok(());
    }
    let version = u32::from_le_bytes([preamble[4], preamble[5], preamble[6], preamble[7]]);
    Err(Error::at(4, format!("unknown version {version:#x} of the binary format; only version 1 exists")))
}

/// Text is UTF-8 whose first thing besides white space is a parenthesis or a comment.
fn looks_like_text(input: &[u8]) -> bool {
    let first = input.iter().find(|byte| !byte.is_ascii_whitespace());
    matches!(first, Some(b'(' | b';'))
}
