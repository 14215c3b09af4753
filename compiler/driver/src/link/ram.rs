//! Whether a program fits in the memory of a machine without a system.

use crate::error::Error;
use crate::target::Target;
use object::read::elf::ProgramHeader as _;

/// Checks that the image and the stack fit in the target's memory. The room that linear memories need is known only to
/// the program, which checks it when it starts.
///
/// # Errors
/// One that says how much is missing.
pub fn check(image: &[u8], target: &Target, stack_size: u64) -> Result<(), Error> {
    let Some(ram) = &target.ram else { return Ok(()) };
    let Ok(object::FileKind::Elf64) = object::FileKind::parse(image) else { return Ok(()) };
    let Ok(file) = object::read::elf::ElfFile64::<object::Endianness>::parse(image) else { return Ok(()) };
    let endian = file.endian();
    let loaded = file.elf_program_headers().iter().filter(|header| header.p_type(endian) == object::elf::PT_LOAD);
    let ends = loaded.map(|header| header.p_vaddr(endian).saturating_add(header.p_memsz(endian)));
    let end = ends.max().unwrap_or(ram.start).saturating_add(stack_size);
    if end <= ram.end {
        return Ok(());
    }
    let (missing, target) = (end - ram.end, &target.name);
    let error = Error::new(format!("program and stack need {missing} bytes more than the [ram] of target `{target}`"));
    Err(error.help("give it a smaller stack (`--stack-size`), or describe a board with more memory in a target file"))
}
