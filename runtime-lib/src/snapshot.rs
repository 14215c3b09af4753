//! Writing snapshots: see [`wasmc_abi::snapshot`].

use crate::traps::Tables;
use crate::{report, sys};
use core::slice;
use wasmc_abi::memory::Memory;
use wasmc_abi::snapshot::{CHUNK, MAGIC, Place, Places, SnapshotError, State, VERSION, function_word, kind};
use wasmc_abi::table::Table;

/// What takes the bytes of a snapshot, piece by piece.
pub type Sink<'s> = &'s mut dyn FnMut(&[u8]);

/// The state of an instance, and its block.
#[derive(Clone, Copy)]
pub struct Instance<'a> {
    state: &'a State,
    block: *mut u8,
}

impl<'a> Instance<'a> {
    /// The instance of the module with this state that has this block.
    ///
    /// # Safety
    /// The block must have all that `state` says, and nothing else may use the instance as long as this is used.
    pub unsafe fn new(state: &'a State, block: *mut u8) -> Self {
        Self { state, block }
    }

    /// The functions of the module.
    pub fn functions(&self) -> Tables<'a> {
        // SAFETY: the compiler writes valid tables.
        unsafe { Tables::new(&raw const self.state.traps, 1) }
    }

    /// Places of one sort.
    pub fn places(&self, places: &Places) -> &'a [Place] {
        match places.len {
            0 => &[],
            // SAFETY: the compiler writes arrays of these lengths.
            len => unsafe { slice::from_raw_parts(places.first, len as usize) },
        }
    }

    /// A pointer to what lies at a place.
    pub fn at<T>(&self, place: &Place) -> *mut T {
        self.block.wrapping_add(place.offset as usize).cast()
    }

    /// Writes a snapshot.
    ///
    /// # Errors
    /// Where a table or global holds references that no snapshot can hold. Part of a snapshot has been written then.
    pub fn write(&self, sink: Sink<'_>) -> Result<(), SnapshotError> {
        words(sink, &[MAGIC, VERSION, self.state.fingerprint]);
        let memories = self.places(&self.state.memories);
        words(sink, &[memories.len() as u64]);
        for place in memories {
            // SAFETY: a memory lies there, and nothing else uses the instance.
            let memory = unsafe { &*self.at::<Memory>(place) };
            write_memory(memory, place, sink);
        }
        let tables = self.places(&self.state.tables);
        words(sink, &[tables.len() as u64]);
        for place in tables {
            self.write_table(place, sink)?;
        }
        let globals = self.places(&self.state.globals);
        words(sink, &[globals.len() as u64]);
        for place in globals {
            self.write_global(place, sink)?;
        }
        let segments = self.places(&self.state.segments);
        words(sink, &[segments.len() as u64]);
        for place in segments {
            // SAFETY: 64 bits lie there, and nothing else uses the instance.
            words(sink, &[place.index.into(), place.kind.into(), unsafe { self.at::<u64>(place).read() }]);
        }
        Ok(())
    }

    fn write_table(&self, place: &Place, sink: Sink<'_>) -> Result<(), SnapshotError> {
        // SAFETY: a table lies there, and nothing else uses the instance.
        let table = unsafe { &*self.at::<Table>(place) };
        words(sink, &[place.index.into(), place.kind.into(), table.len]);
        for index in 0..table.len as usize {
            // SAFETY: the index is below the number of elements.
            let element = unsafe { table.elements.add(index).read() };
            words(sink, &[self.portable(element, place.kind)?]);
        }
        Ok(())
    }

    fn write_global(&self, place: &Place, sink: Sink<'_>) -> Result<(), SnapshotError> {
        let mut value = [0_u64; 2];
        // SAFETY: a value of the type lies there, and nothing else uses the instance. A word has room for any but a
        // vector, two have for that.
        unsafe { self.at::<u8>(place).copy_to_nonoverlapping((&raw mut value).cast(), size(place.kind)) };
        let [first, second] = value;
        let first = if is_reference(place.kind) { self.portable(first, place.kind)? } else { first };
        words(sink, &[place.index.into(), place.kind.into(), first, second]);
        Ok(())
    }

    /// A reference as snapshots hold it.
    fn portable(&self, reference: u64, kind: u32) -> Result<u64, SnapshotError> {
        match kind {
            kind::EXTERN => Ok(reference),
            kind::FUNCTION | kind::NULL if reference == 0 => Ok(0),
            kind::FUNCTION => {
                let function = self.functions().function(reference as usize);
                let index = function.and_then(|function| function.index()).ok_or(SnapshotError::References)?;
                Ok(function_word(Some(index)))
            }
            _ => Err(SnapshotError::References),
        }
    }
}

