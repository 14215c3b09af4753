//! Exceptions: what one is while it is thrown, and the tables by which the runtime finds its handler.
//!
//! An exception is one word, while it is thrown and as an `exnref`. What most carry, nothing or 32 bits, fits in beside
//! the number of its tag (see [`immediate`]). Of others the word is the address of a [`Header`], which
//! what they carry follows. While one is thrown, that lies where the tag's instance has set room aside for it; a
//! reference that is kept is the address of a copy.
//!
//! The code of functions that exceptions pass through has a row in [`UnwindTables`], which says where they save
//! registers, and which of their calls have handlers. Nothing else is done for exceptions until one is thrown.

use crate::leb128;
use crate::table::Table;

/// Marks a word that is an exception itself, not an address.
const IMMEDIATE: u64 = 1 << 63;

/// The exception with tag `tag` that carries at most 32 bits.
pub const fn immediate(tag: u32, carried: u32) -> u64 {
    IMMEDIATE | (tag as u64) << 32 | carried as u64
}

/// The most that an exception carries in its word, in bytes.
pub const MAX_IMMEDIATE: u32 = 4;

/// An exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exception {
    /// Its tag, and what it carries.
    Immediate(u32, u32),
    /// The address of its [`Header`].
    At(usize),
}

impl Exception {
    /// The exception that a word is.
    pub const fn of(word: u64) -> Self {
        if word & IMMEDIATE == 0 {
            return Self::At(word as usize);
        }
        Self::Immediate(((word & !IMMEDIATE) >> 32) as u32, word as u32)
    }
}

/// What an exception that does not fit into a word begins with.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The number of its tag.
    pub tag: u32,
    /// Bytes of all, the header included. Those of a copy that references refer to have [`KEPT`] added.
    pub size: u32,
}

/// Added to the size of an exception that references refer to.
pub const KEPT: u32 = 1 << 31;

/// Offset of what an exception carries from its header, in bytes: a multiple of any value's alignment.
pub const PAYLOAD: u32 = 16;

/// What finding handlers in a module's code needs. Written by the compiler.
#[repr(C)]
#[derive(Debug)]
pub struct UnwindTables {
    /// Address of the first byte of compiled code.
    pub text: *const u8,
    /// Bytes of compiled code.
    pub text_len: u64,
    /// The functions that exceptions pass through, in order of [`UnwindEntry::code`], and one last entry that ends the
    /// last function's sites and saves.
    pub functions: *const UnwindEntry,
    /// Number of functions; there is one entry more.
    pub functions_len: u64,
    /// The calls with handlers of all functions, in order of [`HandlerSite::returns`] in each, and one last entry.
    pub sites: *const HandlerSite,
    /// The handlers of all calls, innermost first for each.
    pub handlers: *const Handler,
    /// Where functions save registers: see [`write_saves`].
    pub saves: *const u8,
    /// The tags of the program that the module defines or imports.
    pub tags: *const TagEntry,
    /// Number of tags.
    pub tags_len: u64,
    /// Names of tags in UTF-8, each with the types of what its exceptions carry.
    pub names: *const u8,
    /// The globals that hold references to exceptions. In a library these, and tables, are offsets in the block of each
    /// context.
    pub globals: *const *const u64,
    /// Number of globals.
    pub globals_len: u64,
    /// The tables that hold references to exceptions.
    pub tables: *const *const Table,
    /// Number of tables.
    pub tables_len: u64,
    /// Whether these are all such globals and tables: not where each thread has its own. Zero or one.
    pub is_complete: u64,
}

// SAFETY: written before the program starts, only read afterwards.
unsafe impl Sync for UnwindTables {}

/// A function that exceptions pass through. Its sites and saves end where those of the next entry begin.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnwindEntry {
    /// Where its code begins, in bytes from [`UnwindTables::text`].
    pub code: u32,
    /// Where its code ends.
    pub end: u32,
    /// Its first site in [`UnwindTables::sites`].
    pub sites: u32,
    /// Offset in bytes from [`UnwindTables::saves`].
    pub saves: u32,
}

/// A call with handlers. They end where those of the next site begin.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandlerSite {
    /// Where the call returns to, in bytes from [`UnwindTables::text`].
    pub returns: u32,
    /// Bytes from the stack pointer at the call to the frame pointer.
    pub frame: u32,
    /// Its first handler in [`UnwindTables::handlers`].
    pub handlers: u32,
}

/// A handler.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    /// The number of the tag that it catches, or [`ANY_TAG`].
    pub tag: u32,
    /// Where it begins, in bytes from [`UnwindTables::text`].
    pub code: u32,
}

/// Stands for all tags.
pub const ANY_TAG: u32 = u32::MAX;

/// A tag.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagEntry {
    /// Its number.
    pub tag: u32,
    /// Offset of its name in [`UnwindTables::names`], in bytes.
    pub name: u32,
    /// Bytes of its name. The types of what it carries follow, as text format writes them, each with a space before it.
    /// Of types of references the greatest above is there: `anyref`, `funcref`, `exnref`, `externref`; but `ref` in a
    /// library where external references may be the guest's.
    pub name_len: u32,
    /// Bytes of those types.
    pub types_len: u32,
}

/// A register that a function saves for its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Save {
    /// The number of an integer register in the architecture's encoding; that of a float register is higher by
    /// [`FLOATS`].
    pub register: u8,
    /// Where it is saved, in bytes below the frame pointer.
    pub below: u32,
}

/// Number of the first float register.
pub const FLOATS: u8 = 32;

/// Number of registers that can be saved.
pub const REGISTERS: usize = 64;

/// Writes where a function saves registers.
pub fn write_saves(saves: impl IntoIterator<Item = Save>, put: &mut impl FnMut(u8)) {
    for save in saves {
        put(save.register);
        leb128::write_unsigned(save.below.into(), put);
    }
}

/// Reads where a function saves registers.
#[derive(Clone, Debug)]
pub struct Saves<'a>(
    /// What [`write_saves`] wrote.
    pub &'a [u8],
);

impl Iterator for Saves<'_> {
    type Item = Save;

    fn next(&mut self) -> Option<Save> {
        let (&register, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(Save { register, below: leb128::read_unsigned(&mut self.0)? as u32 })
    }
}
