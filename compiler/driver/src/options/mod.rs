//! What a compilation depends on besides its module.
//!
//! - [`Request`]: what someone asks for, from the command line or a build script,
//! - [`Request::settle`] (`settle.rs`): the one place that knows which options a target can have, and what they mean
//!   there,
//! - [`Options`]: what comes of it, which the phases of a compilation read, and none of them checks again.
//!
//! Settling reads no file and looks at no module. What needs the module is checked by the phase that has it:
//! [`crate::grants::Grants::check`] is all that is left of options then.

mod bare;
mod cfi;
mod library;
mod profile;
mod request;
mod settle;
#[cfg(test)]
mod tests;

pub use library::is_identifier;
pub use request::Request;
pub use settle::missing_left_open;

use crate::confine::Confinement;
use crate::embed::Embed;
use crate::grants::Grants;
use crate::limits::Limits;
use crate::target::Target;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;
use wasmc_frontend::Features;
use wasmc_frontend::program::Missing;

/// The kind of output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Emit {
    /// A static executable.
    #[default]
    Exe,
    /// The memory that an executable for bare metal takes, from its first byte on.
    Bin,
    /// A static library to embed in other programs. It has one symbol, by which bindings use it.
    #[value(name = "staticlib")]
    StaticLib,
    /// A shared library with the same symbol, for programs that load it.
    #[value(name = "sharedlib")]
    SharedLib,
    /// Bindings to such a library, in Rust.
    Rust,
    /// The same in C, as a header.
    Header,
    /// An object file, before it is linked.
    Obj,
    /// Machine code as assembly text.
    Asm,
    /// Cranelift's intermediate representation as text, before it is optimised.
    Clif,
    /// Where the bytes and the time go, as text: the command `report`.
    #[value(skip)]
    Report,
    /// The same as a page.
    #[value(skip)]
    HtmlReport,
}

impl Emit {
    /// Extension of a file with such output.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Exe => "",
            Self::Bin => "bin",
            Self::StaticLib => "a",
            Self::SharedLib => "so",
            Self::Rust => "rs",
            Self::Header => "h",
            Self::Obj => "o",
            Self::Asm => "s",
            Self::Clif => "clif",
            Self::Report => "txt",
            Self::HtmlReport => "html",
        }
    }

    /// Whether the output is a library for programs of others, or belongs to one.
    pub fn is_library(self) -> bool {
        self.is_linked_by_others() || matches!(self, Self::Rust | Self::Header)
    }

    /// Whether the output is a library itself.
    pub fn is_linked_by_others(self) -> bool {
        matches!(self, Self::StaticLib | Self::SharedLib)
    }

    /// Whether the output is linked to an image.
    pub fn is_linked(self) -> bool {
        matches!(self, Self::Exe | Self::Bin)
    }
}

/// Everything a compilation depends on besides its module: checked, complete, and possible for the target. Made by
/// [`Request::settle`] alone.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The kind of output.
    pub emit: Emit,
    /// What the program runs on.
    pub target: Target,
    /// What changes code.
    pub codegen: wasmc_codegen::Options,
    /// Which proposals a module may use.
    pub features: Features,
    /// What functions do that nothing satisfies the imports of; `None` where that is an error.
    pub missing: Option<Missing>,
    /// Whether native functions without a declared type are taken to have those of the imports.
    pub trusts_natives: bool,
    /// What the program may reach.
    pub grants: Grants,
    /// How the program confines itself.
    pub confinement: Confinement,
    /// Directories that become part of the program.
    pub embeds: Vec<Embed>,
    /// The time that embedded files carry, in nanoseconds since 1970.
    pub embed_time: u64,
    /// What the program is started with: exactly where the target has no system to pass it.
    pub start: Option<Start>,
    /// What the names of a library begin with; `None` for the module's.
    pub library_name: Option<String>,
    /// The exported function after which the program, that does nothing else, writes a snapshot of its instance.
    pub snapshot_after: Option<String>,
    /// Profiles that say what earlier runs have done.
    pub profiles: Vec<PathBuf>,
    /// Whether the executable goes without symbols.
    pub strip: bool,
    /// A linker to use instead of the built-in one.
    pub linker: Option<PathBuf>,
    /// What compiling may take.
    pub limits: Limits,
    /// Threads to compile with.
    pub jobs: NonZeroUsize,
    /// The folder with functions of earlier compilations.
    pub cache: Option<PathBuf>,
}

/// What a module does when it is compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preinit {
    /// The exported function that is called.
    pub export: String,
    /// How long it may take.
    pub timeout: Duration,
}

/// What a program on bare metal is started with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// Its arguments, without its name.
    arguments: Vec<String>,
    /// Variables that the runtime reads.
    pub environment: Vec<String>,
    /// The seed of random bytes.
    pub seed: u64,
}

impl Start {
    /// The arguments of the program made of the module in the file `module`: the program's name is the first.
    pub fn arguments(&self, module: &str) -> Vec<String> {
        let name = Path::new(module).file_stem().map_or(String::new(), |name| name.to_string_lossy().into_owned());
        std::iter::once(name).chain(self.arguments.iter().cloned()).collect()
    }
}
