//! Scripts of the component model: each assertion becomes a component around the one that it is about.
//!
//! - [`script`]: what a script says, and how it went,
//! - [`driver`]: the component that makes calls, [`values`], [`types`]: what they pass, [`encode`]: types
//!   in components.

mod driver;
mod encode;
pub mod script;
mod types;
mod values;
