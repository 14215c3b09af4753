//! What a compilation may take.

/// A megabyte.
const MB: u64 = 1 << 20;

/// Limits for a module.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Processor time in seconds, on one core.
    pub seconds: f64,
    /// Bytes of memory.
    pub memory: u64,
    /// Bytes of the image.
    pub image: u64,
}

impl Budget {
    /// The budget of a module of so many bytes.
    pub fn of(module: u64) -> Self {
        Self {
            seconds: 20.0 + 20.0 * module as f64 / MB as f64,
            memory: 128 * MB + 300 * module,
            image: 64 * MB + 16 * module,
        }
    }
}
