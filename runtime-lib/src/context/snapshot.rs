//! Snapshots of instances, and instances of snapshots: see [`wasmc_abi::snapshot`].
//!
//! A snapshot may come from anybody: each number is checked against what the module and the instance can have. What
//! the state itself holds is the guest's, which reaches no further with it than with any other.

use super::grow::{wasmc_context_memory_grow, wasmc_context_table_grow};
use super::references::{is_function_of, is_object_of};
use super::{context_of, module};
use crate::snapshot::{Instance, NoObjects, Objects, is_reference, is_zero, size};
use core::ffi::c_void;
use core::slice;
use wasmc_abi::heap::{EXTERNALIZED, TAGS};
use wasmc_abi::memory::Memory;
use wasmc_abi::reference::heap_type;
use wasmc_abi::snapshot::{
    CHUNK, HeapState, Place, Places, Reader, SnapshotError, SnapshotSink, State, function_index, kind, object_number,
};
use wasmc_abi::table::Table;
use wasmc_abi::trap::NO_FUNCTION;

/// See [`wasmc_abi::context::Api::snapshot`].
///
/// # Safety
/// The block must be that of an instance, which is not in use on another thread.
pub unsafe extern "C" fn snapshot(block: *mut u8, sink: SnapshotSink, data: *mut c_void) -> u32 {
    // SAFETY: the caller passes a block of an instance, before which its context lies.
    let context = unsafe { &*context_of(block) };
    if context.suspended != 0 || context.guest_stack != context.stack.end {
        return SnapshotError::Active as u32;
    }
    // SAFETY: no call of the instance is active, and the caller promises the same.
    unsafe {
        match context.snapshots {
            Some(with_objects) => (with_objects.snapshot)(block, sink, data),
            None => write(block, &mut NoObjects, sink, data),
        }
    }
}

/// Writes a snapshot, with these objects.
///
/// # Safety
/// The block must be that of an instance, in which no call is active, and `sink` take bytes with `data`.
pub unsafe fn write(block: *mut u8, objects: &mut impl Objects, sink: SnapshotSink, data: *mut c_void) -> u32 {
    // SAFETY: the caller promises an instance that nothing else uses.
    let instance = unsafe { Instance::new(state(), block) };
    // SAFETY: the caller's function takes bytes, with the caller's pointer.
    let result = instance.write(objects, &mut |bytes| unsafe { sink(data, bytes.as_ptr(), bytes.len()) });
    result.map_or_else(|error| error as u32, |()| 0)
}

/// See [`wasmc_abi::context::Api::restore`].
///
/// # Safety
/// The block must be that of an instance just made, and `bytes` valid for `len`.
pub unsafe extern "C" fn restore(block: *mut u8, bytes: *const u8, len: usize) -> u32 {
    if let Some(heap) = heap() {
        // SAFETY: the compiler says where what code and collector share lies; the caller has the instance for itself.
        unsafe { (heap.init)(heap.tables, block.add(heap.heap as usize).cast(), block.expose_provenance() as u64) };
    }
    // SAFETY: the caller passes a block of an instance, before which its context lies, and promises the same.
    unsafe {
        match (*context_of(block)).snapshots {
            Some(with_objects) => (with_objects.restore)(block, bytes, len),
            None => read(block, &mut NoneRestored, bytes, len),
        }
    }
}

/// Restores a snapshot, with these objects.
///
/// # Safety
/// As for [`restore`].
pub unsafe fn read(block: *mut u8, objects: &mut impl Restored, bytes: *const u8, len: usize) -> u32 {
    let bytes = match len {
        0 => &[],
        // SAFETY: the caller passes valid bytes.
        _ => unsafe { slice::from_raw_parts(bytes, len) },
    };
    // SAFETY: the caller has the instance for itself.
    let instance = unsafe { Instance::new(state(), block) };
    match (Restoring { instance, block }).all(objects, bytes) {
        Ok(()) => 0,
        Err(error) => error as u32,
    }
}

/// What there is to know of objects, where there are any.
pub fn heap() -> Option<&'static HeapState> {
    // SAFETY: the compiler writes it into libraries that make objects.
    unsafe { state().heap.as_ref() }
}

/// The objects that a snapshot has.
pub trait Restored {
    /// Whether external references can stand for objects.
    fn are_externs(&self) -> bool;

