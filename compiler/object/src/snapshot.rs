//! Where the state lies that snapshots hold: see [`wasmc_abi::snapshot`].

use crate::Error;
use crate::writer::Writer;
use object::write::SymbolId;
use std::mem::offset_of;
use wasmc_abi::builtin::Builtin;
use wasmc_abi::heap::{HOST_WORD, HOST_WORD_OFFSET, HOST_WORD_SIZE};
use wasmc_abi::reference::heap_type;
use wasmc_abi::snapshot::{HeapState, Place, Places, Shape, State, kind, shape};
use wasmc_abi::table::ELEMENT_SIZE;
use wasmc_codegen::plan::heap::Layout;
use wasmc_codegen::plan::initial::evaluate;
use wasmc_codegen::plan::instance::Location;
use wasmc_codegen::plan::table::Origin;
use wasmc_codegen::{CompiledFunction, FunctionKey, Plan, Symbol};
use wasmc_frontend::Module;
use wasmc_frontend::index::TypeIndex;
use wasmc_frontend::module::GlobalOrigin;
use wasmc_frontend::wasmparser::{AbstractHeapType, CompositeInnerType, HeapType, RefType, StorageType, ValType};

/// Writes it, where a program has use for it: libraries, and what writes a snapshot at its end.
pub(crate) fn write(writer: &mut Writer<'_>, functions: &[CompiledFunction], fingerprint: u64) -> Result<(), Error> {
    let plan = writer.plan;
    if !plan.program.is_library && !plan.options.snapshot {
        return Ok(());
    }
    let traps = writer.trap_tables.expect("what can be restored can trap");
    let (_, _, referable) = {
        let section = writer.constants(false);
        writer.anonymous(section, &referable(plan, functions), 1, "wasmc_snapshot_functions")
    };
    let sorts = [
        (offset_of!(State, memories), memories(plan)),
        (offset_of!(State, tables), tables(plan)),
        (offset_of!(State, globals), globals(plan)),
        (offset_of!(State, elements), elements(plan)),
        (offset_of!(State, segments), segments(plan)),
    ];
    let mut bytes = [0; size_of::<State>()];
    let imports = plan.module.functions.len() - plan.module.summaries.len();
    let mut numbers =
        vec![(offset_of!(State, fingerprint), fingerprint), (offset_of!(State, imports_len), imports as u64)];
    numbers.extend(sorts.iter().map(|(at, places)| (at + offset_of!(Places, len), places.len() as u64)));
    for (at, number) in numbers {
        bytes[at..at + 8].copy_from_slice(&number.to_le_bytes());
    }
    let mut addresses: Vec<(usize, (SymbolId, i64))> =
        vec![(offset_of!(State, traps), traps), (offset_of!(State, referable), referable)];
    for (at, places) in sorts {
        let section = writer.constants(false);
        let places: Vec<u8> = places.iter().flat_map(encode).collect();
        let (_, _, places) = writer.anonymous(section, &places, 4, "wasmc_snapshot_places");
        addresses.push((at + offset_of!(Places, first), places));
    }
    if plan.program.is_library && plan.program.has_heap {
        addresses.push((offset_of!(State, heap), heap(writer)?));
    }
    let section = writer.constants(true);
    let (section, start) = writer.define(Symbol::State, section, &bytes, 8);
    for (at, (symbol, addend)) in addresses {
        writer.address(section, start + at as u64, symbol, addend)?;
    }
    Ok(())
}

fn encode(place: &Place) -> Vec<u8> {
    const {
        assert!(size_of::<Place>() == 20 && offset_of!(Place, kind) == 4 && offset_of!(Place, index) == 8);
        assert!(offset_of!(Place, to) == 12 && offset_of!(Place, is_nullable) == 16);
    };
    let Place { offset, kind, index, to, is_nullable } = *place;
    [offset, kind, index, to as u32, is_nullable].into_iter().flat_map(u32::to_le_bytes).collect()
}

/// A bit for each function: whether references can refer to it.
fn referable(plan: &Plan<'_>, functions: &[CompiledFunction]) -> Vec<u8> {
    let mut bits = vec![0; functions.len().div_ceil(8)];
    for (position, function) in functions.iter().enumerate() {
        if let FunctionKey::Wasm(index) | FunctionKey::ImportStub(index) = function.key
            && plan.reach.escaping.contains(&index)
        {
            bits[position / 8] |= 1 << (position % 8);
        }
    }
    bits
}

