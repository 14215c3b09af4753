//! What a compilation may take.

use wasmc::limits::{InputSize, Limits};

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
    /// The budget of a module of so many bytes: its limits, and twenty seconds, and twenty for each of its megabytes.
    pub fn of(module: u64) -> Self {
        let (limits, inputs) = (Limits::default(), InputSize { module, others: 0 });
        Self {
            seconds: 20.0 + 20.0 * module as f64 / f64::from(1 << 20),
            memory: limits.compile_memory(inputs, 1),
            image: limits.image(inputs),
        }
    }
}
