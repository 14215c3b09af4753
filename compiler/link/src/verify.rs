//! Reads a finished image again and checks what must hold for every one.

use crate::error::Error;
use crate::gnu_property::GnuProperties;
use crate::linear_memory;
use crate::sections::Linked;
use crate::target::{Architecture, PageSize};
use object::elf::{self, FileHeader64, ProgramHeader64, SectionHeader64};
use object::endian::LittleEndian as LE;
use object::read::elf::{FileHeader as _, ProgramHeader as _, SectionHeader as _};
use std::borrow::Cow;
use std::ops::Range;

/// What an image must be like.
#[derive(Clone, Copy, Debug)]
pub struct Expectations {
    /// Instruction set.
    pub architecture: Architecture,
    /// Page size of the target.
    pub page_size: PageSize,
    /// An address and its offset in the file differ by a multiple of this.
    pub file_align: PageSize,
    /// Address of section `.wasm_memory`, where there is one.
    pub memory_address: Option<u64>,
    /// Address above which everything else lies.
    pub image_base: u64,
    /// What it declares of all its code.
    pub gnu_properties: GnuProperties,
}

/// Checks an image: static, no segment both writable and executable, a stack without execution, an entry point in code,
/// linear memory alone at its address, every section in a segment that permits what it needs and nothing more, none
/// over another, the right GNU properties, and no file much larger than what it holds.
///
/// # Errors
/// [`Error::Invariant`] with the first of them that does not hold.
pub fn verify(image: &[u8], expected: &Expectations) -> Result<(), Error> {
    let broken = |error: object::read::Error| invariant(error.to_string());
    let header = FileHeader64::<LE>::parse(image).map_err(broken)?;
    if header.e_type.get(LE) != elf::ET_EXEC || header.e_machine.get(LE) != expected.architecture.machine() {
        return Err(invariant("not an executable for the target's architecture"));
    }
    let segments = header.program_headers(LE, image).map_err(broken)?;
    check_segments(segments, expected)?;
    check_entry(segments, header.e_entry.get(LE))?;
    if GnuProperties::of_image(image).map_err(broken)? != expected.gnu_properties {
        return Err(invariant("the image declares GNU properties that its code does not have"));
    }
    let sections = header.sections(LE, image).map_err(broken)?;
    let mut in_memory = Vec::new();
    for section in sections.iter().filter(|section| section.sh_flags(LE).contains(elf::SHF_ALLOC)) {
        let name = String::from_utf8_lossy(sections.section_name(LE, section).map_err(broken)?);
        check_section(section, &name, segments, expected)?;
        in_memory.push((section.sh_addr(LE), section.sh_size(LE), name));
    }
    check_overlaps(in_memory)?;
    check_file_size(image, sections.iter(), expected.page_size)
}

fn invariant(text: impl Into<String>) -> Error {
    Error::Invariant(text.into())
}

fn check_segments(segments: &[ProgramHeader64<LE>], expected: &Expectations) -> Result<(), Error> {
    let mut stack = false;
    let mut end = 0;
    for segment in segments {
        let (kind, flags) = (segment.p_type.get(LE), segment.p_flags.get(LE));
        if flags.contains(elf::PF_W | elf::PF_X) {
            return Err(invariant("a segment is both writable and executable"));
        }
        stack |= kind == elf::PT_GNU_STACK && !flags.contains(elf::PF_X);
        match kind {
            elf::PT_LOAD => end = check_load(segment, end, expected)?,
            elf::PT_GNU_STACK => {}
            elf::PT_NOTE | elf::PT_GNU_PROPERTY if expected.gnu_properties != GnuProperties::NONE => {}
            _ => return Err(invariant("a segment of a kind that a static image has no use for")),
        }
    }
    if stack { Ok(()) } else { Err(invariant("nothing says that the stack is not executable")) }
}

/// Checks one loaded segment, which must start on a page after `end`; returns its own end.
fn check_load(segment: &ProgramHeader64<LE>, end: u64, expected: &Expectations) -> Result<u64, Error> {
    let (address, offset) = (segment.p_vaddr.get(LE), segment.p_offset.get(LE));
    let page = expected.page_size;
    if page.floor(address) < page.ceil(end) {
        return Err(invariant(format!("the segment at {address:#x} overlaps another, or they are not in order")));
    }
    if expected.file_align.congruent(offset, address) != offset {
        return Err(invariant(format!("the segment at {address:#x} cannot be mapped from offset {offset:#x}")));
    }
    address.checked_add(segment.p_memsz.get(LE)).ok_or_else(|| invariant("a segment wraps the address space"))
}