/// What is no reference.
fn place(location: Location, kind: u32, index: u32) -> Place {
    Place { offset: location.offset, kind, index, to: 0, is_nullable: 0 }
}

/// A value of a type.
fn value(offset: u32, ty: ValType, index: u32, module: &Module<'_>) -> Place {
    let (kind, to) = match ty {
        ValType::Ref(ty) => of_reference(ty, module),
        number => (of_value(number), 0),
    };
    Place { offset, kind, index, to, is_nullable: matches!(ty, ValType::Ref(ty) if ty.is_nullable()).into() }
}

fn memories(plan: &Plan<'_>) -> Vec<Place> {
    plan.layout.memories.iter().map(|(index, &at)| place(at, kind::MEMORY, index.as_u32())).collect()
}

/// The tables that are not constant.
fn tables(plan: &Plan<'_>) -> Vec<Place> {
    let summary = &plan.reach.summary;
    let changes = |index| {
        let table = &plan.tables.tables[index];
        let is_image = matches!(table.origin, Origin::Image(_));
        summary.tables.contains(&index) && (!table.is_fixed || !is_image || summary.written_tables.contains(&index))
    };
    let tables = plan.module.tables.iter().filter(|&(index, _)| changes(index));
    tables
        .map(|(index, table)| {
            let offset = plan.layout.tables[index].offset;
            value(offset, ValType::Ref(table.ty.element_type), index.as_u32(), plan.module)
        })
        .collect()
}

/// The globals that can change, and in a library, where no code of an instance that is restored runs, those that
/// instantiation finds out.
fn globals(plan: &Plan<'_>) -> Vec<Place> {
    let globals = plan.module.globals.iter().filter(|(index, global)| {
        // Each instance of a library has globals of its own.
        let is_own = plan.program.is_library || matches!(global.origin, GlobalOrigin::Init(_));
        let is_found_out = || match &global.origin {
            GlobalOrigin::Init(operators) => plan.program.is_library && evaluate(plan.module, operators).is_none(),
            GlobalOrigin::Import(_) => false,
        };
        is_own && (global.ty.mutable || is_found_out()) && plan.reach.summary.globals.contains(index)
    });
    globals
        .map(|(index, global)| {
            value(plan.layout.globals[index].offset, global.ty.content_type, index.as_u32(), plan.module)
        })
        .collect()
}

/// The elements of segments that instantiation finds out, in a library.
fn elements(plan: &Plan<'_>) -> Vec<Place> {
    let mut places = Vec::new();
    for (&index, location) in plan.layout.elements.iter().filter(|_| plan.program.is_library) {
        let element = &plan.module.elements[index];
        for (item, offset) in element.items.expressions().iter().zip((location.offset..).step_by(ELEMENT_SIZE as usize))
        {
            if evaluate(plan.module, item).is_none() {
                places.push(value(offset, ValType::Ref(element.ty), index.as_u32(), plan.module));
            }
        }
    }
    places
}

/// What there is to know of objects.
fn heap(writer: &mut Writer<'_>) -> Result<(SymbolId, i64), Error> {
    let plan = writer.plan;
    let (shapes, fields) = shapes(plan);
    let section = writer.constants(false);
    let words = shapes.iter().flat_map(|shape| [shape.size, shape.first, shape.len, shape.kind]);
    let words: Vec<u8> = words.flat_map(u32::to_le_bytes).collect();
    let (_, _, shapes_at) = writer.anonymous(section, &words, 4, "wasmc_snapshot_shapes");
    let fields: Vec<u8> = fields.iter().flat_map(encode).collect();
    let (_, _, fields) = writer.anonymous(section, &fields, 4, "wasmc_snapshot_fields");
    let mut bytes = [0; size_of::<HeapState>()];
    let numbers = [
        (offset_of!(HeapState, heap), plan.layout.heap.map_or(0, |place| place.offset.into())),
        (offset_of!(HeapState, are_externs), plan.externs_may_be_objects().into()),
        (offset_of!(HeapState, shapes_len), shapes.len() as u64),
    ];
    for (at, number) in numbers {
        bytes[at..at + 8].copy_from_slice(&number.to_le_bytes());
    }
    let section = writer.constants(true);
    let (section, start, state) = writer.anonymous(section, &bytes, 8, "wasmc_snapshot_heap");
    let addresses = [
        (offset_of!(HeapState, init), (writer.symbol(Symbol::Builtin(Builtin::ContextHeapInit)), 0)),
        (offset_of!(HeapState, tables), (writer.symbol(Symbol::HeapTables), 0)),
        (offset_of!(HeapState, shapes), shapes_at),
        (offset_of!(HeapState, fields), fields),
    ];
    for (at, (symbol, addend)) in addresses {
        writer.address(section, start + at as u64, symbol, addend)?;
    }
    Ok(state)
}

