//! The error of this crate.

/// A symbol that no input defines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unresolved {
    /// The symbol.
    pub symbol: String,
    /// The object that refers to it.
    pub referrer: String,
}

/// Why there is no image.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Symbols that no input defines, sorted.
    #[error("undefined symbols: {}", list(.0))]
    Unresolved(Vec<Unresolved>),
    /// An input is not an object (or archive of objects) for this target.
    #[error("{name}: {reason}")]
    BadInput {
        /// The input.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A section of an object can have no place in an image.
    #[error("{object}: section {section} {why}")]
    Section {
        /// The object.
        object: String,
        /// The section.
        section: String,
        /// What is wrong with it, as the rest of a sentence.
        why: String,
    },
    /// A function's frame is larger than the guard below the stack, and it does not touch every page of it.
    #[error("{object}: function {function} takes {bytes} bytes of stack at once, more than the guard below it has")]
    Frame {
        /// The object.
        object: String,
        /// The function.
        function: String,
        /// Bytes of its frame.
        bytes: u64,
    },
    /// An object addresses memory by absolute 32-bit addresses, which do not reach the image.
    #[error("{object} is not position independent: {detail}")]
    NotPositionIndependent {
        /// The object.
        object: String,
        /// The relocation in question.
        detail: String,
    },
    /// An object that does not declare BTI, in an image that must.
    #[error("{0} has no landing pads for indirect branches")]
    NoBti(String),
    /// Something that a static image without a loader cannot have.
    #[error("{0} cannot be part of a static image")]
    Unsupported(String),
    /// Any other complaint of the linker about inputs or script.
    #[error("{0}")]
    Linker(String),
    /// The image breaks an invariant: a defect of the linker, or of the script.
    #[error("the linked image is not as it must be: {0}")]
    Invariant(String),
}

fn list(symbols: &[Unresolved]) -> String {
    symbols.iter().map(|each| each.symbol.as_str()).collect::<Vec<_>>().join(", ")
}
