//! How each linear memory is accessed: where it lies, and how accesses stay inside.

use crate::{Bounds, Error, Options, Target};
use cranelift_entity::PrimaryMap;
use wasmc_abi::memory::{MemoryStrategy, PAGE_SIZE_LOG2};
use wasmc_frontend::index::{ExternIndex, InstanceId, MemoryIndex};
use wasmc_frontend::program::{Binding, Item, Program};
use wasmc_frontend::wasmparser::MemoryType;
use wasmc_frontend::{Error as ModuleError, Module};

/// Address space that an unchecked access can reach: any 32-bit index plus any 32-bit offset plus the widest access.
const GUARDED_RESERVATION: u64 = (8 << 30) + (64 << 10);

/// Most bytes a memory with 64-bit indices is ever given: half of the smallest address space among the targets.
const MAX_64_BIT: u64 = 1 << 37;

/// Bytes below 2^32 that a memory with 32-bit indices never grows into, so that an index that was inside has no carry
/// so much further on. Growing may fail for any reason (core specification 4.2.8).
pub(crate) const NEVER_GROWN: u32 = 1 << 16;

/// How one memory is accessed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryPlan {
    /// Where it lies and how its bounds are kept.
    pub strategy: MemoryStrategy,
    /// Address of byte 0, where the strategy fixes it.
    pub base: u64,
    /// Initial size in bytes.
    pub min: u64,
    /// Bytes it may grow to.
    pub max: u64,
    /// Bytes of address space without access that follow it; see [`wasmc_abi::memory::Memory::reserved`].
    pub reserved: u64,
    /// Size of a page, as a power of two.
    pub page_size_log2: u32,
    /// Whether indices have 64 bits.
    pub is_64: bool,
    /// Whether threads share it: it never moves, and may grow at any time.
    pub is_shared: bool,
}

/// What all memories of a program are planned by.
#[derive(Clone, Copy)]
pub(super) struct MemoryPlanner<'p> {
    pub program: &'p Program<'p>,
    /// The memory at the target's fixed address: instance and index.
    pub fixed: Option<(InstanceId, MemoryIndex)>,
    pub target: &'p Target,
    pub options: &'p Options,
}

impl MemoryPlanner<'_> {
    /// Plans every memory of an instance. Imported ones are accessed as the instance that defines them has planned.
    pub fn plan_all(self, instance: InstanceId) -> Result<PrimaryMap<MemoryIndex, MemoryPlan>, Error> {
        self.program.module_of(instance).memories.keys().map(|index| self.plan(instance, index)).collect()
    }

    fn plan(self, instance: InstanceId, index: MemoryIndex) -> Result<MemoryPlan, Error> {
        match self.program.binding(instance, ExternIndex::Memory(index)) {
            Some(&Binding::Instance(Item { instance, index: ExternIndex::Memory(index) })) => {
                self.plan(instance, index)
            }
            _ => {
                let module = self.program.module_of(instance);
                let base = self.target.memory_base.filter(|_| self.fixed == Some((instance, index)));
                MemoryPlan::new(module, index, base, self.target, self.options)
            }
        }
    }
}

impl MemoryPlan {
    /// Plans a memory that `module` defines, which lies at the address `base` where there is one.
    fn new(
        module: &Module<'_>,
        index: MemoryIndex,
        base: Option<u64>,
        target: &Target,
        options: &Options,
    ) -> Result<Self, Error> {
        let ty = module.memories[index].ty;
        let page_size_log2 = page_size_log2(&ty);
        let bytes = |pages: u64| pages.saturating_mul(1 << page_size_log2);
        // A 32-bit memory has at most 2^32 bytes, and at most 2^32 - 1 pages, as its size must fit an index.
        let ceiling = if ty.memory64 { MAX_64_BIT } else { bytes(u32::MAX.into()).min(1 << 32) };
        let limit = options.max_memory.or(target.memory_capacity);
        let min = initial_bytes(&ty);
        let ceiling = if ty.memory64 { ceiling } else { ceiling.min((1 << 32) - u64::from(NEVER_GROWN)).max(min) };
        let max = ty.maximum.map_or(ceiling, bytes).min(ceiling).min(limit.unwrap_or(u64::MAX));
        if min > max {
            return Err(Error::Refused(too_large(index, min, max, limit)));
        }
        let guarded = options.bounds == Bounds::Guard && !ty.memory64 && page_size_log2 == PAGE_SIZE_LOG2;
        let (strategy, base) = match base {
            Some(base) if guarded => (MemoryStrategy::FixedGuard, base),
            Some(base) => (MemoryStrategy::FixedExplicit, base),
            None if guarded => (MemoryStrategy::Guard, 0),
            None => (MemoryStrategy::Explicit, 0),
        };
        let reserved = match strategy {
            _ if guarded => GUARDED_RESERVATION,
            // It must not move as it grows.
            MemoryStrategy::Explicit if ty.shared || target.memory_capacity.is_some() => max,
            _ => 0,
        };
        Ok(Self { strategy, base, min, max, reserved, page_size_log2, is_64: ty.memory64, is_shared: ty.shared })
    }
}

/// Bytes that a memory has at first.
pub(super) fn initial_bytes(ty: &MemoryType) -> u64 {
    ty.initial.saturating_mul(1 << page_size_log2(ty))
}

fn page_size_log2(ty: &MemoryType) -> u32 {
    ty.page_size_log2.unwrap_or(PAGE_SIZE_LOG2)
}

fn too_large(index: MemoryIndex, min: u64, max: u64, limit: Option<u64>) -> ModuleError {
    let error =
        ModuleError::new(format!("memory {index} starts with {min} bytes, more than the {max} bytes it may have"));
    match limit {
        Some(_) => error.with_help(format!("raise the limit: `--max-memory {min}`")),
        None => error,
    }
}
