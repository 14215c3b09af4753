//! What to link, and for whom.

use crate::{CodeFeatures, Expectations};
use std::borrow::Cow;
use std::num::NonZeroUsize;

/// One object or archive.
#[derive(Clone, Debug)]
pub struct Input {
    /// What messages call it: a path, or a name in angle brackets where there is no file.
    pub name: String,
    /// Its contents.
    pub bytes: Cow<'static, [u8]>,
}

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

/// Bytes in the largest page of the systems that the image is for; a power of two. No page of that size holds two segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSize(u64);

impl PageSize {
    /// What stands for it where a loader copies the image instead of mapping its pages.
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

    /// The least number not below `value` that differs from `address` by a multiple: where in a file a segment for
    /// `address` may start.
    pub(crate) fn congruent(self, value: u64, address: u64) -> u64 {
        value + (address.wrapping_sub(value) & (self.0 - 1))
    }
}

/// Everything a link depends on.
#[derive(Clone, Debug)]
pub struct LinkRequest<'a> {
    /// Objects; all of them take part.
    pub objects: Vec<Input>,
    /// Archives; members that define a missing symbol take part.
    pub archives: Vec<Input>,
    /// Text of the linker script that places the sections.
    pub script: &'a str,
    /// Instruction set.
    pub architecture: Architecture,
    /// Symbol at which execution starts.
    pub entry: &'a str,
    /// Page size of the target.
    pub page_size: PageSize,
    /// By what an address and its offset in the file may differ: multiples of this. The page size, where the file is mapped.
    pub file_align: PageSize,
    /// Address of section `.wasm_memory`, where an object has one.
    pub memory_address: Option<u64>,
    /// Address above which all other sections must lie.
    pub image_base: u64,
    /// What the image says of all its code.
    pub features: CodeFeatures,
    /// Leave out the symbol table.
    pub strip: bool,
    /// Threads to use.
    pub jobs: NonZeroUsize,
}

impl LinkRequest<'_> {
    /// What the image must be like.
    pub fn expectations(&self) -> Expectations {
        Expectations {
            architecture: self.architecture,
            page_size: self.page_size,
            file_align: self.file_align,
            memory_address: self.memory_address,
            image_base: self.image_base,
            features: self.features,
        }
    }
}
