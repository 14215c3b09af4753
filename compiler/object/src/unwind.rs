//! How debuggers find the caller of a function: for Mach-O, whose linkers make the table of the executable from one
//! entry for each function (`mach-o/compact_unwind_encoding.h`). All functions there keep a frame pointer; that says
//! enough to go from frame to frame, not where a function keeps its caller's registers.
//!
//! ELF images have no such table: the runtime's own backtraces follow the frame pointers.

use crate::Error;
use crate::text::Text;
use crate::writer::Writer;
use object::{Architecture, BinaryFormat, SectionKind};
use wasmc_codegen::CompiledFunction;

/// `UNWIND_X86_64_MODE_RBP_FRAME`, no registers saved.
const X86_64_FRAME: u32 = 0x0100_0000;
/// `UNWIND_ARM64_MODE_FRAME`, no registers saved.
const ARM64_FRAME: u32 = 0x0400_0000;
/// Bytes of an entry: the function's address (64 bits), its length and the encoding (32), a handler of exceptions and
/// its data (64), of which there are none.
const ENTRY_SIZE: usize = 32;
const LENGTH: usize = 8;
const ENCODING: usize = 12;

pub(crate) fn write(writer: &mut Writer<'_>, functions: &[CompiledFunction], text: &Text) -> Result<(), Error> {
    if writer.object.format() != BinaryFormat::MachO {
        return Ok(());
    }
    let encoding = match writer.object.architecture() {
        Architecture::X86_64 => X86_64_FRAME,
        _ => ARM64_FRAME,
    };
    let mut entries = vec![0; functions.len() * ENTRY_SIZE];
    for (entry, function) in entries.chunks_exact_mut(ENTRY_SIZE).zip(functions) {
        entry[LENGTH..LENGTH + 4].copy_from_slice(&(function.code.len() as u32).to_le_bytes());
        entry[ENCODING..ENCODING + 4].copy_from_slice(&encoding.to_le_bytes());
    }
    // Debugging information to the linker, which does not copy it.
    let section = writer.object.add_section(b"__LD".to_vec(), b"__compact_unwind".to_vec(), SectionKind::Debug);
    writer.object.set_section_data(section, entries, 8);
    for (index, &symbol) in text.symbols.iter().enumerate() {
        writer.address(section, (index * ENTRY_SIZE) as u64, symbol, 0)?;
    }
    Ok(())
}
