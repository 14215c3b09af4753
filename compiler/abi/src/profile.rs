//! Profiles: how often each part of a program's functions has run, and what its indirect calls have gone to.
//!
//! A profile is a file that holds, in little-endian words of 64 bits but where it says otherwise:
//!
//! 1. [`MAGIC`], the [`hash`] of all from [`HASHED`] on to the counters, the number of functions, that of counters;
//! 2. for each function a [`Record`]: which one it is, by a hash of its body, and how many counters it has;
//! 3. the counters of all functions, one after the other. Those of a function are one for each place where control may
//!    begin anew, in order of their offsets in the body, then [`SLOTS`] pairs of words for each call through a
//!    reference: a function, as its index plus one, and how often the call has gone there.
//!
//! Where control may begin anew follows from the body alone (`codegen/src/plan/points.rs`), so that the file need not
//! say it, and means the same for every target.
//!
//! The program writes all of it when it starts, and counts in the file itself, which is mapped where its counters are:
//! so the counts are there however it ends, and it needs no system call for them.

use core::mem::offset_of;

/// What a profile begins with.
pub const MAGIC: [u8; 16] = *b"wasmc profile 1\n";

/// Where that begins which is hashed.
pub const HASHED: usize = 24;

/// Bytes before the first record.
pub const HEADER: usize = 40;

/// Bytes of a counter.
pub const WORD: usize = 8;

/// How many functions are told apart that a call goes to.
pub const SLOTS: usize = 3;

/// Words of a call through a reference.
pub const SITE_WORDS: u32 = 2 * SLOTS as u32;

/// The variable of the environment that says which file a program writes instead of the one that it was compiled for.
pub const VARIABLE: &str = "WASMC_PROFILE";

/// Where the index of a function lies that references can refer to, from its code: before the number of its type. Only
/// programs that write a profile have it.
pub const INDEX_OFFSET: i32 = -8;

/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct Record {
    /// The [`hash`] of its body.
    pub body: u64,
    /// Its index in its module.
    pub index: u32,
    /// How many counters it has.
    pub words: u32,
}

impl Record {
    /// Bytes of a record.
    pub const SIZE: usize = size_of::<Self>();

    /// As it is in the file.
    pub fn to_bytes(self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        bytes[..8].copy_from_slice(&self.body.to_le_bytes());
        bytes[offset_of!(Self, index)..][..4].copy_from_slice(&self.index.to_le_bytes());
        bytes[offset_of!(Self, words)..][..4].copy_from_slice(&self.words.to_le_bytes());
        bytes
    }

    /// What [`Self::to_bytes`] made bytes of.
    pub fn from_bytes(bytes: &[u8; Self::SIZE]) -> Self {
        let half = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let [index, words] = [offset_of!(Self, index), offset_of!(Self, words)].map(half);
        Self { body: u64::from(half(4)) << 32 | u64::from(half(0)), index, words }
    }
}

/// The hash of what a body consists of, or a file: FNV-1a. It tells apart what nobody has made to be the same; a
/// profile that lies makes slower code, not other results.
pub fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}
