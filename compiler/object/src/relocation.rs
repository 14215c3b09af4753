//! Cranelift's relocations as those of the object format.

use crate::Error;
use object::{BinaryFormat, RelocationFlags, elf};
use wasmc_codegen::Reloc;

/// The object format's relocation for `kind`.
///
/// # Errors
/// Where the format has none.
pub(crate) fn flags(kind: Reloc, format: BinaryFormat) -> Result<RelocationFlags, Error> {
    match format {
        BinaryFormat::Elf => elf_type(kind).map(|r_type| RelocationFlags::Elf { r_type }),
        _ => None,
    }
    .ok_or_else(|| Error::Relocation(kind.to_string()))
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