    /// Makes the objects.
    ///
    /// # Errors
    /// Where there can be no such objects, or there is no room for them.
    fn read(&mut self, restoring: &Restoring, reader: &mut Reader<'_>) -> Result<(), SnapshotError>;

    /// The address of the object with a number.
    fn object(&self, number: u64) -> Option<u64>;
}

/// None.
struct NoneRestored;

impl Restored for NoneRestored {
    fn are_externs(&self) -> bool {
        false
    }

    fn read(&mut self, _: &Restoring, reader: &mut Reader<'_>) -> Result<(), SnapshotError> {
        if reader.word() == Some(0) { Ok(()) } else { Err(SnapshotError::Malformed) }
    }

    fn object(&self, _: u64) -> Option<u64> {
        None
    }
}

fn state() -> &'static State {
    // SAFETY: the compiler writes it into every library.
    unsafe { &*module().state }
}

/// An instance that becomes what a snapshot says.
pub struct Restoring {
    instance: Instance<'static>,
    block: *mut u8,
}

impl Restoring {
    fn all<O: Restored>(&self, objects: &mut O, bytes: &[u8]) -> Result<(), SnapshotError> {
        let state = state();
        let mut reader = Reader::new(bytes, state.fingerprint)?;
        self.each(&state.memories, &mut reader, |place, reader| self.memory(place, reader))?;
        objects.read(self, &mut reader)?;
        let objects = &*objects;
        self.each(&state.tables, &mut reader, |place, reader| self.table(objects, place, reader))?;
        self.each(&state.globals, &mut reader, |place, reader| self.global(objects, place, reader))?;
        self.each(&state.elements, &mut reader, |place, reader| self.element(objects, place, reader))?;
        self.each(&state.segments, &mut reader, |place, reader| self.segment(place, reader))?;
        if reader.is_at_end() { Ok(()) } else { Err(SnapshotError::Malformed) }
    }

    /// Restores what lies at places of one sort.
    fn each<'r>(
        &self,
        places: &Places,
        reader: &mut Reader<'r>,
        step: impl Fn(&Place, &mut Reader<'r>) -> Result<(), SnapshotError>,
    ) -> Result<(), SnapshotError> {
        let places = self.instance.places(places);
        if reader.word() != Some(places.len() as u64) {
            return Err(SnapshotError::Malformed);
        }
        for place in places {
            if reader.word() != Some(place.index.into()) {
                return Err(SnapshotError::Malformed);
            }
            step(place, reader)?;
        }
        Ok(())
    }

    fn memory(&self, place: &Place, reader: &mut Reader<'_>) -> Result<(), SnapshotError> {
        let len = reader.word().ok_or(SnapshotError::Malformed)?;
        let state: *mut Memory = self.instance.at(place);
        // SAFETY: a memory lies there, and nothing else uses the instance.
        let (first, page) = unsafe { ((*state).len, (*state).page_size_log2) };
        let delta = len.checked_sub(first).ok_or(SnapshotError::Malformed)?;
        if (delta >> page) << page != delta {
            return Err(SnapshotError::Malformed);
        }
        // SAFETY: it is a memory of the block.
        if unsafe { wasmc_context_memory_grow(self.block, state.cast(), delta >> page) } == u64::MAX {
            return Err(SnapshotError::OutOfMemory);
        }
        let bytes = match len {
            0 => &mut [][..],
            // SAFETY: the memory has so many bytes now, which nothing else uses.
            _ => unsafe { slice::from_raw_parts_mut((*state).base, len as usize) },
        };
        // What the memory holds at first is not what it held then.
        for chunk in bytes.get_mut(..first as usize).into_iter().flat_map(|first| first.chunks_mut(CHUNK)) {
            if !is_zero(chunk) {
                chunk.fill(0);
            }
        }
        while let Some((start, chunk)) = reader.chunk().ok_or(SnapshotError::Malformed)? {
            let end = start.checked_add(chunk.len() as u64).ok_or(SnapshotError::Malformed)?;
            let room = bytes.get_mut(start as usize..end as usize).ok_or(SnapshotError::Malformed)?;
            room.copy_from_slice(chunk);
        }
        Ok(())
    }

