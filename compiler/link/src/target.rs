//! What an image is for: its instruction set, and the pages of the systems that load it.

/// Instruction set of all inputs and of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Architecture {
    /// x86-64.
    X86_64,
    /// 64-bit ARM, little endian.
    Aarch64,
    /// 64-bit RISC-V.
    Riscv64,
}

impl Architecture {
    /// The emulation name by which linkers know it.
    pub fn emulation(self) -> &'static str {
        match self {
            Self::X86_64 => "elf_x86_64",
            Self::Aarch64 => "aarch64elf",
            Self::Riscv64 => "elf64lriscv",
        }
    }

    /// The `e_machine` of its ELF files.
    pub(crate) fn machine(self) -> object::elf::Machine {
        match self {
            Self::X86_64 => object::elf::EM_X86_64,
            Self::Aarch64 => object::elf::EM_AARCH64,
            Self::Riscv64 => object::elf::EM_RISCV,
        }
    }
}

/// Bytes of the largest page of the systems that the image is for; a power of two. No page of that size holds parts of
/// two segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSize(u64);

impl PageSize {
    /// The alignment that takes its place where a loader copies the image instead of mapping its pages.
    pub const LOADED: Self = Self(16);

    /// `None` where `bytes` is not a power of two.
    pub fn new(bytes: u64) -> Option<Self> {
        bytes.is_power_of_two().then_some(Self(bytes))
    }

    /// The size in bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }

    /// The greatest multiple not above `value`.
    pub(crate) fn floor(self, value: u64) -> u64 {
        value & !(self.0 - 1)
    }

    /// The least multiple not below `value`.
    pub(crate) fn ceil(self, value: u64) -> u64 {
        value.div_ceil(self.0) * self.0
    }

    /// The least number not below `value` that differs from `address` by a multiple of the size: where in a file a
    /// segment for `address` may start.
    pub(crate) fn congruent(self, value: u64, address: u64) -> u64 {
        value + (address.wrapping_sub(value) & (self.0 - 1))
    }
}