fn addresses(segment: &ProgramHeader64<LE>) -> Range<u64> {
    let address = segment.p_vaddr.get(LE);
    address..address.saturating_add(segment.p_filesz.get(LE))
}

fn check_entry(segments: &[ProgramHeader64<LE>], entry: u64) -> Result<(), Error> {
    let in_code = |segment: &ProgramHeader64<LE>| {
        segment.p_flags.get(LE).contains(elf::PF_X) && addresses(segment).contains(&entry)
    };
    if segments.iter().any(in_code) {
        Ok(())
    } else {
        Err(invariant(format!("the entry point {entry:#x} is not in code")))
    }
}

/// Checks that a section of memory lies where it must, in a segment that permits what it needs.
fn check_section(
    section: &SectionHeader64<LE>,
    name: &str,
    segments: &[ProgramHeader64<LE>],
    expected: &Expectations,
) -> Result<(), Error> {
    let (address, flags) = (section.sh_addr(LE), section.sh_flags(LE));
    let in_place = if name == linear_memory::SECTION {
        expected.memory_address.is_some_and(|start| address >= start)
    } else {
        address >= expected.image_base
    };
    if !in_place {
        return Err(invariant(format!("section {name} lies at {address:#x}")));
    }
    let end = address.checked_add(section.sh_size(LE)).ok_or_else(|| invariant("a section wraps the address space"))?;
    let holds = |segment: &&ProgramHeader64<LE>| {
        let start = segment.p_vaddr.get(LE);
        segment.p_type.get(LE) == elf::PT_LOAD
            && start <= address
            && end <= start.saturating_add(segment.p_memsz.get(LE))
    };
    let Some(segment) = segments.iter().find(holds) else {
        return Err(invariant(format!("no segment holds section {name}")));
    };
    let permits = |flag| segment.p_flags.get(LE).contains(flag);
    let needs = |flag| flags.contains(flag);
    let fits = (needs(elf::SHF_WRITE), needs(elf::SHF_EXECINSTR)) == (permits(elf::PF_W), permits(elf::PF_X));
    if fits { Ok(()) } else { Err(invariant(format!("the segment of section {name} permits something else"))) }
}

/// Checks that no section of memory overlaps another: addresses, sizes and names.
fn check_overlaps(mut sections: Vec<(u64, u64, Cow<'_, str>)>) -> Result<(), Error> {
    sections.sort();
    for pair in sections.windows(2) {
        let [(first, size, name), (second, _, other)] = pair else { continue };
        if first + size > *second {
            return Err(invariant(format!("section {name} overlaps section {other}")));
        }
    }
    Ok(())
}

/// Checks that an image holds every section of the file that the linker made, at its address and with its contents.
///
/// # Errors
/// [`Error::Invariant`] with the first that it does not hold.
pub fn verify_contents(image: &[u8], linked: &[u8]) -> Result<(), Error> {
    let broken = |error: object::read::Error| invariant(error.to_string());
    let header = FileHeader64::<LE>::parse(image).map_err(broken)?;
    let segments = header.program_headers(LE, image).map_err(broken)?;
    for section in &Linked::read(linked)?.sections {
        if memory(image, segments, section.address, section.data.len()) != section.data {
            let name = String::from_utf8_lossy(section.name);
            return Err(invariant(format!("section {name} has other contents than the linker gave it")));
        }
    }
    Ok(())
}

/// What a range of memory holds at first: zeroes where no segment has contents.
fn memory(image: &[u8], segments: &[ProgramHeader64<LE>], start: u64, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    for segment in segments.iter().filter(|segment| segment.p_type.get(LE) == elf::PT_LOAD) {
        let data = segment.data(LE, image).unwrap_or_default();
        let address = segment.p_vaddr.get(LE);
        let from = start.max(address);
        let to = start.saturating_add(len as u64).min(address.saturating_add(data.len() as u64));
        if from < to {
            let (from, to, size) = ((from - start) as usize, (from - address) as usize, (to - from) as usize);
            bytes[from..from + size].copy_from_slice(&data[to..to + size]);
        }
    }
    bytes
}

/// A file may hold its sections, its headers and a page of padding for each section, and no more.
fn check_file_size<'a>(
    image: &[u8],
    sections: impl Iterator<Item = &'a SectionHeader64<LE>>,
    page: PageSize,
) -> Result<(), Error> {
    let in_file = |section: &SectionHeader64<LE>| section.file_range(LE).map_or(0, |(_, size)| size);
    let most: u64 = sections.map(|section| in_file(section) + page.bytes() + size_of_val(section) as u64).sum();
    let size = image.len() as u64;
    if size <= most { Ok(()) } else { Err(invariant(format!("the file has {size} bytes for contents of {most}"))) }
}
