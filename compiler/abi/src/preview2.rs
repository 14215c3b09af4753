//! WASI 0.2: the functions that the runtime defines for components to import.

use crate::host::Needs;
use crate::signature::Signature;

/// A function that the runtime defines for components to import.
#[derive(Debug, PartialEq, Eq)]
pub struct ComponentFunction {
    /// Its interface, without the version.
    pub interface: &'static str,
    /// Its name there.
    pub name: &'static str,
    /// Its type in C.
    pub signature: Signature,
    /// Its type as text.
    pub ty: &'static str,
    /// What start-up must prepare for it.
    pub needs: Needs,
}

impl ComponentFunction {
    /// The system calls that it makes.
    pub fn system_calls(&self) -> impl Iterator<Item = &'static str> {
        core::iter::empty()
    }

    /// Its symbol.
    pub fn symbol(&self) -> &'static str {
        self.name
    }
}

/// The function of an interface.
pub fn find(_interface: &str, _name: &str) -> Option<&'static ComponentFunction> {
    None
}

/// The number of a resource.
pub fn resource(_interface: &str, _name: &str) -> Option<u32> {
    None
}

/// What drops a resource.
pub fn drop_of(_resource: u32) -> Option<&'static ComponentFunction> {
    None
}
