//! Functions of native objects with frames so large that they skip the guard below the stack: their code says so, where
//! it takes a constant from the stack pointer at once. Compilers asked to touch every page (`-fstack-clash-protection`)
//! take a page at a time. What is computed (`alloca`) is not seen.

use crate::error::Error;
use crate::inputs::Input;
use crate::target::Architecture;
use object::elf::{self, FileHeader64};
use object::endian::LittleEndian as LE;
use object::read::elf::{FileHeader as _, SectionHeader as _, SectionTable, Sym as _};

/// Checks that no function of an object takes more than `most` bytes of stack at once.
///
/// # Errors
/// One that names the first that does.
pub fn check(object: &Input, most: u64, architecture: Architecture) -> Result<(), Error> {
    match find(&object.bytes, most, architecture) {
        Ok(Some((function, bytes))) => Err(Error::Frame { object: object.name.clone(), function, bytes }),
        // What is malformed, the linker complains about.
        Ok(None) | Err(_) => Ok(()),
    }
}

/// The first such function, and its bytes.
fn find(object: &[u8], most: u64, architecture: Architecture) -> object::read::Result<Option<(String, u64)>> {
    let header = FileHeader64::<LE>::parse(object)?;
    let sections = header.sections(LE, object)?;
    for (index, section) in sections.iter().enumerate() {
        if !section.sh_flags(LE).contains(elf::SHF_EXECINSTR) {
            continue;
        }
        let code = section.data(LE, object)?;
        let taken = match architecture {
            Architecture::X86_64 => x86_64,
            Architecture::Aarch64 => aarch64,
            Architecture::Riscv64 => riscv64,
        };
        let found =
            (0..code.len()).find_map(|at| taken(code, at).filter(|&bytes| bytes > most).map(|bytes| (at, bytes)));
        if let Some((at, bytes)) = found {
            return Ok(Some((function_at(&sections, object, index, at as u64)?, bytes)));
        }
    }
    Ok(None)
}

/// The function that holds an offset of a section.
fn function_at(
    sections: &SectionTable<'_, FileHeader64<LE>>,
    object: &[u8],
    section: usize,
    at: u64,
) -> object::read::Result<String> {
    let symbols = sections.symbols(LE, object, elf::SHT_SYMTAB)?;
    let inside = symbols.iter().filter(|symbol| {
        symbol.st_type() == elf::STT_FUNC && usize::from(symbol.st_shndx(LE).0) == section && symbol.st_value(LE) <= at
    });
    match inside.max_by_key(|symbol| symbol.st_value(LE)) {
        Some(symbol) => Ok(String::from_utf8_lossy(symbol.name(LE, symbols.strings())?).into_owned()),
        None => {
            Ok(String::from_utf8_lossy(sections.section_name(LE, sections.section(object::SectionIndex(section))?)?)
                .into_owned())
        }
    }
}

/// `sub $bytes, %rsp`, or `add` of a negative number.
fn x86_64(code: &[u8], at: usize) -> Option<u64> {
    let [0x48, 0x81, register, number @ ..] = code.get(at..at + 7)? else { return None };
    let number = i64::from(i32::from_le_bytes(number.try_into().ok()?));
    match register {
        0xec => u64::try_from(number).ok(),
        0xc4 => u64::try_from(-number).ok(),
        _ => None,
    }
}

fn word(code: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(code.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// `sub sp, sp, #bytes, lsl #12`, or `sub sp, sp, xN` after instructions that make a constant.
fn aarch64(code: &[u8], at: usize) -> Option<u64> {
    let instruction = word(code, at).filter(|_| at.is_multiple_of(4))?;
    if instruction & 0xffc0_03ff == 0xd140_03ff {
        return Some(u64::from(instruction >> 10 & 0xfff) << 12);
    }
    if instruction & 0xffe0_ffff != 0xcb20_63ff {
        return None;
    }
    /// As many as make a constant, and one for whatever the compiler puts between them.
    const BEFORE: usize = 5;
    let register = instruction >> 16 & 0x1f;
    let mut bytes = None;
    for earlier in (1..=BEFORE).rev().filter_map(|words| word(code, at.checked_sub(4 * words)?)) {
        let part = u64::from(earlier >> 5 & 0xffff) << (16 * (earlier >> 21 & 3));
        match earlier & 0xff80_001f {
            movz if movz == 0xd280_0000 | register || movz == 0x5280_0000 | register => bytes = Some(part),
            movk if movk == 0xf280_0000 | register || movk == 0x7280_0000 | register => {
                bytes = bytes.map(|low| low | part)
            }
            _ => {}
        }
    }
    bytes
}

/// `sub sp, sp, rN`, or `add` of a negative number, after `lui rN`.
fn riscv64(code: &[u8], at: usize) -> Option<u64> {
    let instruction = word(code, at).filter(|_| at.is_multiple_of(2));
    let half = u32::from(u16::from_le_bytes(code.get(at..at + 2)?.try_into().ok()?));
    let (register, sign) = match (half & 0xf083, instruction) {
        // c.add sp, rN
        (0x9002, _) if half >> 7 & 0x1f == 2 && half >> 2 & 0x1f != 0 && at.is_multiple_of(2) => (half >> 2 & 0x1f, -1),
        (_, Some(add)) if add & 0xfe0f_ffff == 0x0001_0133 => (add >> 20 & 0x1f, -1),
        (_, Some(add)) if add & 0xfff0_7fff == 0x0020_0133 => (add >> 15 & 0x1f, -1),
        (_, Some(sub)) if sub & 0xfe0f_ffff == 0x4001_0133 => (sub >> 20 & 0x1f, 1),
        _ => return None,
    };
    /// Halves of instructions between the two.
    const BEFORE: usize = 8;
    let upper = (2..=BEFORE).filter_map(|halves| word(code, at.checked_sub(2 * halves)?));
    let upper = upper.into_iter().find(|earlier| earlier & 0xfff == 0x37 | register << 7)?;
    u64::try_from(sign * i64::from((upper & 0xffff_f000) as i32)).ok()
}
