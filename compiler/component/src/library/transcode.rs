//! Strings that adapters move from one memory to another: an instance of `transcode.wat` for each pair of memories.

use super::merge::{Entity, Merger};
use super::reencode::Spaces;
use super::resources::{export, func, instantiate};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use wasmc_frontend::Error;
use wasmtime_environ::component::{FixedEncoding, Transcode};

/// What moves strings, by the memories that they are moved from and to.
#[derive(Default)]
pub(super) struct Transcoders(HashMap<(u32, u32), Spaces>);

impl Transcoders {
    /// The function for an operation, on these memories.
    ///
    /// # Errors
    /// Where there is none.
    pub fn get(
        &mut self,
        merger: &mut Merger,
        trap: u32,
        op: Transcode,
        (from, to): (Entity, Entity),
    ) -> Result<u32, Error> {
        let spaces = match self.0.entry((from.index, to.index)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                place.insert(instantiate(merger, include_str!("transcode.wat"), &[func(trap), from, to])?)
            }
        };
        export(spaces, name(op)).map(|entity| entity.index)
    }
}

fn name(op: Transcode) -> &'static str {
    match op {
        Transcode::Copy(FixedEncoding::Utf8) => "utf8-to-utf8",
        Transcode::Copy(FixedEncoding::Utf16) => "utf16-to-utf16",
        Transcode::Copy(FixedEncoding::Latin1) => "latin1-to-latin1",
        Transcode::Latin1ToUtf16 => "latin1-to-utf16",
        Transcode::Latin1ToUtf8 => "latin1-to-utf8",
        Transcode::Utf16ToCompactProbablyUtf16 => "utf16-to-compact-probably-utf16",
        Transcode::Utf16ToCompactUtf16 => "utf16-to-compact-utf16",
        Transcode::Utf16ToLatin1 => "utf16-to-latin1",
        Transcode::Utf16ToUtf8 => "utf16-to-utf8",
        Transcode::Utf8ToCompactUtf16 => "utf8-to-compact-utf16",
        Transcode::Utf8ToLatin1 => "utf8-to-latin1",
        Transcode::Utf8ToUtf16 => "utf8-to-utf16",
    }
}
