//! Writing snapshots: see [`wasmc_abi::snapshot`].

use crate::traps::Tables;
use crate::{report, sys};
use core::slice;
use wasmc_abi::heap::{EXTERNALIZED, TAGS};
use wasmc_abi::memory::Memory;
use wasmc_abi::snapshot::{CHUNK, MAGIC, Place, Places, SnapshotError, State, VERSION, function_word, kind};
use wasmc_abi::table::Table;

/// What takes the bytes of a snapshot, piece by piece.
pub type Sink<'s> = &'s mut dyn FnMut(&[u8]);

/// The objects that an instance has.
pub trait Objects {
    /// Whether external references can stand for objects.
    fn are_externs(&self) -> bool;

    /// Reaches the object at an address, by a reference outside of objects.
    fn reach(&mut self, address: u64);

    /// Writes what is reached.
    ///
    /// # Errors
    /// Where an object holds references that no snapshot can hold.
    fn write(&mut self, instance: &Instance<'_>, sink: Sink<'_>) -> Result<(), SnapshotError>;

    /// The reference to the object at an address, as snapshots hold it.
    ///
    /// # Errors
    /// Where there is none.
    fn portable(&self, address: u64) -> Result<u64, SnapshotError>;
}

/// None: an instance without a heap, or one whose objects are not written.
pub struct NoObjects;

impl Objects for NoObjects {
    fn are_externs(&self) -> bool {
        false
    }

    fn reach(&mut self, _: u64) {}

    fn write(&mut self, _: &Instance<'_>, sink: Sink<'_>) -> Result<(), SnapshotError> {
        words(sink, &[0]);
        Ok(())
    }

    fn portable(&self, _: u64) -> Result<u64, SnapshotError> {
        Err(SnapshotError::References)
    }
}

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
    /// Where there are references that no snapshot can hold. Part of a snapshot has been written then.
    pub fn write(&self, objects: &mut impl Objects, sink: Sink<'_>) -> Result<(), SnapshotError> {
        self.reach(objects);
        words(sink, &[MAGIC, VERSION, self.state.fingerprint]);
        let memories = self.places(&self.state.memories);
        words(sink, &[memories.len() as u64]);
        for place in memories {
            // SAFETY: a memory lies there, and nothing else uses the instance.
            let memory = unsafe { &*self.at::<Memory>(place) };
            write_memory(memory, place, sink);
        }
        objects.write(self, sink)?;
        let tables = self.places(&self.state.tables);
        words(sink, &[tables.len() as u64]);
        for place in tables {
            self.write_table(place, objects, sink)?;
        }
        let globals = self.places(&self.state.globals);
        words(sink, &[globals.len() as u64]);
        for place in globals {
            self.write_global(place, objects, sink)?;
        }
        let elements = self.places(&self.state.elements);
        words(sink, &[elements.len() as u64]);
        for place in elements {
            let word = self.portable(self.word(place), place.kind, objects)?;
            words(sink, &[place.index.into(), place.kind.into(), word]);
        }
        let segments = self.places(&self.state.segments);
        words(sink, &[segments.len() as u64]);
        for place in segments {
            words(sink, &[place.index.into(), place.kind.into(), self.word(place)]);
        }
        Ok(())
    }

    /// The 64 bits at a place.
    fn word(&self, place: &Place) -> u64 {
        // SAFETY: 64 bits lie there, and nothing else uses the instance.
        unsafe { self.at::<u64>(place).read() }
    }

    /// Reaches the objects that tables, globals and elements refer to.
    fn reach(&self, objects: &mut impl Objects) {
        for place in self.places(&self.state.tables) {
            self.table_elements(place).iter().for_each(|&element| reach(element, place.kind, objects));
        }
        for place in self.places(&self.state.globals).iter().chain(self.places(&self.state.elements)) {
            if is_reference(place.kind) {
                reach(self.word(place), place.kind, objects);
            }
        }
    }

    /// The elements of a table.
    fn table_elements(&self, place: &Place) -> &'a [u64] {
        // SAFETY: a table lies there, with so many elements, and nothing else uses the instance.
        unsafe {
            let table = &*self.at::<Table>(place);
            match table.len {
                0 => &[],
                len => slice::from_raw_parts(table.elements, len as usize),
            }
        }
    }

    fn write_table(&self, place: &Place, objects: &impl Objects, sink: Sink<'_>) -> Result<(), SnapshotError> {
        let elements = self.table_elements(place);
        words(sink, &[place.index.into(), place.kind.into(), elements.len() as u64]);
        for &element in elements {
            words(sink, &[self.portable(element, place.kind, objects)?]);
        }
        Ok(())
    }

    fn write_global(&self, place: &Place, objects: &impl Objects, sink: Sink<'_>) -> Result<(), SnapshotError> {
        let mut value = [0_u64; 2];
        // SAFETY: a value of the type lies there, and nothing else uses the instance. A word has room for any but a
        // vector, two have for that.
        unsafe { self.at::<u8>(place).copy_to_nonoverlapping((&raw mut value).cast(), size(place.kind)) };
        let [first, second] = value;
        let first = if is_reference(place.kind) { self.portable(first, place.kind, objects)? } else { first };
        words(sink, &[place.index.into(), place.kind.into(), first, second]);
        Ok(())
    }

    /// A reference as snapshots hold it.
    ///
    /// # Errors
    /// Where none can hold it.
    pub fn portable(&self, reference: u64, kind: u32, objects: &impl Objects) -> Result<u64, SnapshotError> {
        if let Some(address) = object(reference, kind, objects) {
            return Ok(objects.portable(address)? | reference & if kind == kind::EXTERN { EXTERNALIZED } else { 0 });
        }
        match kind {
            kind::EXTERN | kind::OBJECT => Ok(reference),
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

/// The address of the object that a reference is to, where it is to one.
fn object(reference: u64, kind: u32, objects: &impl Objects) -> Option<u64> {
    let internal = match kind {
        kind::OBJECT => reference,
        kind::EXTERN if objects.are_externs() && reference & EXTERNALIZED == EXTERNALIZED => reference & !EXTERNALIZED,
        _ => return None,
    };
    (internal != 0 && internal & TAGS == 0).then_some(internal)
}

/// Reaches the object that a reference is to, where it is to one.
pub fn reach(reference: u64, kind: u32, objects: &mut impl Objects) {
    if let Some(address) = object(reference, kind, objects) {
        objects.reach(address);
    }
}

/// Whether a place of a kind holds a reference.
pub fn is_reference(kind: u32) -> bool {
    matches!(kind, kind::NONE | kind::NULL | kind::OBJECT | kind::FUNCTION | kind::EXTERN)
}

/// Bytes of a value in instance state, by its kind.
pub fn size(kind: u32) -> usize {
    match kind {
        kind::I8 => 1,
        kind::I16 => 2,
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

/// Writes words.
pub fn words(sink: Sink<'_>, words: &[u64]) {
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
    let result = instance.write(&mut NoObjects, &mut |bytes| buffer.put(bytes));
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
