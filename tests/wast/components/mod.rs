//! Scripts of the component model: each assertion becomes a component around the one that it is about.
//!
//! - [`script`]: what a script says, and how it went,
//! - [`driver`]: the component that makes calls, [`values`], [`types`]: what they pass, [`scripted`]: values in
//!   scripts, [`encode`]: types in components.

mod driver;
pub mod encode;
pub mod script;
mod scripted;
pub mod types;
pub mod values;
