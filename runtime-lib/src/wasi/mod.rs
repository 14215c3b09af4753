//! WASI: a core that knows no version, and one face per version.
//!
//! Core:
//! - [`guest`]: the memory that pointers of the guest point into,
//! - [`descriptors`]: what the guest's descriptors stand for and may be used for, [`rights`]; [`uses`]: calls on them,
//! - [`grants`]: what the user allows, [`limits`]: and how much of it; [`variables`]: the environment that the guest sees,
//! - [`paths`]: names beneath directories; [`directory`]: their entries,
//! - [`embedded`]: directories that are part of the program,
//! - [`streams`]: reading and writing, [`polling`]: waiting.
//!
//! Faces: [`preview1`] and [`unstable`].

pub mod descriptors;
mod directory;
pub mod embedded;
pub mod grants;
mod guest;
pub mod limits;
mod paths;
mod polling;
mod preview1;
mod rights;
mod streams;
mod unstable;
mod uses;
mod variables;
