//! Components: values of the types that WIT has, as functions of a library take and return them (component model,
//! "Canonical ABI").
//!
//! Bindings declare the types and functions of a component by what is here; whoever uses them meets [`Instance`] and
//! [`Violation`], and [`Table`] where the component imports resources.
//!
//! - [`instance`]: calls in both directions; [`raw`]: calls by guests of hosts in other languages,
//! - [`resources`]: handles; [`compound`], [`sequences`]: types that have parts; [`types`]: the others, and what all of
//!   them do,
//! - [`canonical`]: the guest's memory and handles; [`shared`]: what was dropped; [`layout`]: sizes and alignments.

mod canonical;
mod compound;
mod instance;
#[doc(hidden)]
pub mod layout;
mod macros;
mod raw;
mod resources;
mod sequences;
mod shared;
mod types;

pub use canonical::Violation;
#[doc(hidden)]
pub use canonical::{Canonical, Handles, Options};
#[doc(hidden)]
pub use compound::{Fields, lift_payload, load_case, load_flags, no_case, store_case, store_flags};
pub use instance::Instance;
#[doc(hidden)]
pub use instance::{Component, Export, Hosted, answer, dropped, trap};
#[doc(hidden)]
pub use macros::{flags, handle, host_resource, import, record, resource, variant};
#[doc(hidden)]
pub use raw::RawGuest;
pub use resources::{Borrowed, Table};
#[doc(hidden)]
pub use resources::{HostResource, Lent, Owned, Resource, hosted, owned};
#[doc(hidden)]
pub use types::{Flat, Values};
pub use types::{Lift, Lower, Type};
#[doc(hidden)]
pub use wasmc_abi::component::Encoding;