/// What the objects that are made consist of, by the numbers of their types, and all their fields.
fn shapes(plan: &Plan<'_>) -> (Vec<Shape>, Vec<Place>) {
    const { assert!(offset_of!(Shape, first) == 4 && offset_of!(Shape, len) == 8 && offset_of!(Shape, kind) == 12) };
    let word = Place { offset: HOST_WORD_OFFSET, kind: kind::WORD, index: 0, to: 0, is_nullable: 0 };
    let mut shapes = vec![Shape::default(); HOST_WORD as usize + 1];
    shapes[HOST_WORD as usize] = Shape { size: HOST_WORD_SIZE, first: 0, len: 1, kind: shape::STRUCT };
    let mut fields = vec![word];
    for (index, layout) in &plan.heap.layouts {
        let number = plan.type_numbers(index).first;
        if !plan.heap.is_made(number) {
            continue;
        }
        let (types, offsets, size, kind) = match (&plan.module.types[index].composite_type.inner, layout) {
            (CompositeInnerType::Struct(ty), Layout::Struct(layout)) => {
                (&*ty.fields, &*layout.offsets, layout.size, shape::STRUCT)
            }
            (CompositeInnerType::Array(ty), Layout::Array(size)) => {
                (std::slice::from_ref(&ty.0), &[0][..], *size, shape::ARRAY)
            }
            _ => continue,
        };
        if shapes.len() <= number as usize {
            shapes.resize(number as usize + 1, Shape::default());
        }
        let first = fields.len() as u32;
        shapes[number as usize] = Shape { size, first, len: types.len() as u32, kind };
        fields.extend(types.iter().zip(offsets).map(|(ty, &offset)| field(offset, ty.element_type, plan.module)));
    }
    (shapes, fields)
}

/// A field, or an element.
fn field(offset: u32, ty: StorageType, module: &Module<'_>) -> Place {
    let packed = |kind| Place { offset, kind, index: 0, to: 0, is_nullable: 0 };
    match ty {
        StorageType::I8 => packed(kind::I8),
        StorageType::I16 => packed(kind::I16),
        StorageType::Val(ty) => value(offset, ty, 0, module),
    }
}

fn segments(plan: &Plan<'_>) -> Vec<Place> {
    let data = plan.layout.data_lens.iter().map(|(index, &at)| place(at, kind::DATA, index.as_u32()));
    let elements = plan.layout.element_lens.iter().map(|(index, &at)| place(at, kind::ELEMENTS, index.as_u32()));
    data.chain(elements).collect()
}

/// The kind of a value: for numbers, the code of their type (core specification 5.3).
pub(crate) fn of_value(ty: ValType) -> u32 {
    match ty {
        ValType::I32 => 0x7f,
        ValType::I64 => 0x7e,
        ValType::F32 => 0x7d,
        ValType::F64 => 0x7c,
        ValType::V128 => 0x7b,
        ValType::Ref(_) => kind::NONE,
    }
}

/// The kind of a reference, and its heap type as [`wasmc_abi::reference`] has it.
fn of_reference(ty: RefType, module: &Module<'_>) -> (u32, i32) {
    let other = (if ty.is_nullable() { kind::NULL } else { kind::NONE }, 0);
    match ty.heap_type() {
        HeapType::Abstract { ty, shared: false } => match ty {
            AbstractHeapType::Func => (kind::FUNCTION, heap_type::FUNC),
            AbstractHeapType::Extern => (kind::EXTERN, heap_type::EXTERN),
            AbstractHeapType::Any => (kind::OBJECT, heap_type::ANY),
            AbstractHeapType::Eq => (kind::OBJECT, heap_type::EQ),
            AbstractHeapType::I31 => (kind::OBJECT, heap_type::I31),
            AbstractHeapType::Struct => (kind::OBJECT, heap_type::STRUCT),
            AbstractHeapType::Array => (kind::OBJECT, heap_type::ARRAY),
            _ => other,
        },
        HeapType::Concrete(index) => match index.as_module_index().map(TypeIndex::from_u32) {
            Some(index) if module.is_func_type(index) => (kind::FUNCTION, index.as_u32() as i32),
            Some(index) => (kind::OBJECT, index.as_u32() as i32),
            None => other,
        },
        HeapType::Abstract { .. } | HeapType::Exact(_) => other,
    }
}