/// Whether a place of a kind holds a reference.
pub fn is_reference(kind: u32) -> bool {
    matches!(kind, kind::NONE | kind::NULL | kind::FUNCTION | kind::EXTERN)
}

/// Bytes of a value in instance state, by its kind.
pub fn size(kind: u32) -> usize {
    match kind {
        0x7f | 0x7d => 4,
        0x7b => 16,
        _ => 8,
    }
}

/// Writes the chunks of a memory that are not all zeroes, those beside each other as one.
fn write_memory(memory: &Memory, place: &Place, sink: Sink<'_>) {
    words(sink, &[place.index.into(), memory.len]);
    let bytes = match memory.len {
        0 => &[],
        // SAFETY: a memory has `len` bytes at `base`, which nothing changes meanwhile.
        len => unsafe { slice::from_raw_parts(memory.base, len as usize) },
    };
    let (mut start, mut pending) = (0, 0);
    for chunk in bytes.chunks(CHUNK) {
        if is_zero(chunk) {
            put_chunk(bytes, start, pending, sink);
            start += pending + chunk.len();
            pending = 0;
        } else {
            pending += chunk.len();
        }
    }
    put_chunk(bytes, start, pending, sink);
    words(sink, &[0, 0]);
}

fn put_chunk(bytes: &[u8], start: usize, len: usize, sink: Sink<'_>) {
    if let Some(chunk) = bytes.get(start..start.wrapping_add(len)).filter(|chunk| !chunk.is_empty()) {
        words(sink, &[start as u64, len as u64]);
        sink(chunk);
    }
}

/// Whether all bytes are zero.
pub fn is_zero(bytes: &[u8]) -> bool {
    let (words, rest) = bytes.as_chunks::<8>();
    words.iter().all(|&word| u64::from_ne_bytes(word) == 0) && rest.iter().all(|&byte| byte == 0)
}

fn words(sink: Sink<'_>, words: &[u64]) {
    for word in words {
        sink(&word.to_le_bytes());
    }
}

/// Writes a snapshot to standard output and ends the process (`Builtin::Snapshot`).
///
/// # Safety
/// `block` must be the program's only instance, and `state` say what lies there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_snapshot(state: *const State, block: *mut u8) -> ! {
    // SAFETY: the caller promises both, and that nothing else runs.
    let instance = unsafe { Instance::new(&*state, block) };
    let mut buffer = Buffer { bytes: [0; 4096], len: 0 };
    let result = instance.write(&mut |bytes| buffer.put(bytes));
    buffer.flush();
    match result {
        Ok(()) => sys::exit(0),
        Err(_) => sys::fatal("a table or a global holds references that no other instance can have\n", 1),
    }
}

/// Collects what is written to standard output.
struct Buffer {
    bytes: [u8; 4096],
    len: usize,
}

impl Buffer {
    fn put(&mut self, bytes: &[u8]) {
        let end = self.len.wrapping_add(bytes.len());
        if let Some(room) = self.bytes.get_mut(self.len..end) {
            room.copy_from_slice(bytes);
            self.len = end;
            return;
        }
        self.flush();
        match self.bytes.get_mut(..bytes.len()) {
            Some(room) => {
                room.copy_from_slice(bytes);
                self.len = bytes.len();
            }
            None => write(bytes),
        }
    }

    fn flush(&mut self) {
        write(self.bytes.get(..self.len).unwrap_or_default());
        self.len = 0;
    }
}

fn write(bytes: &[u8]) {
    if !report::to_output(bytes) {
        sys::fatal("a snapshot cannot be written\n", 1)
    }
}
