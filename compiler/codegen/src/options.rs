//! Options that change code.

use crate::passes::Passes;
use crate::profile::Profile;
use std::num::NonZeroU32;
use std::sync::Arc;

/// How much to optimise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OptLevel {
    /// No optimisation, the fastest compilation.
    None,
    /// For speed.
    #[default]
    Speed,
    /// For speed, then size.
    SpeedAndSize,
}

/// How accesses to the first memory are kept inside its bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bounds {
    /// By reserved address space that faults.
    #[default]
    Guard,
    /// By a comparison before each access.
    Explicit,
}

/// Which state the instances of a program have of their own, and how code finds it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InstanceModel {
    /// The program has each instance once: its state lies at a link-time address.
    #[default]
    Image,
    /// Each thread has an instance of its own: all but memories lies in a block that code finds by the thread it runs
    /// on.
    Thread,
    /// Whoever embeds the program makes as many instances as it likes: their state lies in a block that code is called
    /// with.
    Context,
}

impl InstanceModel {
    /// Whether there may be several instances, which share code and constants.
    pub fn has_many_instances(self) -> bool {
        self != Self::Image
    }
}

/// Everything besides module and target that changes code.
#[derive(Clone, Debug)]
pub struct Options {
    /// How code finds instance state. In programs with threads it is [`InstanceModel::Thread`] whatever this says.
    pub model: InstanceModel,
    /// How much to optimise.
    pub opt_level: OptLevel,
    /// Which passes of the optimiser run, where any do.
    pub passes: Passes,
    /// Bounds of memories with 32-bit indices.
    pub bounds: Bounds,
    /// Bytes that all memories, tables and threads may have together; `None` leaves the module's own limits.
    pub max_memory: Option<u64>,
    /// Elements that each table may have at most; `None` leaves the module's own limits.
    pub max_table_elements: Option<u64>,
    /// Bytes that the heap of objects may have at most; `None` leaves what the target has.
    pub max_heap: Option<u64>,
    /// How many threads can run at once, the first included.
    pub max_threads: NonZeroU32,
    /// Bytes of stack; those that native functions need come on top.
    pub stack_size: u64,
    /// By how many bytes the code of the module lies further than in the module that users have: traps name offsets in
    /// that.
    pub code_moved: i64,
    /// Whether native objects have functions that run before the program ([`wasmc_abi::native::INITIALIZERS`]).
    pub initializers: bool,
    /// Whether the program confines itself: see [`wasmc_abi::confinement`].
    pub confines: bool,
    /// Whether the program has grants to be set up even if it does not use WASI: limits.
    pub limits: bool,
    /// Whether the runtime can make listening sockets that were granted.
    pub listens: bool,
    /// Whether the program carries directories with it: see [`wasmc_abi::embedded`].
    pub embeds: bool,
    /// Whether accesses that a comparison keeps inside, and branches through tables, also are while the processor
    /// speculates (Spectre, variant 1).
    pub spectre: bool,
    /// Whether every NaN that an instruction makes is the positive canonical one (core specification, A.4
    /// "Deterministic"), so that results are the same on every target.
    pub deterministic: bool,
    /// Units of work that the program has, or an instance of a library at first, where code counts them.
    pub fuel: Option<u64>,
    /// Whether code of a library looks whether it is to be interrupted.
    pub interruptible: bool,
    /// Whether return addresses are signed and indirect branches go to landing pads alone: for AArch64.
    pub cfi: bool,
    /// Whether the program writes a snapshot of its instance at its end ([`wasmc_abi::snapshot`]).
    pub snapshot: bool,
    /// The file that the program writes a profile to ([`wasmc_abi::profile`]), where it writes one.
    pub profile_to: Option<String>,
    /// What earlier runs have counted.
    pub profile: Option<Arc<Profile>>,
    /// Whether functions keep their names for backtraces.
    pub names: bool,
    /// Whether Cranelift checks its input and regalloc's output; slow, for tests.
    pub verify: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            model: InstanceModel::default(),
            opt_level: OptLevel::default(),
            passes: Passes::default(),
            bounds: Bounds::default(),
            max_memory: None,
            max_table_elements: None,
            max_heap: None,
            max_threads: NonZeroU32::MAX,
            stack_size: 8 << 20,
            code_moved: 0,
            initializers: false,
            confines: false,
            limits: false,
            listens: false,
            embeds: false,
            spectre: false,
            deterministic: false,
            fuel: None,
            interruptible: false,
            cfi: false,
            snapshot: false,
            profile_to: None,
            profile: None,
            names: true,
            verify: false,
        }
    }
}
