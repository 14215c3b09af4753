//! What the code generator knows of a target.

use cranelift_codegen::isa::{CallConv, TargetFrontendConfig};
use target_lexicon::{Architecture, BinaryFormat, OperatingSystem, PointerWidth, Triple};
use wasmc_abi::thread::BlockPointer;

/// A target, resolved: nothing here depends on the machine that compiles.
#[derive(Clone, Debug)]
pub struct Target {
    /// Architecture, system and object format.
    pub triple: Triple,
    /// Cranelift settings of the CPU: flags to enable, such as `has_avx`, or `name=value`.
    pub cpu_flags: Vec<String>,
    /// Address of byte 0 of the first memory, where it lies at a fixed place.
    pub memory_base: Option<u64>,
    /// Bytes that each memory may grow to unless the options say otherwise, on targets where what a memory may grow to
    /// is set aside from the start.
    pub memory_capacity: Option<u64>,
    /// Bytes of the largest page that the target's kernels use.
    pub page_size: u64,
}

impl Target {
    /// Whether the CPU is a 64-bit RISC-V.
    pub(crate) fn is_riscv64(&self) -> bool {
        matches!(self.triple.architecture, Architecture::Riscv64(_))
    }

    /// Whether the CPU is a 64-bit ARM.
    pub(crate) fn is_aarch64(&self) -> bool {
        matches!(self.triple.architecture, Architecture::Aarch64(_))
    }

    /// Where code of programs with threads finds the block of the thread it runs on.
    pub fn block_pointer(&self) -> BlockPointer {
        match self.triple.architecture {
            Architecture::Riscv64(_) => BlockPointer::StackArea,
            _ => BlockPointer::PinnedRegister,
        }
    }

    /// Bytes of a reference in a field or an element: see [`wasmc_abi::heap`].
    pub fn reference_size(&self) -> u32 {
        // On macOS the lowest 4 GiB are out of bounds.
        if self.triple.binary_format == BinaryFormat::Macho { 8 } else { 4 }
    }

    /// Whether an access through a null reference, some bytes further, faults.
    pub(crate) fn faults_near_null(&self) -> bool {
        !self.has_no_system()
    }

    /// Whether programs have the machine to themselves.
    pub(crate) fn has_no_system(&self) -> bool {
        self.triple.operating_system == OperatingSystem::None_
    }

    /// Whether the CPU has vectors of 128 bits: RISC-V alone leaves them to an extension.
    pub(crate) fn has_vectors(&self) -> bool {
        !self.is_riscv64() || self.has("has_v")
    }

    /// Whether the CPU has a feature, by Cranelift's name for it.
    pub(crate) fn has(&self, feature: &str) -> bool {
        self.cpu_flags.iter().any(|flag| flag == feature)
    }

    /// The widest offset in bytes that a load or store of any size has beside a register.
    pub(crate) fn widest_offset(&self) -> i32 {
        match self.triple.architecture {
            Architecture::Riscv64(_) => 2047,
            Architecture::Aarch64(_) => 4095,
            _ => i32::MAX,
        }
    }

    /// Whether a load takes an offset in bytes besides a scaled index.
    pub(crate) fn adds_offsets_to_indices(&self) -> bool {
        matches!(self.triple.architecture, Architecture::X86_64)
    }

    /// Whether a loop gains by carrying a native address that `uses` accesses take, offsets other than 0 counted twice,
    /// and whose index takes `operations` instructions: it adds one instruction to the loop.
    pub(crate) fn gains_by_carrying(&self, uses: usize, operations: usize) -> bool {
        match self.triple.architecture {
            // Extends an index by two instructions, and adds it by one.
            Architecture::Riscv64(_) => true,
            // Has few registers, and addressing modes that take most indices as they are: matmul has 0.69 of the
            // instructions with carried addresses instead of 0.80, fannkuch, whose loops turn a few times, 1.03.
            Architecture::X86_64 => false,
            _ => operations > 0 || uses > 1,
        }
    }

    /// Whether `emit/x64/refine/` takes finished machine code, and what prepares it in `optimize/` runs.
    pub(crate) fn is_refined(&self) -> bool {
        self.triple.architecture == Architecture::X86_64 && self.triple.binary_format == BinaryFormat::Elf
    }

    /// Whether an access of `size` bytes takes an address that is the sum of two registers, one of them shifted to the
    /// left by `shift` bits, and an offset besides if `has_offset`.
    pub(crate) fn adds_counter(&self, shift: u32, size: u32, has_offset: bool) -> bool {
        match self.triple.architecture {
            Architecture::X86_64 => shift <= 3,
            Architecture::Aarch64(_) => !has_offset && (shift == 0 || 1 << shift == size),
            _ => false,
        }
    }

    /// How many vectors of each array a turn of a loop has that is made to have them.
    pub(crate) fn vectors_at_once(&self) -> Option<u32> {
        match self.triple.architecture {
            _ if self.has_no_system() => None,
            Architecture::X86_64 => Some(2),
            // Two are one instruction, and there are registers enough.
            Architecture::Aarch64(_) => Some(4),
            _ => None,
        }
    }

    /// About how many values registers can hold at a time, floats or others.
    pub(crate) fn registers(&self, are_floats: bool) -> usize {
        match self.triple.architecture {
            Architecture::X86_64 => 14,
            _ if are_floats => 32,
            _ => 26,
        }
    }

    /// Whether an integer constant takes an instruction of its own, or more.
    pub(crate) fn makes_constant(&self, bits: i64) -> bool {
        match self.triple.architecture {
            Architecture::Riscv64(_) => !(-2048..2048).contains(&bits),
            Architecture::Aarch64(_) => !(-4095..4096).contains(&bits),
            _ => false,
        }
    }

    /// Whether a float constant other than 0 does.
    pub(crate) fn makes_float_constant(&self) -> bool {
        !matches!(self.triple.architecture, Architecture::X86_64)
    }

    /// What building functions depends on.
    pub(crate) fn frontend_config(&self) -> TargetFrontendConfig {
        TargetFrontendConfig {
            default_call_conv: CallConv::triple_default(&self.triple),
            pointer_width: PointerWidth::U64,
            page_size_align_log2: self.page_size.trailing_zeros() as u8,
        }
    }
}
