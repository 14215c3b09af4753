//! Traps: their codes, and the side tables that tell which instruction traps why.
//!
//! All compiled functions of a module lie in one contiguous piece of text. For each there is a [`FunctionEntry`],
//! sorted by address, and a *site stream*: the function's index and the offset of its body in the module, then one
//! record for every instruction that can trap and for every return address, in order of address. Streams are decoded
//! only when a trap has happened.
//!
//! What is compiled in place of a call belongs to two functions, or more: the record of such a place is followed by one
//! of the kind [`INLINED_AT`] for each call, innermost first.

use crate::leb128;

/// Exit status of a program that trapped: that of `abort` as a shell reports it (128 + SIGABRT).
pub const TRAP_EXIT_STATUS: i32 = 134;

/// The reason of a trap. Values are part of the site streams and of Cranelift's user trap codes; 0 is not a trap
/// (see [`CALL_SITE`]).
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TrapCode {
    /// `unreachable` was executed.
    Unreachable = 1,
    /// Integer division or remainder by zero.
    IntegerDivideByZero = 2,
    /// The quotient of a signed division, or the result of a conversion from floating point, does not fit.
    IntegerOverflow = 3,
    /// Conversion of a NaN to an integer.
    InvalidConversionToInteger = 4,
    /// Access to a memory outside its present size.
    OutOfBoundsMemoryAccess = 5,
    /// Access to a table outside its present size.
    OutOfBoundsTableAccess = 6,
    /// `call_indirect` with an index outside the table.
    UndefinedElement = 7,
    /// `call_indirect` through a null element.
    UninitializedElement = 8,
    /// `call_indirect` of a function of another type.
    IndirectCallTypeMismatch = 9,
    /// The call stack has no room left.
    CallStackExhausted = 10,
    /// A null function reference was called.
    NullFunctionReference = 11,
    /// A null reference was used where an object is needed.
    NullReference = 12,
    /// An atomic access to an address that is not a multiple of its size.
    UnalignedAtomic = 13,
    /// `memory.atomic.wait` on a memory that is not shared.
    ExpectedSharedMemory = 14,
    /// An import was called that nothing satisfies, in a program that was compiled nevertheless. The innermost frame of
    /// the backtrace has its name.
    UnknownImport = 15,
    /// An exception was thrown that nothing catches.
    UncaughtException = 16,
    /// A null reference was thrown as an exception.
    NullExceptionReference = 17,
    /// No memory is left for exceptions that the program refers to.
    ExceptionsExhausted = 18,
    /// A field of a null structure reference was accessed.
    NullStructureReference = 19,
    /// A null array reference was used where an array is needed.
    NullArrayReference = 20,
    /// The value of a null `i31` reference was asked for.
    NullI31Reference = 21,
    /// Access to an array outside its length.
    OutOfBoundsArrayAccess = 22,
    /// `ref.cast` of a reference to what does not have the type.
    CastFailure = 23,
    /// The heap has no room left for an object.
    HeapExhausted = 24,
    /// The units of work that were granted are used up.
    OutOfFuel = 25,
    /// Whoever embeds the module has asked for the end of the call.
    Interrupted = 26,
}

impl TrapCode {
    /// Every code, in order of value.
    pub const ALL: [Self; 26] = [
        Self::Unreachable,
        Self::IntegerDivideByZero,
        Self::IntegerOverflow,
        Self::InvalidConversionToInteger,
        Self::OutOfBoundsMemoryAccess,
        Self::OutOfBoundsTableAccess,
        Self::UndefinedElement,
        Self::UninitializedElement,
        Self::IndirectCallTypeMismatch,
        Self::CallStackExhausted,
        Self::NullFunctionReference,
        Self::NullReference,
        Self::UnalignedAtomic,
        Self::ExpectedSharedMemory,
        Self::UnknownImport,
        Self::UncaughtException,
        Self::NullExceptionReference,
        Self::ExceptionsExhausted,
        Self::NullStructureReference,
        Self::NullArrayReference,
        Self::NullI31Reference,
        Self::OutOfBoundsArrayAccess,
        Self::CastFailure,
        Self::HeapExhausted,
        Self::OutOfFuel,
        Self::Interrupted,
    ];

    /// The code of a value, or `None` where no code has it.
    pub fn from_u8(value: u8) -> Option<Self> {
        Self::ALL.get(usize::from(value).checked_sub(1)?).copied()
    }

    /// The reason in the words of the specification's test suite.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::IntegerDivideByZero => "integer divide by zero",
            Self::IntegerOverflow => "integer overflow",
            Self::InvalidConversionToInteger => "invalid conversion to integer",
            Self::OutOfBoundsMemoryAccess => "out of bounds memory access",
            Self::OutOfBoundsTableAccess => "out of bounds table access",
            Self::UndefinedElement => "undefined element",
            Self::UninitializedElement => "uninitialized element",
            Self::IndirectCallTypeMismatch => "indirect call type mismatch",
            Self::CallStackExhausted => "call stack exhausted",
            Self::NullFunctionReference => "null function reference",
            Self::NullReference => "null reference",
            Self::UnalignedAtomic => "unaligned atomic",
            Self::ExpectedSharedMemory => "expected shared memory",
            Self::UnknownImport => "unknown import",
            Self::UncaughtException => "uncaught exception",
            Self::NullExceptionReference => "null exception reference",
            Self::ExceptionsExhausted => "out of memory for exceptions",
            Self::NullStructureReference => "null structure reference",
            Self::NullArrayReference => "null array reference",
            Self::NullI31Reference => "null i31 reference",
            Self::OutOfBoundsArrayAccess => "out of bounds array access",
            Self::CastFailure => "cast failure",
            Self::HeapExhausted => "heap exhausted",
            Self::OutOfFuel => "out of fuel",
            Self::Interrupted => "interrupted",
        }
    }
}

