//! WASI: code that all versions share, and one interface per version.
//!
//! Shared, from top to bottom:
//! - [`overlay`]: the functions of both versions in programs with embedded directories; [`embedded`]: those
//!   directories,
//! - [`polling`]: waiting, [`streams`]: reading and writing,
//! - [`paths`]: names beneath directories; [`directory`]: their entries,
//! - `listen`: granted sockets, [`environment`]: granted environment variables,
//! - [`grants`]: what the user allows, [`limits`]: and how much of it,
//! - [`hold`]: calls that keep a descriptor open until they end,
//! - [`descriptors`]: the files behind the guest's descriptors and their [`rights`],
//! - [`guest`]: the memory that pointers of the guest point into.
//!
//! Interfaces: [`preview1`] and, on top of it, [`unstable`].

pub mod descriptors;
mod directory;
pub mod embedded;
mod environment;
pub mod grants;
mod guest;
mod hold;
pub mod limits;
#[cfg(target_os = "linux")]
pub mod listen;
mod overlay;
mod paths;
mod polling;
mod preview1;
mod rights;
mod streams;
mod unstable;
