//! WASI: code that all versions share, and one interface per version.
//!
//! Shared, from top to bottom:
//! - [`overlay`]: the functions of both versions in programs with embedded directories; [`embedded`]: those
//!   directories; `carried`: what they are for components,
//! - [`polling`]: waiting, [`streams`]: reading and writing,
//! - [`files`]: what is done with open files,
//! - [`names`]: what is done with files by their names; [`opening`]: opening them,
//! - [`paths`]: names beneath directories; [`directory`]: their entries,
//! - `listen`: granted sockets, [`environment`]: granted environment variables,
//! - [`grants`]: what the user allows, `reached`: of the network, [`limits`]: and how much of it,
//! - [`hold`]: calls that keep a descriptor open until they end,
//! - [`descriptors`]: the files behind the guest's descriptors and their [`rights`],
//! - [`guest`]: the memory that pointers of the guest point into.
//!
//! Interfaces: [`preview1`] and, on top of it, [`unstable`]; [`preview2`], for components.

#[cfg(feature = "component")]
mod carried;
pub mod descriptors;
mod directory;
pub mod embedded;
mod environment;
mod files;
pub mod grants;
mod guest;
mod hold;
pub mod limits;
#[cfg(target_os = "linux")]
pub mod listen;
mod names;
mod opening;
mod overlay;
mod paths;
mod polling;
mod preview1;
#[cfg(feature = "component")]
pub mod preview2;
#[cfg(feature = "component")]
mod reached;
mod rights;
mod streams;
mod unstable;
