//! The error of this crate.

/// Why no object was written. All of it is beyond what a module can cause.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The target's object format or architecture is none that objects are written for.
    #[error("no objects can be written for target `{0}`")]
    Target(String),
    /// Code refers to something in a way the object format cannot express.
    #[error("relocation {0} cannot be expressed in this object format")]
    Relocation(String),
    /// The object does not fit its format.
    #[error("the object cannot be written: {0}")]
    Write(#[from] object::write::Error),
}
