//! The object of a library to a shared library, for programs that load it.

use crate::error::Error;
use crate::library::{LibraryRequest, object};
use crate::target::Architecture;
use crate::wild;
use object::elf::{self, FileHeader64, ProgramHeader64};
use object::read::elf::{Dyn as _, ElfFile64, FileHeader as _, ProgramHeader as _};
use object::read::{Object as _, ObjectSymbol as _};
use object::{Endianness, U64, from_bytes_mut};
use std::num::NonZeroUsize;

const ENDIAN: Endianness = Endianness::Little;

/// Makes a shared library, which needs no other, of the name `soname`.
///
/// # Errors
/// As [`library`](crate::library()), or where the object cannot be linked.
pub fn shared_library(
    request: LibraryRequest<'_>,
    soname: &str,
    architecture: Architecture,
    jobs: NonZeroUsize,
) -> Result<Vec<u8>, Error> {
    let name = request.name;
    let mut library = wild::link_shared(object(request)?, soname, architecture, jobs)?;
    let wrong = |reason: String| Error::Linker(format!("the shared library is wrong: {reason}"));
    align_zeroes(&mut library).map_err(wrong)?;
    verify(&library, name).map_err(wrong)?;
    Ok(library)
}

/// Loaders want the place of each segment in the file to be that in memory, up to whole pages, even where there is
/// nothing in the file. libwild leaves it where the last segment ended.
fn align_zeroes(library: &mut [u8]) -> Result<(), String> {
    let header = FileHeader64::<Endianness>::parse(&*library).map_err(|error| error.to_string())?;
    let (mut at, count) = (header.e_phoff(ENDIAN) as usize, header.e_phnum(ENDIAN));
    for _ in 0..count {
        let bytes = library.get_mut(at..).ok_or("it is cut short")?;
        let (segment, _) = from_bytes_mut::<ProgramHeader64<Endianness>>(bytes).map_err(|()| "it is cut short")?;
        at += size_of::<ProgramHeader64<Endianness>>();
        if segment.p_type(ENDIAN) == elf::PT_LOAD && segment.p_filesz(ENDIAN) == 0 {
            let within = segment.p_align(ENDIAN) - 1;
            let offset = segment.p_offset(ENDIAN) & !within | segment.p_vaddr(ENDIAN) & within;
            segment.p_offset = U64::new(ENDIAN, offset);
        }
    }
    Ok(())
}

/// Reads a shared library again: its one symbol is there, it needs nothing, loaders take its segments, and only data is
/// written when it is loaded.
fn verify(library: &[u8], symbol: &str) -> Result<(), String> {
    let file = ElfFile64::<Endianness>::parse(library).map_err(|error| error.to_string())?;
    let global = || file.dynamic_symbols().filter(|symbol| symbol.is_global());
    let (undefined, defined): (Vec<_>, Vec<_>) = global().partition(|symbol| symbol.is_undefined());
    let names = |symbols: Vec<_>| -> Vec<String> {
        symbols
            .iter()
            .map(|symbol: &object::read::elf::ElfSymbol64<'_, '_>| symbol.name().unwrap_or("").into())
            .collect()
    };
    let (undefined, defined) = (names(undefined), names(defined));
    if defined != [symbol] || !undefined.is_empty() {
        return Err(format!("it has the symbols {defined:?}, and needs {undefined:?}"));
    }
    for segment in file.elf_program_headers() {
        let misplaced = segment.p_vaddr(ENDIAN).wrapping_sub(segment.p_offset(ENDIAN));
        if segment.p_type(ENDIAN) == elf::PT_LOAD && !misplaced.is_multiple_of(segment.p_align(ENDIAN)) {
            return Err(format!("the segment at {:#x} is misplaced in the file", segment.p_vaddr(ENDIAN)));
        }
        for entry in segment.dynamic(ENDIAN, library).map_err(|error| error.to_string())?.unwrap_or(&[]) {
            let tag = entry.d_tag(ENDIAN);
            if [elf::DT_NEEDED, elf::DT_TEXTREL].contains(&tag) {
                return Err(format!("its dynamic section has the tag {tag:?}"));
            }
        }
    }
    Ok(())
}
