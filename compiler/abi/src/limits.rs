//! Sizes that the compiler gives a program.

/// [`crate::symbols::LIMITS`].
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of stack for compiled code, and for native code that it calls.
    pub stack_size: u64,
    /// Bytes of the guard below each stack, at least [`crate::thread::GUARD`].
    pub guard_size: u64,
    /// Bytes of the aligned area that each stack lies in ([`crate::thread::area`]); 0 where stacks need no alignment.
    /// Only runtimes of architectures with [`crate::thread::BlockPointer::StackArea`] look at it.
    pub stack_area: u64,
    /// Bytes that the program may allocate after its start: `--max-memory` without what it starts with, or `u64::MAX`.
    pub growth: u64,
}

impl Limits {
    /// The limits as an image holds them.
    pub fn to_bytes(self) -> [u8; size_of::<Self>()] {
        let Self { stack_size, guard_size, stack_area, growth } = self;
        let mut bytes = [0; size_of::<Self>()];
        for (to, word) in bytes.chunks_exact_mut(8).zip([stack_size, guard_size, stack_area, growth]) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }
}
