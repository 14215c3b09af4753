//! Cranelift's relocations as those of the object format.

use crate::Error;
use object::{BinaryFormat, RelocationFlags, elf, macho};
use wasmc_codegen::Reloc;

/// The object format's relocation for `kind`, which code of a function has at `offset`.
///
/// # Errors
/// Where the format has none.
pub(crate) fn flags(kind: Reloc, format: BinaryFormat, code: &[u8], offset: u32) -> Result<RelocationFlags, Error> {
    match format {
        BinaryFormat::Elf => elf_type(kind).map(|r_type| RelocationFlags::Elf { r_type }),
        BinaryFormat::MachO => macho_flags(kind, is_branch(code, offset)),
        _ => None,
    }
    .ok_or_else(|| Error::Relocation(kind.to_string()))
}

/// Whether the 32-bit distance at `offset` of x86-64 code is that of a call or a jump. Cranelift has one relocation for
/// these and for `lea`, before whose distance stands a ModRM byte of another value (mod 0, r/m 5).
fn is_branch(code: &[u8], offset: u32) -> bool {
    const CALL: u8 = 0xe8;
    const JUMP: u8 = 0xe9;
    let before = (offset as usize).checked_sub(1).and_then(|at| code.get(at));
    matches!(before, Some(&(CALL | JUMP)))
}

/// ELF relocation types: x86-64 psABI table 4.9, AArch64 ELF section 5.7, RISC-V psABI "Relocations".
fn elf_type(kind: Reloc) -> Option<elf::RelocationType> {
    Some(match kind {
        Reloc::Abs8 => elf::R_X86_64_64,
        Reloc::X86PCRel4 => elf::R_X86_64_PC32,
        Reloc::X86CallPCRel4 | Reloc::X86CallPLTRel4 => elf::R_X86_64_PLT32,
        Reloc::X86GOTPCRel4 => elf::R_X86_64_GOTPCREL,
        Reloc::Arm64Call => elf::R_AARCH64_CALL26,
        Reloc::Aarch64AdrPrelPgHi21 => elf::R_AARCH64_ADR_PREL_PG_HI21,
        Reloc::Aarch64AddAbsLo12Nc => elf::R_AARCH64_ADD_ABS_LO12_NC,
        Reloc::Aarch64AdrGotPage21 => elf::R_AARCH64_ADR_GOT_PAGE,
        Reloc::Aarch64Ld64GotLo12Nc => elf::R_AARCH64_LD64_GOT_LO12_NC,
        Reloc::RiscvCallPlt => elf::R_RISCV_CALL_PLT,
        Reloc::RiscvGotHi20 => elf::R_RISCV_GOT_HI20,
        Reloc::RiscvPCRelHi20 => elf::R_RISCV_PCREL_HI20,
        Reloc::RiscvPCRelLo12I => elf::R_RISCV_PCREL_LO12_I,
        _ => return None,
    })
}

/// Mach-O relocations: `mach-o/x86_64/reloc.h`, `mach-o/arm64/reloc.h`. The length is the power of two of the bytes
/// they change; an instruction of AArch64 has four.
fn macho_flags(kind: Reloc, is_branch: bool) -> Option<RelocationFlags> {
    const WORD: u8 = 2;
    const DOUBLE_WORD: u8 = 3;
    // The format numbers the relocations of each architecture from 0: absolute addresses have the same number on both.
    const { assert!(macho::X86_64_RELOC_UNSIGNED.0 == macho::ARM64_RELOC_UNSIGNED.0) };
    let (r_type, r_pcrel, r_length) = match kind {
        Reloc::Abs8 => (macho::X86_64_RELOC_UNSIGNED, false, DOUBLE_WORD),
        Reloc::X86CallPCRel4 | Reloc::X86CallPLTRel4 if is_branch => (macho::X86_64_RELOC_BRANCH, true, WORD),
        Reloc::X86CallPCRel4 | Reloc::X86PCRel4 => (macho::X86_64_RELOC_SIGNED, true, WORD),
        Reloc::X86GOTPCRel4 => (macho::X86_64_RELOC_GOT_LOAD, true, WORD),
        Reloc::Arm64Call => (macho::ARM64_RELOC_BRANCH26, true, WORD),
        Reloc::Aarch64AdrPrelPgHi21 => (macho::ARM64_RELOC_PAGE21, true, WORD),
        Reloc::Aarch64AddAbsLo12Nc => (macho::ARM64_RELOC_PAGEOFF12, false, WORD),
        Reloc::Aarch64AdrGotPage21 => (macho::ARM64_RELOC_GOT_LOAD_PAGE21, true, WORD),
        Reloc::Aarch64Ld64GotLo12Nc => (macho::ARM64_RELOC_GOT_LOAD_PAGEOFF12, false, WORD),
        _ => return None,
    };
    Some(RelocationFlags::MachO { r_type, r_pcrel, r_length })
}
