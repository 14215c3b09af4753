//! GNU properties: what an object or executable declares of all its code in a note, `.note.gnu.property` (Linux
//! extensions to the gABI). For AArch64 that is the property GNU_PROPERTY_AARCH64_FEATURE_1_AND (AAELF64, "Program
//! Property").
//!
//! Where an executable declares BTI, the kernel maps its code so that indirect branches must land on landing pads. What
//! an executable declares must hold for every object in it.

use crate::error::Error;
use crate::inputs::Input;
use crate::sections::{Access, Section};
use object::elf::{self, FileHeader64, GnuPropertyType, NoteHeader64};
use object::endian::{LittleEndian as LE, U32};
use object::pod::bytes_of;
use object::read::elf::{FileHeader as _, NoteIterator, ProgramHeader as _, SectionHeader as _};

/// Name of the section with the note.
pub const SECTION: &[u8] = b".note.gnu.property";

/// Bits of GNU_PROPERTY_AARCH64_FEATURE_1_AND.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GnuProperties(u32);

impl GnuProperties {
    /// None.
    pub const NONE: Self = Self(0);
    /// Branch target identification: indirect branches go to landing pads.
    pub const BTI: Self = Self(elf::GNU_PROPERTY_AARCH64_FEATURE_1_BTI);
    /// Pointer authentication: return addresses are signed while they are in memory.
    pub const PAC: Self = Self(elf::GNU_PROPERTY_AARCH64_FEATURE_1_PAC);
    /// Both.
    pub const ALL: Self = Self(Self::BTI.0 | Self::PAC.0);

    /// Whether all of `other` is among them.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// What is among both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What an executable declares in the segment that the kernel reads.
    ///
    /// # Errors
    /// Where the file or its note is malformed.
    pub fn of_image(image: &[u8]) -> object::read::Result<Self> {
        let header = FileHeader64::<LE>::parse(image)?;
        for segment in header.program_headers(LE, image)? {
            if segment.p_type(LE) == elf::PT_GNU_PROPERTY {
                let bytes = segment.data(LE, image).unwrap_or_default();
                return in_notes(NoteIterator::new(LE, segment.p_align(LE), bytes)?);
            }
        }
        Ok(Self::NONE)
    }

    /// What holds for all code of the inputs, each of which must declare BTI.
    ///
    /// # Errors
    /// One that names the first object without.
    pub fn of_inputs(inputs: &[Input]) -> Result<Self, Error> {
        inputs.iter().try_fold(Self::ALL, |all, input| Ok(all.and(of_input(input)?)))
    }
}

/// What holds for the code of an object, or of all objects in an archive.
fn of_input(input: &Input) -> Result<GnuProperties, Error> {
    let mut all = GnuProperties::ALL;
    for member in input.objects() {
        let properties = match of_object(member.bytes) {
            Ok(Some(properties)) => properties,
            Ok(None) => continue,
            // A malformed note declares nothing. What is no object at all, the linker complains about too.
            Err(_) => GnuProperties::NONE,
        };
        if !properties.has(GnuProperties::BTI) {
            return Err(Error::NoBti(input.name_of(&member)));
        }
        all = all.and(properties);
    }
    Ok(all)
}

/// What an object declares of its code; `None` where it has no code, or none for AArch64, which another check reports.
fn of_object(object: &[u8]) -> object::read::Result<Option<GnuProperties>> {
    let header = FileHeader64::<LE>::parse(object)?;
    if header.e_machine.get(LE) != elf::EM_AARCH64 {
        return Ok(None);
    }
    let sections = header.sections(LE, object)?;
    let mut has_code = false;
    let mut properties = GnuProperties::NONE;
    for section in sections.iter() {
        has_code |= section.sh_flags(LE).contains(elf::SHF_EXECINSTR) && section.sh_size(LE) > 0;
        if sections.section_name(LE, section)? == SECTION
            && let Some(notes) = section.notes(LE, object)?
        {
            properties = in_notes(notes)?;
        }
    }
    Ok(has_code.then_some(properties))
}

fn in_notes(mut notes: NoteIterator<'_, FileHeader64<LE>>) -> object::read::Result<GnuProperties> {
    while let Some(note) = notes.next()? {
        let Some(mut properties) = note.gnu_properties(LE) else { continue };
        while let Some(property) = properties.next()? {
            if property.pr_type() == elf::GNU_PROPERTY_AARCH64_FEATURE_1_AND {
                return Ok(GnuProperties(property.data_u32(LE)?));
            }
        }
    }
    Ok(GnuProperties::NONE)
}

/// The note of an image.
#[derive(Debug)]
pub struct Note(Vec<u8>);

impl Note {
    /// Alignment of such notes.
    pub const ALIGN: u64 = 8;
    const OWNER: &[u8; 4] = b"GNU\0";

    /// The note that declares `properties`; `None` where there are none.
    pub fn new(properties: GnuProperties) -> Option<Self> {
        let words = |words: [u32; 4]| words.map(u32::to_le_bytes).concat();
        let GnuPropertyType(property) = elf::GNU_PROPERTY_AARCH64_FEATURE_1_AND;
        // The property's type, the size of its value, its value, padding.
        let descriptor = words([property, 4, properties.0, 0]);
        let header = NoteHeader64 {
            n_namesz: U32::new(LE, Self::OWNER.len() as u32),
            n_descsz: U32::new(LE, descriptor.len() as u32),
            n_type: U32::new(LE, elf::NT_GNU_PROPERTY_TYPE_0),
        };
        let bytes = [bytes_of(&header), Self::OWNER, &descriptor].concat();
        (properties != GnuProperties::NONE).then_some(Self(bytes))
    }

    /// Bytes that it takes.
    pub fn size(&self) -> u64 {
        self.0.len() as u64
    }

    /// The section with it, right before the read-only data of an image that begins at `base`, so that they share a
    /// segment.
    pub fn section(&self, others: &[Section<'_>], base: u64) -> Section<'_> {
        let read_only = others.iter().find(|section| section.access == Access::Read && section.address >= base);
        let end = read_only.map_or(base + self.size(), |section| section.address & !(Self::ALIGN - 1));
        Section {
            name: SECTION,
            access: Access::Read,
            address: end - self.size(),
            size: self.size(),
            align: Self::ALIGN,
            data: &self.0,
        }
    }
}
