//! What a compilation depends on besides its module, resolved.

use crate::confine::Confine;
use crate::embed::Embed;
use crate::grants::Grant;
use crate::target::Target;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use wasmc_frontend::Features;

/// What comes out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Emit {
    /// A static executable.
    #[default]
    Exe,
    /// The memory that an executable for bare metal takes, from its first byte on.
    Bin,
    /// An object file, before it is linked.
    Obj,
    /// Machine code as assembly text.
    Asm,
    /// Cranelift's intermediate representation as text, before it is optimised.
    Clif,
}

impl Emit {
    /// Extension of a file with such output.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Exe => "",
            Self::Bin => "bin",
            Self::Obj => "o",
            Self::Asm => "s",
            Self::Clif => "clif",
        }
    }
}

/// Everything a compilation depends on besides its module.
#[derive(Clone, Debug)]
pub struct Options {
    /// What comes out.
    pub emit: Emit,
    /// For whom.
    pub target: Target,
    /// What changes code.
    pub codegen: wasmc_codegen::Options,
    /// Which proposals a module may use.
    pub features: Features,
    /// What the program may reach.
    pub grants: Vec<Grant>,
    /// How the program confines itself.
    pub confine: Confine,
    /// Directories that become part of the program.
    pub embeds: Vec<Embed>,
    /// The time that embedded files carry, in seconds since 1970.
    pub embed_time: u64,
    /// Arguments, for targets where nobody gives any when the program starts.
    pub arguments: Vec<String>,
    /// What random bytes are made from, for targets where no system has any.
    pub seed: Option<u64>,
    /// Whether the executable goes without symbols.
    pub strip: bool,
    /// A linker to use instead of the one inside.
    pub linker: Option<PathBuf>,
    /// Threads.
    pub jobs: NonZeroUsize,
}

impl Options {
    /// Whether the output is linked.
    pub fn links(&self) -> bool {
        matches!(self.emit, Emit::Exe | Emit::Bin)
    }

    /// An executable for `target`, with nothing granted and everything else as it is unless told otherwise.
    pub fn for_target(target: Target) -> Self {
        Self {
            emit: Emit::Exe,
            codegen: wasmc_codegen::Options {
                bounds: target.bounds,
                stack_size: target.stack_size,
                ..Default::default()
            },
            features: Features::default(),
            grants: Vec::new(),
            confine: Confine::default(),
            embeds: Vec::new(),
            embed_time: 0,
            arguments: Vec::new(),
            seed: None,
            strip: false,
            linker: None,
            jobs: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            target,
        }
    }
}
