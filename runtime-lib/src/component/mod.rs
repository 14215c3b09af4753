//! Components: functions of the runtime that lowered imports and built-ins of the canonical ABI are linked to.
//!
//! From top to bottom:
//!
//! - [`builtins`]: handles of resources that components define, and calls between components; [`transcode`]: strings
//!   that adapters move,
//! - [`lower`]: results, as values in the caller's memory,
//! - [`calls`]: who has lent what to whom; [`handles`]: the handles of a component instance,
//! - [`text`]: strings of the caller, in its encoding; [`encodings`]: from code units to characters and back,
//! - [`caller`]: the memory that pointers of the caller point into,
//! - [`fault`]: traps, [`room`]: memory of the runtime's own.
//!
//! A component has one thread, so that nothing here is locked.

pub mod builtins;
pub mod caller;
pub mod calls;
mod encodings;
mod fault;
pub mod handles;
pub mod lower;
pub mod room;
pub mod text;
pub mod transcode;

pub use caller::Caller;
pub use fault::{trap, trap_with_number};
pub use lower::{Area, Bytes, Filled, List, Lower, Own};
pub use text::Text;
