//! How objects are laid out: see [`wasmc_abi::heap`].

use super::objects::Objects;
use crate::Target;
use cranelift_entity::PrimaryMap;
use wasmc_abi::heap::{ALIGN, ELEMENTS, FIELDS, HeapType, Kind, OFFSET_UNIT};
use wasmc_frontend::index::{InstanceId, TypeIndex};
use wasmc_frontend::program::Program;
use wasmc_frontend::program::types::{Composite, Numbers, Storage, Types};

/// The layout of a type's objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A type of functions.
    Func,
    /// A structure.
    Struct(StructLayout),
    /// An array, with the bytes of an element.
    Array(u32),
}

/// The layout of a structure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StructLayout {
    /// Where each field lies.
    pub offsets: Vec<u32>,
    /// Bytes of an object.
    pub size: u32,
}

/// How the objects of one instance's types are laid out.
#[derive(Debug, Default)]
pub struct HeapPlan {
    /// The layout of each type of the module. Empty where all of them are types of functions.
    pub layouts: PrimaryMap<TypeIndex, Layout>,
    /// Bytes of a reference in an object.
    pub reference_size: u32,
    /// What is known of all objects; `None` where another instance may make any.
    objects: Option<Objects>,
}

impl HeapPlan {
    /// The plan for an instance.
    pub(super) fn new(program: &Program<'_>, instance: InstanceId, target: &Target, objects: Option<Objects>) -> Self {
        let (types, ids) = (program.types(), program.type_ids(program[instance].module));
        let reference_size = target.reference_size();
        let mut plan = Self { layouts: PrimaryMap::new(), reference_size, objects };
        if ids.values().any(|&id| *types.composite(id) != Composite::Func) {
            plan.layouts = ids.values().map(|&id| layout(types.composite(id), reference_size)).collect();
        }
        plan
    }

    /// Of the numbers of a type and its subtypes, the first and the last that an object can have.
    pub fn possible(&self, numbers: Numbers) -> Numbers {
        self.objects.as_ref().map_or(numbers, |objects| objects.possible(numbers))
    }

    /// Whether objects of a type with this number are made.
    pub fn is_made(&self, number: u32) -> bool {
        self.objects.as_ref().is_none_or(|objects| objects.made.contains(&number))
    }

    /// Whether a field, by the number of the type that declares it and its position, may be written after the object
    /// has been made.
    pub fn may_be_written(&self, declarer: u32, field: u32) -> bool {
        self.objects.as_ref().is_none_or(|objects| objects.written.contains(&(declarer, field)))
    }

    /// The layout of a structure type of the module.
    ///
    /// # Panics
    /// Where the type is another.
    pub fn structure(&self, type_index: TypeIndex) -> &StructLayout {
        match &self.layouts[type_index] {
            Layout::Struct(layout) => layout,
            other => panic!("type {type_index} is no structure type: {other:?}"),
        }
    }

    /// Bytes of an element of an array type of the module.
    ///
    /// # Panics
    /// Where the type is another.
    pub fn element_size(&self, type_index: TypeIndex) -> u32 {
        match self.layouts[type_index] {
            Layout::Array(size) => size,
            ref other => panic!("type {type_index} is no array type: {other:?}"),
        }
    }
}

/// Bytes of a field or an element.
pub fn size_of(storage: Storage, reference_size: u32) -> u32 {
    match storage {
        Storage::Bytes(size) => size,
        Storage::Word | Storage::Extern => 8,
        Storage::Object => reference_size,
    }
}

fn layout(composite: &Composite, reference_size: u32) -> Layout {
    match composite {
        Composite::Func => Layout::Func,
        Composite::Struct(fields) => Layout::Struct(StructLayout::new(fields, reference_size)),
        Composite::Array(element) => Layout::Array(size_of(*element, reference_size)),
    }
}

/// Gaps that alignment leaves, which are remembered for smaller fields.
const GAPS: usize = 4;

