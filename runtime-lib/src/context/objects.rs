//! Objects in snapshots: see [`wasmc_abi::snapshot`].
//!
//! They are numbered in the order in which they are reached, each layer after the one before: a table has the number of
//! each by its place in the heap. Restoring makes all of them, empty, and then fills them. As a snapshot may come from
//! anybody, objects are made only of types of which code makes any, as code is compiled for these alone, and references
//! are compared with the types of what holds them. No code runs meanwhile, and nothing is collected.

use super::context_of;
use super::snapshot::{Restored, Restoring, heap, read, write};
use crate::gc;
use crate::snapshot::{Instance, Objects, Sink, is_reference, reach, size, words};
use crate::sys::{self, REFERENCE_SIZE};
use core::ffi::c_void;
use core::ptr::{with_exposed_provenance, with_exposed_provenance_mut};
use core::slice;
use wasmc_abi::heap::{ALIGN, ELEMENTS, EXTERNALIZED, HOST_WORD_LIMIT, Heap, LARGEST_SMALL, LEN};
use wasmc_abi::snapshot::{
    Functions, HeapState, Place, Reader, Shape, SnapshotError, SnapshotSink, kind, object_word, shape,
};

/// What snapshots with objects are written and restored by.
pub static FUNCTIONS: Functions = Functions { snapshot, restore };

/// Bytes of a word of a snapshot.
const WORD: usize = size_of::<u64>();

/// See [`wasmc_abi::context::Api::snapshot`].
///
/// # Safety
/// The block must be that of an instance with a heap, in which no call is active.
unsafe extern "C" fn snapshot(block: *mut u8, sink: SnapshotSink, data: *mut c_void) -> u32 {
    let Some(heap) = heap() else { return SnapshotError::References as u32 };
    // SAFETY: the caller promises an instance with a heap.
    let Some(mut reached) = Reached::new(heap, unsafe { &*(*context_of(block)).heap }) else {
        return SnapshotError::OutOfMemory as u32;
    };
    // SAFETY: as above.
    unsafe { write(block, &mut reached, sink, data) }
}

/// See [`wasmc_abi::context::Api::restore`].
///
/// # Safety
/// The block must be that of an instance just made, whose heap is ready, and `bytes` valid for `len`.
unsafe extern "C" fn restore(block: *mut u8, bytes: *const u8, len: usize) -> u32 {
    let Some(heap) = heap() else { return SnapshotError::References as u32 };
    // SAFETY: the caller promises an instance with a heap, of which nothing uses the part that code shares.
    let mut made = Made { heap, shared: unsafe { (*context_of(block)).heap }, addresses: Words::NONE };
    // SAFETY: as above.
    unsafe { read(block, &mut made, bytes, len) }
}

/// Numbers of 32 bits, zeroes at first, which are given back at the end.
struct Words {
    start: usize,
    len: usize,
}

impl Words {
    const NONE: Self = Self { start: 0, len: 0 };

    fn new(len: usize) -> Option<Self> {
        match len {
            0 => Some(Self::NONE),
            _ => sys::map_zeroed(len * size_of::<u32>()).ok().map(|start| Self { start, len }),
        }
    }

    fn get(&self, index: usize) -> Option<u32> {
        // SAFETY: the mapping has so many words, which are this one's.
        (index < self.len).then(|| unsafe { with_exposed_provenance::<u32>(self.start).add(index).read() })
    }

    fn set(&mut self, index: usize, word: u32) {
        if index < self.len {
            // SAFETY: as in `get`.
            unsafe { with_exposed_provenance_mut::<u32>(self.start).add(index).write(word) };
        }
    }
}

impl Drop for Words {
    fn drop(&mut self) {
        if self.len > 0 {
            // SAFETY: the mapping is this one's.
            unsafe { sys::unmap(self.start, self.len * size_of::<u32>()) };
        }
    }
}

/// The shape of a type of which objects are made, by its number.
fn shape_of(heap: &HeapState, number: u32) -> Option<&'static Shape> {
    // SAFETY: the compiler writes so many.
    let shape = (u64::from(number) < heap.shapes_len).then(|| unsafe { &*heap.shapes.add(number as usize) })?;
    (shape.kind != shape::NONE).then_some(shape)
}

/// The fields of a structure, or the one that stands for all elements of an array.
fn fields(heap: &HeapState, shape: &Shape) -> &'static [Place] {
    match shape.len {
        0 => &[],
        // SAFETY: the compiler writes the fields of all shapes.
        len => unsafe { slice::from_raw_parts(heap.fields.add(shape.first as usize), len as usize) },
    }
}

