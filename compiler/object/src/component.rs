//! What functions of the runtime know of the component that calls them: see [`wasmc_abi::component`].

use crate::Error;
use crate::names::{canonical_symbol, instance_symbol, item_symbol};
use crate::writer::Writer;
use object::SymbolKind;
use object::write::StandardSection;
use std::mem::offset_of;
use wasmc_abi::component::{Canonical, Instance, RESOURCE_TABLES, ResourceTable};
use wasmc_frontend::index::{CanonicalId, ComponentInstanceId};
use wasmc_frontend::program::component;

/// Writes all of it, to the object with the program's start.
pub(crate) fn write(writer: &mut Writer<'_>, component: &component::Component) -> Result<(), Error> {
    for instance in (0..component.component_instances).map(ComponentInstanceId::from_u32) {
        let mut bytes = [0; size_of::<Instance>()];
        bytes[offset_of!(Instance, may_leave)] = 1;
        writer.global_data_in(StandardSection::Data, &instance_symbol(instance), &bytes);
    }
    for (id, canonical) in &component.canonicals {
        // Functions that nothing reaches have no trampolines for the functions that they would call.
        let called = canonical.realloc.into_iter().chain(canonical.destructor);
        if called.into_iter().all(|function| writer.trampolines.contains_key(&function)) {
            write_canonical(writer, id, canonical)?;
        }
    }
    if component.resource_tables.is_empty() {
        return Ok(());
    }
    let kind = writer.constants(true);
    let size = size_of::<ResourceTable>();
    let mut bytes = vec![0; component.resource_tables.len() * size];
    for (table, bytes) in component.resource_tables.iter().zip(bytes.chunks_exact_mut(size)) {
        put_u32(bytes, offset_of!(ResourceTable, resource), table.resource);
        put_u32(bytes, offset_of!(ResourceTable, is_definer), table.is_definer.into());
    }
    let (section, start) = writer.global_data_in(kind, RESOURCE_TABLES, &bytes);
    for (table, index) in component.resource_tables.iter().zip(0..) {
        let at = start + index * size as u64 + offset_of!(ResourceTable, instance) as u64;
        writer.refer(section, at, &instance_symbol(table.instance), SymbolKind::Data)?;
    }
    Ok(())
}

fn write_canonical(writer: &mut Writer<'_>, id: CanonicalId, canonical: &component::Canonical) -> Result<(), Error> {
    let mut bytes = [0; size_of::<Canonical>()];
    put_u32(&mut bytes, offset_of!(Canonical, resource), canonical.resource);
    put_u32(&mut bytes, offset_of!(Canonical, encoding), canonical.encoding as u32);
    let kind = writer.constants(true);
    let (section, start) = writer.global_data_in(kind, &canonical_symbol(id), &bytes);
    let memories =
        [(offset_of!(Canonical, memory), canonical.memory), (offset_of!(Canonical, source), canonical.source)];
    for (offset, item) in memories {
        if let Some(item) = item {
            let symbol = item_symbol(writer.plan, item);
            writer.refer(section, start + offset as u64, &symbol, SymbolKind::Data)?;
        }
    }
    let functions = [
        (offset_of!(Canonical, realloc), canonical.realloc),
        (offset_of!(Canonical, destructor), canonical.destructor),
    ];
    for (offset, function) in functions {
        if let Some(function) = function {
            let symbol = writer.trampolines[&function];
            writer.address(section, start + offset as u64, symbol, 0)?;
        }
    }
    let instances =
        [(offset_of!(Canonical, instance), canonical.instance), (offset_of!(Canonical, definer), canonical.definer)];
    for (offset, instance) in instances {
        if let Some(instance) = instance {
            writer.refer(section, start + offset as u64, &instance_symbol(instance), SymbolKind::Data)?;
        }
    }
    Ok(())
}

fn put_u32(bytes: &mut [u8], offset: usize, value: u32) {
    bytes[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
}
