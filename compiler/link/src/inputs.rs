//! Objects and archives: what is checked of them, and changed in them, before they are linked.

use crate::error::Error;
use crate::target::Architecture;
use object::elf::{self, FileHeader64, Rela64, SectionHeader64};
use object::endian::LittleEndian as LE;
use object::read::archive::{ArchiveFile, ArchiveMember};
use object::read::elf::{FileHeader as _, SectionHeader as _, SectionTable};
use std::borrow::Cow;

/// One object or archive.
#[derive(Clone, Debug)]
pub struct Input {
    /// What messages call it: a path, or a name in angle brackets where there is no file.
    pub name: String,
    /// Its contents.
    pub bytes: Cow<'static, [u8]>,
}

/// Whether every input is what it is given as.
pub fn check(objects: &[Input], archives: &[Input], architecture: Architecture) -> Result<(), Error> {
    for object in objects {
        check_object(&object.bytes, architecture).map_err(|reason| bad(object, reason))?;
    }
    for archive in archives {
        ArchiveFile::parse(&*archive.bytes).map_err(|_| bad(archive, "not an archive of objects".into()))?;
    }
    Ok(())
}

pub(crate) fn bad(input: &Input, reason: String) -> Error {
    Error::BadInput { name: input.name.clone(), reason }
}

fn check_object(bytes: &[u8], architecture: Architecture) -> Result<(), String> {
    let header = FileHeader64::<LE>::parse(bytes).map_err(|_| "not a 64-bit ELF object".to_owned())?;
    if header.e_type.get(LE) != elf::ET_REL {
        return Err("an ELF file, but not an object (compile with -c)".into());
    }
    if header.e_machine.get(LE) != architecture.machine() {
        return Err("an object for another architecture than the target's".into());
    }
    Ok(())
}

/// An object in an input.
#[derive(Clone, Debug)]
pub struct Member<'a> {
    /// Its name, where the input is an archive.
    pub name: Option<String>,
    /// Its offset in the input.
    pub(crate) start: usize,
    /// Its contents.
    pub bytes: &'a [u8],
}

impl Input {
    /// Whether it is the user's: a file.
    pub fn is_native(&self) -> bool {
        !self.name.starts_with('<')
    }

    /// The objects in it: those in an archive, or the input itself.
    pub fn objects(&self) -> Vec<Member<'_>> {
        objects(&self.bytes)
    }

    /// What messages call one of its objects.
    pub fn name_of(&self, member: &Member<'_>) -> String {
        member.name.as_ref().map_or(self.name.clone(), |name| format!("{}({name})", self.name))
    }
}

/// The objects in an input: those in an archive, or the input itself.
fn objects(bytes: &[u8]) -> Vec<Member<'_>> {
    match ArchiveFile::parse(bytes) {
        Ok(archive) => archive.members().filter_map(|member| in_archive(bytes, &member.ok()?)).collect(),
        Err(_) => vec![Member { name: None, start: 0, bytes }],
    }
}

fn in_archive<'a>(bytes: &'a [u8], member: &ArchiveMember<'_>) -> Option<Member<'a>> {
    let (offset, size) = member.file_range();
    let (start, size) = (usize::try_from(offset).ok()?, usize::try_from(size).ok()?);
    let name = Some(String::from_utf8_lossy(member.name()).into_owned());
    Some(Member { name, start, bytes: bytes.get(start..)?.get(..size)? })
}

/// One relocation and where it is.
struct Relocation<'a> {
    /// Offset of its entry in the object.
    entry: usize,
    rela: &'a Rela64<LE>,
    /// The section that it changes.
    section: &'a SectionHeader64<LE>,
    contents: &'a [u8],
}

impl Relocation<'_> {
    fn kind(&self) -> elf::RelocationType {
        self.rela.r_type(LE, false)
    }

    fn has(&self, flag: elf::SectionFlags) -> bool {
        self.section.sh_flags(LE).contains(flag)
    }
}