/// Calls `visit` with each field or element of an object, and its address.
fn each_field<E>(
    heap: &HeapState,
    address: usize,
    mut visit: impl FnMut(&'static Place, usize) -> Result<(), E>,
) -> Result<(), E> {
    let Some(shape) = shape_of(heap, u32_at(address)) else { return Ok(()) };
    let fields = fields(heap, shape);
    if shape.kind == shape::STRUCT {
        return fields.iter().try_for_each(|field| visit(field, address + field.offset as usize));
    }
    let Some(element) = fields.first() else { return Ok(()) };
    let first = address + ELEMENTS as usize;
    (0..u32_at(address + LEN as usize) as usize).try_for_each(|at| visit(element, first + at * shape.size as usize))
}

/// Reads 32 bits of an object.
fn u32_at(address: usize) -> u32 {
    // SAFETY: objects have their type's number, and their length, at these addresses; they stay while this runs.
    unsafe { with_exposed_provenance::<u32>(address).read() }
}

/// Bytes of a field or an element.
fn room(kind: u32) -> usize {
    if kind == kind::OBJECT { REFERENCE_SIZE } else { size(kind) }
}

/// The word of a reference in an object.
fn reference_at(address: usize, kind: u32) -> u64 {
    // SAFETY: the field has a reference of this kind.
    unsafe {
        match room(kind) {
            4 => u64::from(with_exposed_provenance::<u32>(address).read()),
            _ => with_exposed_provenance::<u64>(address).read(),
        }
    }
}

/// What is reached of a heap.
struct Reached {
    heap: &'static HeapState,
    /// Where the heap begins.
    base: usize,
    /// The number of each object, plus 1, by its place.
    numbers: Words,
    /// The place of each object, by its number.
    places: Words,
    /// How many there are.
    len: usize,
}

impl Reached {
    fn new(heap: &'static HeapState, shared: &Heap) -> Option<Self> {
        let (mut base, mut last) = (usize::MAX, 0);
        gc::each_block(shared, |start, end| (base, last) = (base.min(start), last.max(end)));
        let places = last.saturating_sub(base) / ALIGN as usize;
        Some(Self { heap, base, numbers: Words::new(places)?, places: Words::new(places)?, len: 0 })
    }

    fn address(&self, number: usize) -> usize {
        self.base + self.places.get(number).unwrap_or(0) as usize * ALIGN as usize
    }
}

impl Objects for Reached {
    fn are_externs(&self) -> bool {
        self.heap.are_externs != 0
    }

    fn reach(&mut self, address: u64) {
        let place = (address as usize - self.base) / ALIGN as usize;
        if self.numbers.get(place) == Some(0) {
            self.places.set(self.len, place as u32);
            self.len += 1;
            self.numbers.set(place, self.len as u32);
        }
    }

    fn write(&mut self, instance: &Instance<'_>, sink: Sink<'_>) -> Result<(), SnapshotError> {
        let (heap, mut next) = (self.heap, 0);
        while next < self.len {
            each_field(heap, self.address(next), |field, at| {
                if is_reference(field.kind) {
                    reach(reference_at(at, field.kind), field.kind, self);
                }
                Ok::<_, SnapshotError>(())
            })?;
            next += 1;
        }
        words(sink, &[self.len as u64]);
        for address in (0..self.len).map(|number| self.address(number)) {
            let is_array = shape_of(heap, u32_at(address)).is_some_and(|shape| shape.kind == shape::ARRAY);
            let len = if is_array { u32_at(address + LEN as usize) } else { 0 };
            words(sink, &[u64::from(len) << 32 | u64::from(u32_at(address))]);
        }
        for address in (0..self.len).map(|number| self.address(number)) {
            each_field(heap, address, |field, at| {
                if is_reference(field.kind) {
                    words(sink, &[instance.portable(reference_at(at, field.kind), field.kind, self)?]);
                } else {
                    // SAFETY: the field has so many bytes.
                    sink(unsafe { slice::from_raw_parts(with_exposed_provenance(at), size(field.kind)) });
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    fn portable(&self, address: u64) -> Result<u64, SnapshotError> {
        let number = self.numbers.get((address as usize - self.base) / ALIGN as usize);
        let number = number.and_then(|number| number.checked_sub(1)).ok_or(SnapshotError::References)?;
        Ok(object_word(number.into()))
    }
}

/// The objects of a snapshot.
struct Made {
    heap: &'static HeapState,
    shared: *mut Heap,
    /// The address of each, by its number: all lie in the lowest 4 GiB.
    addresses: Words,
}

impl Made {
    /// Makes an object that holds zeroes, of which a snapshot has the number of its type, and its length. `left` is how
    /// many bytes the snapshot has of what this one and those behind it hold.
    fn make(&mut self, number: usize, header: u64, left: &mut usize) -> Result<(), SnapshotError> {
        let (ty, len) = (header as u32, (header >> 32) as u32);
        let shape = shape_of(self.heap, ty).ok_or(SnapshotError::Malformed)?;
        let mut stored: usize = fields(self.heap, shape).iter().map(|field| size(field.kind)).sum();
        let bytes = match shape.kind {
            shape::ARRAY => {
                stored *= len as usize;
                gc::array_size(shape.size, len)
            }
            _ if len == 0 => shape.size as usize,
            _ => return Err(SnapshotError::Malformed),
        };
        *left = left.checked_sub(stored).ok_or(SnapshotError::Malformed)?;
        // SAFETY: the instance is being restored: nothing else uses what its code shares with the collector.
        let address = gc::place(unsafe { &mut *self.shared }, bytes).ok_or(SnapshotError::OutOfMemory)?;
        let object = with_exposed_provenance_mut::<u8>(address);
        // SAFETY: the object has so many bytes, which are new, and of which the first are its header, and its length.
        unsafe {
            object.write_bytes(0, bytes);
            object.cast::<u32>().write(ty);
            if shape.kind == shape::ARRAY {
                object.add(LEN as usize).cast::<u32>().write(len);
            }
            if bytes > LARGEST_SMALL as usize {
                gc::wasmc_heap_written(self.shared, address as u64, bytes as u64);
            }
        }
        self.addresses.set(number, address as u32);
        Ok(())
    }

    /// Sets a field or an element to what a snapshot says.
    fn fill(
        &self,
        restoring: &Restoring,
        field: &Place,
        at: usize,
        reader: &mut Reader<'_>,
    ) -> Result<(), SnapshotError> {
        let to = with_exposed_provenance_mut::<u8>(at);
        let word = |reader: &mut Reader<'_>| reader.word().ok_or(SnapshotError::Malformed);
        if is_reference(field.kind) {
            let found = restoring.reference(self, word(reader)?, field)?;
            // SAFETY: the field has so many bytes; what takes 4 lies in the lowest 4 GiB.
            unsafe { to.copy_from_nonoverlapping((&raw const found).cast(), room(field.kind)) };
            return Ok(());
        }
        let bytes = reader.bytes(size(field.kind) as u64).ok_or(SnapshotError::Malformed)?;
        let is_word = |word: u64| word >= HOST_WORD_LIMIT && word & EXTERNALIZED != EXTERNALIZED;
        if field.kind == kind::WORD && !bytes.first_chunk().is_some_and(|&word| is_word(u64::from_le_bytes(word))) {
            return Err(SnapshotError::Malformed);
        }
        // SAFETY: the field has so many bytes.
        unsafe { to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        Ok(())
    }
}

impl Restored for Made {
    fn are_externs(&self) -> bool {
        self.heap.are_externs != 0
    }

    fn read(&mut self, restoring: &Restoring, reader: &mut Reader<'_>) -> Result<(), SnapshotError> {
        let count = reader.word().ok_or(SnapshotError::Malformed)?;
        let headers = count.checked_mul(WORD as u64).and_then(|bytes| reader.bytes(bytes));
        let (headers, _) = headers.ok_or(SnapshotError::Malformed)?.as_chunks::<WORD>();
        self.addresses = Words::new(headers.len()).ok_or(SnapshotError::OutOfMemory)?;
        let mut left = reader.left();
        for (number, header) in headers.iter().enumerate() {
            self.make(number, u64::from_le_bytes(*header), &mut left)?;
        }
        for number in 0..headers.len() {
            let address = self.addresses.get(number).unwrap_or(0) as usize;
            each_field(self.heap, address, |field, at| self.fill(restoring, field, at, reader))?;
        }
        // The next object is asked for, and comes where the collector wants it.
        // SAFETY: as in `make`.
        unsafe { (*self.shared).limit = (*self.shared).next };
        Ok(())
    }

    fn object(&self, number: u64) -> Option<u64> {
        self.addresses.get(usize::try_from(number).ok()?).map(u64::from)
    }
}
