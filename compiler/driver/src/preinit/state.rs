//! What a snapshot says, as the compiler reads it: see [`wasmc_abi::snapshot`].

use std::collections::{BTreeMap, BTreeSet};
use wasmc_abi::snapshot::{Reader, function_index, kind};

/// The state of an instance.
#[derive(Debug, Default)]
pub struct State<'a> {
    /// Each memory, by its index.
    pub memories: BTreeMap<u32, Memory<'a>>,
    /// The tables that may have changed, by their indices: the elements of each.
    pub tables: BTreeMap<u32, Vec<Option<u32>>>,
    /// The globals that may have changed, by their indices.
    pub globals: BTreeMap<u32, Value>,
    /// The data segments that were dropped.
    pub dropped_data: BTreeSet<u32>,
    /// The element segments that were dropped.
    pub dropped_elements: BTreeSet<u32>,
}

/// A memory.
#[derive(Debug)]
pub struct Memory<'a> {
    /// Its bytes.
    pub len: u64,
    /// Those that are not zero: where they begin, and what they are.
    pub chunks: Vec<(u64, &'a [u8])>,
}

/// The value of a global.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number of a type with this code: its bits.
    Number(u32, [u64; 2]),
    /// A reference to a function, or null.
    Reference(Option<u32>),
}

/// The program has written something else than a snapshot.
const MALFORMED: &str = "it has written no snapshot";

impl<'a> State<'a> {
    /// Reads a snapshot of a program.
    ///
    /// # Errors
    /// Where it is none, or holds what cannot be written back.
    pub fn read(snapshot: &'a [u8]) -> Result<Self, &'static str> {
        let mut reader = Reader::new(snapshot, 0).map_err(|_| MALFORMED)?;
        let state = Self::read_all(&mut reader).ok_or(MALFORMED)?;
        if reader.is_at_end() { Ok(state) } else { Err(MALFORMED) }
    }

    fn read_all(reader: &mut Reader<'a>) -> Option<Self> {
        let mut state = Self::default();
        for _ in 0..reader.word()? {
            let (index, len, mut chunks) = (reader.small()?, reader.word()?, Vec::new());
            while let Some(chunk) = reader.chunk()? {
                chunks.push(chunk);
            }
            state.memories.insert(index, Memory { len, chunks });
        }
        // Of objects, and of elements below, programs write none.
        if reader.word()? != 0 {
            return None;
        }
        for _ in 0..reader.word()? {
            let (index, _, len) = (reader.small()?, reader.small()?, reader.word()?);
            let elements = (0..len).map(|_| reference(reader.word()?)).collect::<Option<_>>()?;
            state.tables.insert(index, elements);
        }
        for _ in 0..reader.word()? {
            let (index, kind, words) = (reader.small()?, reader.small()?, [reader.word()?, reader.word()?]);
            let value = match kind {
                kind::FUNCTION | kind::EXTERN | kind::NULL | kind::OBJECT => Value::Reference(reference(words[0])?),
                _ => Value::Number(kind, words),
            };
            state.globals.insert(index, value);
        }
        if reader.word()? != 0 {
            return None;
        }
        for _ in 0..reader.word()? {
            let (index, kind, left) = (reader.small()?, reader.small()?, reader.word()?);
            if left == 0 {
                let dropped = if kind == kind::DATA { &mut state.dropped_data } else { &mut state.dropped_elements };
                dropped.insert(index);
            }
        }
        Some(state)
    }
}

/// The index of the function that an element refers to. There are no references of an embedder's.
fn reference(word: u64) -> Option<Option<u32>> {
    match function_index(word) {
        None => Some(None),
        Some(index) => Some(Some(u32::try_from(index).ok()?)),
    }
}
