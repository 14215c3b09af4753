//! Text modules to binary ones, and inputs that are neither.

use crate::Error;
use crate::shown::lines;
use std::borrow::Cow;

/// The eight bytes that start a binary module (core specification 5.5.16).
const MODULE_PREAMBLE: [u8; 8] = *b"\0asm\x01\0\0\0";

/// The binary form of a module given in binary or text format.
///
/// # Errors
/// Where the input is neither, or is a component.
pub fn to_binary(input: &[u8]) -> Result<Cow<'_, [u8]>, Error> {
    if input.starts_with(b"\0asm") {
        check_preamble(input)?;
        return Ok(Cow::Borrowed(input));
    }
    if !looks_like_text(input) {
        return Err(Error::at(0, "not a WebAssembly module: neither the binary format's `\\0asm` nor text format"));
    }
    if is_component_text(input) {
        return Err(component());
    }
    let bytes = wat::parse_bytes(input).map_err(|error| Error::new(lines(&error.to_string())))?;
    check_preamble(&bytes)?;
    Ok(Cow::Owned(bytes.into_owned()))
}

fn check_preamble(bytes: &[u8]) -> Result<(), Error> {
    let Some(preamble) = bytes.get(..8) else {
        return Err(Error::at(bytes.len() as u64, "the module ends inside its eight-byte preamble"));
    };
    if preamble == MODULE_PREAMBLE {
        return Ok(());
    }
    if preamble[6..] == [1, 0] {
        return Err(Error { offset: Some(4), ..component() });
    }
    let version = u32::from_le_bytes([preamble[4], preamble[5], preamble[6], preamble[7]]);
    Err(Error::at(4, format!("unknown version {version:#x} of the binary format; only version 1 exists")))
}

fn component() -> Error {
    Error::new("this is a component, which is not yet supported")
        .with_help("compile the core module it was made from, for example the one for target wasm32-wasip1")
}

/// Whether text begins with a component, after white space and comments.
fn is_component_text(text: &[u8]) -> bool {
    let mut text = text.trim_ascii_start();
    while let [start @ (b';' | b'('), b';', ..] = text {
        let end: &[u8] = if *start == b';' { b"\n" } else { b";)" };
        let length = text.windows(end.len()).position(|window| window == end).map_or(text.len(), |at| at + end.len());
        text = text[length..].trim_ascii_start();
    }
    text.strip_prefix(b"(").is_some_and(|text| text.trim_ascii_start().starts_with(b"component"))
}

/// Text is UTF-8 whose first thing besides white space is a parenthesis or a comment.
fn looks_like_text(input: &[u8]) -> bool {
    let first = input.iter().find(|byte| !byte.is_ascii_whitespace());
    matches!(first, Some(b'(' | b';'))
}