    fn table(&self, objects: &impl Restored, place: &Place, reader: &mut Reader<'_>) -> Result<(), SnapshotError> {
        let (kind, len) = (reader.small(), reader.word().ok_or(SnapshotError::Malformed)?);
        let state: *mut Table = self.instance.at(place);
        // SAFETY: a table lies there, and nothing else uses the instance.
        let delta = len.checked_sub(unsafe { (*state).len }).ok_or(SnapshotError::Malformed)?;
        if kind != Some(place.kind) {
            return Err(SnapshotError::Malformed);
        }
        // SAFETY: it is a table of the block.
        if unsafe { wasmc_context_table_grow(self.block, state.cast(), delta, 0) } == u64::MAX {
            return Err(SnapshotError::OutOfMemory);
        }
        for index in 0..len as usize {
            let word = reader.word().ok_or(SnapshotError::Malformed)?;
            let reference = self.reference(objects, word, place)?;
            // SAFETY: the table has so many elements now, which nothing else uses.
            unsafe { (*state).elements.add(index).write(reference) };
        }
        Ok(())
    }

    fn global(&self, objects: &impl Restored, place: &Place, reader: &mut Reader<'_>) -> Result<(), SnapshotError> {
        let (Some(kind), Some(first), Some(second)) = (reader.small(), reader.word(), reader.word()) else {
            return Err(SnapshotError::Malformed);
        };
        if kind != place.kind {
            return Err(SnapshotError::Malformed);
        }
        let first = if is_reference(kind) { self.reference(objects, first, place)? } else { first };
        let value = [first, second];
        // SAFETY: a global of this type lies there, and nothing else uses the instance.
        unsafe { self.instance.at::<u8>(place).copy_from_nonoverlapping((&raw const value).cast(), size(kind)) };
        Ok(())
    }

    fn element(&self, objects: &impl Restored, place: &Place, reader: &mut Reader<'_>) -> Result<(), SnapshotError> {
        let (Some(kind), Some(word)) = (reader.small(), reader.word()) else { return Err(SnapshotError::Malformed) };
        if kind != place.kind {
            return Err(SnapshotError::Malformed);
        }
        // What was dropped is null, whatever its type.
        let reference = if word == 0 { 0 } else { self.reference(objects, word, place)? };
        // SAFETY: an element of a segment lies there, and nothing else uses the instance.
        unsafe { self.instance.at::<u64>(place).write(reference) };
        Ok(())
    }

    fn segment(&self, place: &Place, reader: &mut Reader<'_>) -> Result<(), SnapshotError> {
        let (Some(kind), Some(left)) = (reader.small(), reader.word()) else { return Err(SnapshotError::Malformed) };
        let state: *mut u64 = self.instance.at(place);
        // SAFETY: what is left of a segment lies there, and nothing else uses the instance.
        unsafe {
            // All of it is left, or nothing: instructions drop segments whole.
            if kind != place.kind || (left != 0 && left != state.read()) {
                return Err(SnapshotError::Malformed);
            }
            state.write(left);
        }
        Ok(())
    }

    /// The reference that a word of a snapshot stands for, if it has the type of a place.
    ///
    /// # Errors
    /// Where it has not.
    pub fn reference(&self, objects: &impl Restored, word: u64, place: &Place) -> Result<u64, SnapshotError> {
        if word == 0 && place.is_nullable != 0 {
            return Ok(0);
        }
        let internal = |word: u64, ty: i32| {
            let found = match word & TAGS {
                0 => object_number(word).and_then(|number| objects.object(number)),
                _ => Some(word).filter(|&word| word < 1 << 32),
            };
            found.filter(|&found| is_object_of(found, ty))
        };
        let found = match place.kind {
            kind::EXTERN if objects.are_externs() && word & EXTERNALIZED == EXTERNALIZED => {
                internal(word & !EXTERNALIZED, heap_type::EQ).map(|found| found | EXTERNALIZED)
            }
            kind::EXTERN => Some(word).filter(|&word| word != 0),
            kind::OBJECT => internal(word, place.to),
            kind::FUNCTION => {
                let function = function_index(word).and_then(|index| self.function(index));
                function.filter(|&function| is_function_of(function, place.to))
            }
            _ => None,
        };
        found.ok_or(SnapshotError::Malformed)
    }

    /// The address of a function, if references can refer to it.
    fn function(&self, index: u64) -> Option<u64> {
        let index = u32::try_from(index).ok().filter(|&index| index != NO_FUNCTION)?;
        let state = state();
        let (position, address) = self.instance.functions().entry(index, state.imports_len as u32)?;
        // SAFETY: there is a bit for each function of the tables.
        let bits = unsafe { state.referable.add(position / 8).read() };
        (bits >> (position % 8) & 1 == 1).then_some(address as u64)
    }
}