/// What a program's traps need at run time. Written by the compiler, given to the runtime at start-up.
#[repr(C)]
#[derive(Debug)]
pub struct TrapTables {
    /// Address of the first byte of compiled code.
    pub text: *const u8,
    /// Bytes of compiled code.
    pub text_len: u64,
    /// Entries of all compiled functions, sorted by [`FunctionEntry::code`], and one last entry that ends the last
    /// function's code, name and stream.
    pub functions: *const FunctionEntry,
    /// Number of functions; there is one entry more.
    pub functions_len: u64,
    /// Site streams, concatenated.
    pub sites: *const u8,
    /// Function names in UTF-8, concatenated.
    pub names: *const u8,
    /// Pointers to the memories of the program.
    pub memories: *const *const crate::memory::Memory,
    /// Number of memories.
    pub memories_len: u64,
    /// What the traps are called that the code can cause: the value of each one's [`TrapCode`], its
    /// [`TrapCode::message`] and a byte of 0. One more byte of 0 ends them.
    pub messages: *const u8,
}

// SAFETY: written before the program starts, only read afterwards.
unsafe impl Sync for TrapTables {}

/// Where a compiled function's code, name and site stream begin; they end where the next entry's begin.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionEntry {
    /// Offset in bytes from [`TrapTables::text`].
    pub code: u32,
    /// Offset in bytes from [`TrapTables::names`]. An empty name means that the function has none.
    pub name: u32,
    /// Offset in bytes from [`TrapTables::sites`].
    pub sites: u32,
}

/// Function index of code that belongs to no function of the module: the program's start. It is not part of backtraces.
pub const NO_FUNCTION: u32 = u32::MAX;

/// Kind of a site that is the return address of a call.
pub const CALL_SITE: u8 = 0;

/// Kind of a record that adds to the one before, at the same place, the call in whose place that is.
pub const INLINED_AT: u8 = 31;

const _: () = assert!(TrapCode::ALL.len() < INLINED_AT as usize && INLINED_AT < 1 << KIND_BITS);

/// An instruction that can trap, or a return address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site {
    /// Offset in bytes from the start of the function's code.
    pub code_offset: u32,
    /// Offset in bytes of the WebAssembly instruction in the module.
    pub module_offset: u32,
    /// [`CALL_SITE`], [`INLINED_AT`] or the value of a [`TrapCode`].
    pub kind: u8,
}

impl Site {
    /// The trap of this site, `None` for a return address or a call.
    pub fn trap(self) -> Option<TrapCode> {
        TrapCode::from_u8(self.kind)
    }
}

const KIND_BITS: u32 = 5;

/// Writes a function's site stream; `sites` in ascending order of [`Site::code_offset`].
pub fn write_sites(
    function_index: u32,
    body_offset: u32,
    sites: impl IntoIterator<Item = Site>,
    put: &mut impl FnMut(u8),
) {
    leb128::write_unsigned(function_index.into(), put);
    leb128::write_unsigned(body_offset.into(), put);
    let (mut code, mut module) = (0, body_offset);
    for site in sites {
        let delta = u64::from(site.code_offset - code);
        leb128::write_unsigned(delta << KIND_BITS | u64::from(site.kind), put);
        leb128::write_signed(i64::from(site.module_offset) - i64::from(module), put);
        (code, module) = (site.code_offset, site.module_offset);
    }
}

/// Reads the sites of one function's stream.
#[derive(Clone, Debug)]
pub struct Sites<'a> {
    bytes: &'a [u8],
    /// Index of the function in its module's function index space.
    pub function_index: u32,
    /// Offset in bytes of the function's body in the module.
    pub body_offset: u32,
    code: u32,
    module: u32,
}

impl<'a> Sites<'a> {
    /// Reads the head of a stream; `None` where it is cut short.
    pub fn new(mut bytes: &'a [u8]) -> Option<Self> {
        let function_index = leb128::read_unsigned(&mut bytes)? as u32;
        let body_offset = leb128::read_unsigned(&mut bytes)? as u32;
        Some(Self { bytes, function_index, body_offset, code: 0, module: body_offset })
    }
}

impl Iterator for Sites<'_> {
    type Item = Site;

    fn next(&mut self) -> Option<Site> {
        let word = leb128::read_unsigned(&mut self.bytes)?;
        let delta = leb128::read_signed(&mut self.bytes)?;
        self.code = self.code.wrapping_add((word >> KIND_BITS) as u32);
        self.module = (i64::from(self.module) + delta) as u32;
        let kind = (word & ((1 << KIND_BITS) - 1)) as u8;
        Some(Site { code_offset: self.code, module_offset: self.module, kind })
    }
}
