//! The whole object, in order of its parts.

use crate::program::{self, ProgramData};
use crate::writer::Writer;
use crate::{Error, component, context, exceptions, heap, profile, snapshot, state, text, traps, unwind};
use object::SectionKind;
use wasmc_codegen::{CompiledFunction, Machine, Plan};
use wasmc_frontend::index::MemoryIndex;

/// An object file.
#[derive(Clone, Debug)]
pub struct ObjectFile {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Where the section [`MEMORY_SECTION`] must be placed, where there is one.
    pub memory_address: Option<u64>,
}

/// Section with the initial contents of the first memory.
pub const MEMORY_SECTION: &str = ".wasm_memory";

/// Writes the object that holds `functions`, which are in the order of the plan, and the module's initial state.
///
/// # Errors
/// Where the target has no object format, or a limit of the format is reached.
pub fn write(
    plan: &Plan<'_>,
    machine: &Machine,
    functions: &[CompiledFunction],
    data: ProgramData<'_>,
) -> Result<ObjectFile, Error> {
    let mut writer = Writer::new(plan)?;
    writer.declare_state();
    let text = text::write(&mut writer, machine, functions)?;
    state::write(&mut writer)?;
    heap::write(&mut writer)?;
    profile::write(&mut writer);
    traps::write(&mut writer, functions, &text)?;
    exceptions::write(&mut writer, functions, &text)?;
    unwind::write(&mut writer, functions, &text)?;
    snapshot::write(&mut writer, functions, data.fingerprint)?;
    if plan.program.is_library {
        context::write(&mut writer, functions, &text, data.fingerprint)?;
    }
    if let Some(start) = &plan.start {
        program::write(&mut writer, start, data)?;
    }
    if let Some(component) = plan.program.component.as_ref().filter(|_| plan.start.is_some()) {
        component::write(&mut writer, component)?;
    }
    let memory_address = memory_image(&mut writer);
    Ok(ObjectFile { bytes: writer.object.write()?, memory_address })
}

/// Writes the initial contents of the first memory to a section of its own and returns the address it belongs at.
fn memory_image(writer: &mut Writer<'_>) -> Option<u64> {
    let image = writer.plan.images.get(MemoryIndex::FIRST).filter(|image| !image.range.is_empty())?;
    let mut bytes = image.bytes.clone();
    bytes.resize((image.range.end - image.range.start) as usize, 0);
    let section = writer.object.add_section(Vec::new(), MEMORY_SECTION.into(), SectionKind::Data);
    writer.object.set_section_data(section, bytes, writer.plan.target.page_size);
    Some(writer.plan.memories[MemoryIndex::FIRST].base + image.range.start)
}
