//! What someone asks of a compilation. Its parts need not fit together, nor be possible for the target.

use crate::embed::Embed;
use crate::grants::{Grant, ProgramLimits};
use crate::limits::Limits;
use crate::options::Emit;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use wasmc_abi::confinement::Mode;
use wasmc_codegen::passes::Passes;
use wasmc_codegen::{Bounds, OptLevel};
use wasmc_frontend::Features;
use wasmc_frontend::program::Missing;

/// Options as they are given. The default asks for an executable that is granted nothing.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The kind of output.
    pub emit: Emit,
    /// How much to optimise.
    pub opt_level: OptLevel,
    /// Which passes of the optimiser run.
    pub passes: Passes,
    /// How accesses are kept in bounds; `None` for the target's way.
    pub bounds: Option<Bounds>,
    /// Whether they stay in bounds during speculative execution, too.
    pub spectre: bool,
    /// Whether results are the same on every target, down to the bits of NaNs.
    pub deterministic: bool,
    /// Units of work that the program has, or an instance of a library at first; `None` where they are not counted.
    pub fuel: Option<u64>,
    /// Whether code of a library can be interrupted from another thread.
    pub epoch: bool,
    /// Whether control flow is hardened.
    pub cfi: bool,
    /// What the program can have at most.
    pub program_limits: ProgramLimits,
    /// Bytes of stack; `None` for the target's size.
    pub stack_size: Option<u64>,
    /// Which proposals a module may use.
    pub features: Features,
    /// What functions do that nothing satisfies the imports of; `None` where that is an error.
    pub missing: Option<Missing>,
    /// Whether native functions without a declared type are taken to have those of the imports.
    pub trusts_natives: bool,
    /// What the program may reach.
    pub grants: Vec<Grant>,
    /// How the program is confined; `None` for what is possible.
    pub confine: Option<Mode>,
    /// System calls that native objects may make in a confined program, by name or number.
    pub allowed_calls: Vec<String>,
    /// Directories that become part of the program.
    pub embeds: Vec<Embed>,
    /// The time that embedded files carry, in nanoseconds since 1970: see [`crate::embed::source_date_epoch`].
    pub embed_time: u64,
    /// Arguments of the program, for targets without a system to pass them.
    pub arguments: Vec<String>,
    /// The seed of random bytes, for targets without a system to supply them.
    pub seed: Option<u64>,
    /// What the names of a library begin with; `None` for the module's.
    pub library_name: Option<String>,
    /// The exported function after which the program, that does nothing else, writes a snapshot of its instance.
    pub snapshot_after: Option<String>,
    /// The file that the program writes a profile to, where it writes one.
    pub profile_to: Option<String>,
    /// Profiles that say what earlier runs have done.
    pub profiles: Vec<PathBuf>,
    /// Whether the executable goes without symbols.
    pub strip: bool,
    /// A linker to use instead of the built-in one.
    pub linker: Option<PathBuf>,
    /// What compiling may take.
    pub limits: Limits,
    /// Threads to compile with; `None` for one per processor.
    pub jobs: Option<NonZeroUsize>,
    /// The folder where compiled functions are kept for the next compilation: see [`crate::cache`].
    pub cache: Option<PathBuf>,
}