/// Calls `visit` with every relocation of an object. Malformed parts are skipped: the linker will complain about them.
fn each_relocation<'a>(object: &'a [u8], visit: &mut impl FnMut(Relocation<'a>)) -> Option<()> {
    let header = FileHeader64::<LE>::parse(object).ok()?;
    let sections: SectionTable<'a, FileHeader64<LE>> = header.sections(LE, object).ok()?;
    for relocations in sections.iter() {
        let Ok(Some((entries, _))) = relocations.rela(LE, object) else { continue };
        let Ok(section) = sections.section(relocations.info_link(LE)) else { continue };
        let contents = section.data(LE, object).unwrap_or_default();
        let start = relocations.sh_offset(LE) as usize;
        for (index, rela) in entries.iter().enumerate() {
            visit(Relocation { entry: start + index * size_of::<Rela64<LE>>(), rela, section, contents });
        }
    }
    Some(())
}

/// The first input that uses absolute 32-bit addresses, which do not reach an image above 4 GiB.
pub fn absolute_addressing<'a>(
    mut inputs: impl Iterator<Item = &'a Input>,
    architecture: Architecture,
) -> Option<Error> {
    let absolute = absolute_kinds(architecture);
    inputs.find_map(|input| {
        let mut found = None;
        for member in objects(&input.bytes) {
            each_relocation(member.bytes, &mut |relocation| {
                let kind = absolute.iter().find(|(kind, _)| *kind == relocation.kind());
                if relocation.has(elf::SHF_ALLOC) {
                    found = found.or(kind);
                }
            });
        }
        let (_, detail) = found?;
        Some(Error::NotPositionIndependent { object: input.name.clone(), detail: (*detail).to_owned() })
    })
}

/// Relocations of code compiled for addresses below 2 or 4 GiB.
fn absolute_kinds(architecture: Architecture) -> &'static [(elf::RelocationType, &'static str)] {
    match architecture {
        Architecture::X86_64 => &[(elf::R_X86_64_32, "R_X86_64_32"), (elf::R_X86_64_32S, "R_X86_64_32S")],
        Architecture::Aarch64 => &[(elf::R_AARCH64_ABS32, "R_AARCH64_ABS32")],
        Architecture::Riscv64 => &[(elf::R_RISCV_HI20, "R_RISCV_HI20")],
    }
}

/// The input with loads of addresses from the global offset table kept as loads.
///
/// The linker turns `mov symbol@GOTPCREL(%rip), %reg` into `mov $symbol, %reg`, as images below 2 GiB may; ours lies
/// higher. The older relocation type for the same instruction forbids any such change. Calls and jumps through the
/// table keep their type: they become direct ones.
pub fn keep_got_loads(input: &Input, architecture: Architecture) -> Cow<'static, [u8]> {
    let bytes = &input.bytes;
    let entries = if architecture == Architecture::X86_64 { got_loads(bytes) } else { Vec::new() };
    if entries.is_empty() {
        return bytes.clone();
    }
    let mut changed = bytes.to_vec();
    for entry in entries {
        changed[entry + size_of::<u64>()..][..size_of::<u32>()]
            .copy_from_slice(&elf::R_X86_64_GOTPCREL.0.to_le_bytes());
    }
    Cow::Owned(changed)
}

/// Offsets of the relocations of such loads.
fn got_loads(bytes: &[u8]) -> Vec<usize> {
    let relaxable = [elf::R_X86_64_GOTPCRELX, elf::R_X86_64_REX_GOTPCRELX, elf::R_X86_64_CODE_4_GOTPCRELX];
    let mut entries = Vec::new();
    for member in objects(bytes) {
        each_relocation(member.bytes, &mut |relocation| {
            if relaxable.contains(&relocation.kind()) && !is_branch(&relocation) {
                entries.push(member.start + relocation.entry);
            }
        });
    }
    entries
}

/// Whether the instruction is `call *symbol` or `jmp *symbol`.
fn is_branch(relocation: &Relocation<'_>) -> bool {
    let operand = relocation.rela.r_offset.get(LE) as usize;
    let opcode = operand.checked_sub(2).and_then(|start| relocation.contents.get(start..operand));
    matches!(opcode, Some([0xff, 0x15 | 0x25]))
}
