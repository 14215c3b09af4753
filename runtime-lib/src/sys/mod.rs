//! The platform, chosen once, by whole files. What is used of it is the union of what the platform modules export.

#[cfg(target_os = "linux")]
#[path = "linux/mod.rs"]
mod platform;

pub use platform::*;
