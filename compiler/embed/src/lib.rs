//! What programs need that embed WebAssembly modules: the part that all bindings share. There is no compiler in it.
//!
//! `wasmc guest.wasm --emit staticlib` makes a library of a module, and `--emit rust` bindings to it, which are a
//! module in Rust with a type `Instance`; `wasmc-build` does both in a build script. Whoever uses them finds here what
//! their functions take and return:
//!
//! - [`Instance`]: what an instance is made of, and what the bindings' own type wraps; [`Options`]: what it is asked
//!   for,
//! - [`Trap`]: why a call did not return, with the [`Exception`] that nothing has caught; [`CreateError`]: why there is
//!   no instance,
//! - [`Fuel`]: how much a guest may do, [`Interrupter`]: what ends its calls from another thread,
//! - [`Guest`]: the guest as functions see it that it imports; [`Error`]: how these fail,
//! - [`Memory`], [`Global`], [`Table`]: what a module exports besides functions,
//! - [`Ref`]: references to what is the guest's, which hosts keep and hand back, with [`I31`] and [`Extern`];
//!   [`RefGlobal`], [`RefTable`]: what holds such,
//! - [`component`]: what libraries of components have instead: values of the types of WIT,
//! - [`Value`]: the types of values, [`ExternRef`] among them: references to what is the host's,
#![cfg_attr(feature = "wasi", doc = "- [`wasi`]: WASI preview 1 and 0.2, for each instance on its own.")]
//!
//! The bindings of a component have a module for each interface, with its types and a trait `Imports` or a type
//! `Exports`.
//!
//! Without the feature `std`, the crate needs an allocator and nothing else of a system; a panic of the host's
//! functions ends the process then, as it cannot be caught.
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod asynchronous;
pub mod component;
mod create;
mod crossing;
mod direct;
mod error;
mod exception;
mod fuel;
mod guest;
mod held;
mod import;
mod instance;
mod interrupter;
mod library;
mod macros;
mod memory;
mod reference;
mod snapshot;
mod state;
mod trap;
mod value;
#[cfg(feature = "wasi")]
pub mod wasi;

#[doc(hidden)]
pub use alloc::{string::String, vec::Vec};
pub use create::{CreateError, SnapshotError};
#[doc(hidden)]
pub use crossing::{Lift, Lower};
#[doc(hidden)]
pub use direct::{Arguments, Direct, Returned};
pub use error::Error;
pub use exception::{Exception, ExceptionValue};
pub use fuel::Fuel;
pub use guest::Guest;
pub use held::{Nullable, RefGlobal, RefTable};
pub use import::{Call, import};
#[doc(hidden)]
pub use import::{Parameters, import_directly};
pub use instance::{Instance, Options};
pub use interrupter::Interrupter;
pub use library::Library;
pub use memory::{Memory, OutOfBounds, Pod};
pub use reference::{Any, Array, Eq, Exn, Extern, Func, HeapType, I31, Ref, RefError, Struct, SubtypeOf};
pub use state::{Global, Table};
pub use trap::{Frame, Reason, Trap};
#[doc(hidden)]
pub use value::Word;
pub use value::{ExternRef, Slot, V128, Value};

#[doc(hidden)]
pub use wasmc_abi::context::FAILED;
/// How a library is used: see [`wasmc_abi::context`].
pub use wasmc_abi::context::{Api, HostFunction};