impl StructLayout {
    /// Lays out fields one after the other, so that where one lies depends on it and those before it alone: the fields
    /// of a supertype lie where they lie in its subtypes.
    fn new(fields: &[Storage], reference_size: u32) -> Self {
        let (mut end, mut gaps) = (FIELDS, Vec::new());
        let mut offsets = Vec::with_capacity(fields.len());
        for &field in fields {
            let size = size_of(field, reference_size);
            offsets.push(in_gap(&mut gaps, size).unwrap_or_else(|| {
                let offset = end.next_multiple_of(size.min(ALIGN));
                if offset > end {
                    gaps.truncate(GAPS - 1);
                    gaps.insert(0, (end, offset));
                }
                end = offset + size;
                offset
            }));
        }
        Self { offsets, size: end.next_multiple_of(ALIGN) }
    }
}

/// A place for a field in one of the gaps.
fn in_gap(gaps: &mut [(u32, u32)], size: u32) -> Option<u32> {
    let fits = |&(start, end): &(u32, u32)| start.next_multiple_of(size.min(ALIGN)) + size <= end;
    let gap = gaps.iter_mut().find(|gap| fits(gap))?;
    let offset = gap.0.next_multiple_of(size.min(ALIGN));
    gap.0 = offset + size;
    Some(offset)
}

/// What the collector must know of all types, by number, and the offsets that it refers to. `with_externs` says whether
/// external references can stand for objects.
pub fn heap_types(types: &Types, reference_size: u32, with_externs: bool) -> (Vec<HeapType>, Vec<u16>) {
    let none = HeapType { size: 0, first: 0, references: 0, externs: 0, kind: Kind::None };
    let mut table = vec![none; 1];
    // The object that holds a word of the embedder's.
    table[wasmc_abi::heap::HOST_WORD as usize] =
        HeapType { size: wasmc_abi::heap::HOST_WORD_SIZE, kind: Kind::Struct, ..none };
    let mut offsets = Vec::new();
    for (id, composite) in types.composites() {
        let number = types.numbers(id).first as usize;
        if table.len() <= number {
            table.resize(number + 1, none);
        }
        table[number] = match composite {
            Composite::Func => none,
            Composite::Array(element) => {
                let kind = match element {
                    Storage::Object => Kind::References,
                    Storage::Extern if with_externs => Kind::Externs,
                    Storage::Bytes(_) | Storage::Word | Storage::Extern => Kind::Array,
                };
                HeapType { size: size_of(*element, reference_size), kind, ..none }
            }
            Composite::Struct(fields) => {
                let layout = StructLayout::new(fields, reference_size);
                let first = offsets.len() as u32;
                let of = |wanted: Storage| {
                    let fields = fields.iter().zip(&layout.offsets).filter(move |(field, _)| **field == wanted);
                    fields.map(|(_, offset)| (offset / OFFSET_UNIT) as u16)
                };
                offsets.extend(of(Storage::Object));
                let references = (offsets.len() as u32 - first) as u16;
                if with_externs {
                    offsets.extend(of(Storage::Extern));
                }
                let externs = (offsets.len() as u32 - first) as u16 - references;
                HeapType { size: layout.size, first, references, externs, kind: Kind::Struct }
            }
        };
    }
    (table, offsets)
}

// Elements of every size lie where their size asks for, as far as objects are aligned.
const _: () = assert!(ELEMENTS.is_multiple_of(ALIGN));

#[cfg(test)]
mod tests {
    use super::*;

    fn structure(fields: &[Storage]) -> StructLayout {
        StructLayout::new(fields, 4)
    }

    #[test]
    fn fields_fill_the_gaps_that_alignment_leaves() {
        use Storage::{Bytes, Extern, Object, Word};
        assert_eq!(structure(&[]), StructLayout { offsets: vec![], size: 8 });
        assert_eq!(structure(&[Object]), StructLayout { offsets: vec![4], size: 8 });
        let fields = [Word, Bytes(1), Bytes(2), Extern, Bytes(16), Object];
        assert_eq!(structure(&fields), StructLayout { offsets: vec![8, 4, 6, 16, 24, 40], size: 48 });
    }

    #[test]
    fn subtypes_begin_as_their_supertypes() {
        use Storage::{Bytes, Object, Word};
        let fields = [Bytes(1), Word, Bytes(2), Object, Bytes(8), Bytes(1), Object];
        let all = structure(&fields);
        for count in 0..fields.len() {
            assert_eq!(structure(&fields[..count]).offsets, all.offsets[..count]);
        }
    }
}
