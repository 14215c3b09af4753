//! Exceptions of a guest that nothing has caught.

use crate::library::Library;
use crate::reference::{Any, Exn, Extern, Func, Handles, Ref, RefError};
use crate::value::{ExternRef, V128};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use wasmc_abi::context::ExceptionRecord;
use wasmc_abi::reference::heap_type;

/// An exception that nothing in the guest has caught: see [`Trap::exception`](crate::Trap::exception).
#[derive(Debug)]
pub struct Exception {
    tag: String,
    values: Vec<ExceptionValue>,
}

/// A value that an exception carries. References are of the greatest type above that of what was thrown: `cast` of the
/// instance finds those of others. None but null equals another here: `is_same` tells.
///
/// ```
/// use wasmc_embed::{Exception, ExceptionValue, Instance, Ref, RefError, Struct};
///
/// fn structure<T>(guest: &mut Instance<T>, exception: &Exception) -> Result<Option<Ref<Struct>>, RefError> {
///     match exception.values() {
///         [ExceptionValue::Any(Some(any)), ..] => guest.cast(any).map(Some),
///         _ => Ok(None),
///     }
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum ExceptionValue {
    /// An `i32`.
    I32(i32),
    /// An `i64`.
    I64(i64),
    /// An `f32`.
    F32(f32),
    /// An `f64`.
    F64(f64),
    /// A `v128`.
    V128(V128),
    /// A reference to an object, or to what stands in the place of one; `None` is null.
    Any(Option<Ref<Any>>),
    /// A reference to a function.
    Func(Option<Ref<Func>>),
    /// A reference to an exception.
    Exn(Option<Ref<Exn>>),
    /// A reference of the host's.
    ExternRef(Option<ExternRef>),
    /// An external reference, where some are the guest's.
    Extern(Option<Extern>),
    /// A reference to what is the guest's, which had as many as it can have.
    Reference,
}

impl PartialEq for ExceptionValue {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::I32(one), Self::I32(other)) => one == other,
            (Self::I64(one), Self::I64(other)) => one == other,
            (Self::F32(one), Self::F32(other)) => one == other,
            (Self::F64(one), Self::F64(other)) => one == other,
            (Self::V128(one), Self::V128(other)) => one == other,
            (Self::ExternRef(one), Self::ExternRef(other)) => one == other,
            (Self::Extern(Some(Extern::Host(one))), Self::Extern(Some(Extern::Host(other)))) => one == other,
            (Self::Any(None), Self::Any(None))
            | (Self::Func(None), Self::Func(None))
            | (Self::Exn(None), Self::Exn(None))
            | (Self::Extern(None), Self::Extern(None)) => true,
            _ => false,
        }
    }
}

impl Exception {
    /// The name of its tag: that by which the module names, exports or numbers it.
    ///
    /// ```
    /// # fn tell(exception: &wasmc_embed::Exception) {
    /// println!("{} with {:?}", exception.tag(), exception.values());
    /// # }
    /// ```
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// What it carries.
    pub fn values(&self) -> &[ExceptionValue] {
        &self.values
    }

    /// The same, owned.
    pub fn into_values(self) -> Vec<ExceptionValue> {
        self.values
    }

    /// The exception that the last trap of an instance says nothing has caught, whose `handles` are asked for where it
    /// carries references.
    ///
    /// # Safety
    /// The block must be that of an instance of the library, whose last call has ended with such a trap.
    pub(crate) unsafe fn of_block<'h>(
        block: NonNull<u8>,
        library: Library,
        handles: impl Fn() -> Option<&'h Arc<Handles>>,
    ) -> Option<Self> {
        let mut record = MaybeUninit::<ExceptionRecord>::uninit();
        // SAFETY: the caller passes the block of an instance; the function writes a record where it does not return 0.
        let record = unsafe {
            match (library.api.exception)(block.as_ptr(), record.as_mut_ptr()) {
                0 => return None,
                _ => record.assume_init(),
            }
        };
        // SAFETY: the library has both texts as long as it is there.
        let [tag, types] = [(record.name, record.name_len), (record.types, record.types_len)]
            .map(|(text, len)| unsafe { core::slice::from_raw_parts(text, len as usize) })
            .map(String::from_utf8_lossy);
        let mut end = 0_usize;
        let values = types.split_whitespace().map(|ty| {
            let size: usize = match ty {
                "i32" | "f32" => 4,
                "v128" => 16,
                _ => 8,
            };
            let start = end.next_multiple_of(size);
            end = start + size;
            let held = Held { block, handles: &handles };
            // SAFETY: the exception carries a value of this type there, and nothing has run since it was thrown.
            unsafe { ExceptionValue::read(ty, record.values.add(start), &held) }
        });
        Some(Self { values: values.collect(), tag: tag.into_owned() })
    }
}

/// Makes handles of references that an instance has just thrown.
struct Held<'f, F> {
    block: NonNull<u8>,
    handles: &'f F,
}

impl<'h, F: Fn() -> Option<&'h Arc<Handles>>> Held<'_, F> {
    /// One of a word that is a reference of this type; `None` for null.
    ///
    /// # Safety
    /// The instance must not have run since.
    unsafe fn hold<T>(&self, word: u64, heap_type: i32) -> Result<Option<Ref<T>>, RefError> {
        if word == 0 {
            return Ok(None);
        }
        // SAFETY: the caller promises what the guest has just passed.
        (self.handles)()
            .ok_or(RefError::TooMany)
            .and_then(|handles| unsafe { handles.hold(self.block.as_ptr(), word, heap_type) })
    }
}

impl ExceptionValue {
    /// The value of a type, as [`wasmc_abi::exception::TagEntry`] has it, at an address.
    ///
    /// # Safety
    /// There must be one, and the instance that has thrown it must not have run since.
    unsafe fn read<'h>(ty: &str, from: *const u8, held: &Held<'_, impl Fn() -> Option<&'h Arc<Handles>>>) -> Self {
        // SAFETY: the caller promises a value of the type, which has as many bytes, of what has just been thrown.
        unsafe {
            let word = || from.cast::<u64>().read_unaligned();
            let read = match ty {
                "anyref" => held.hold(word(), heap_type::ANY).map(Self::Any),
                "funcref" => held.hold(word(), heap_type::FUNC).map(Self::Func),
                "exnref" => held.hold(word(), heap_type::EXN).map(Self::Exn),
                "ref" => Extern::of_word(word(), |word| held.hold(word, heap_type::EXTERN)).map(Self::Extern),
                number => Ok(Self::number(number, from)),
            };
            read.unwrap_or(Self::Reference)
        }
    }

    /// The same, of what is not the guest's alone.
    ///
    /// # Safety
    /// As for [`Self::read`].
    unsafe fn number(ty: &str, from: *const u8) -> Self {
        // SAFETY: as above.
        unsafe {
            match ty {
                "i32" => Self::I32(from.cast::<i32>().read_unaligned()),
                "i64" => Self::I64(from.cast::<i64>().read_unaligned()),
                "f32" => Self::F32(from.cast::<f32>().read_unaligned()),
                "f64" => Self::F64(from.cast::<f64>().read_unaligned()),
                "v128" => Self::V128(V128(from.cast::<[u8; 16]>().read_unaligned())),
                _ => Self::ExternRef(ExternRef::new(from.cast::<u64>().read_unaligned())),
            }
        }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.tag)?;
        for (number, value) in self.values.iter().enumerate() {
            f.write_str(if number > 0 { ", " } else { "" })?;
            match value {
                ExceptionValue::I32(value) => value.fmt(f)?,
                ExceptionValue::I64(value) => value.fmt(f)?,
                ExceptionValue::F32(value) => value.fmt(f)?,
                ExceptionValue::F64(value) => value.fmt(f)?,
                ExceptionValue::V128(V128(bytes)) => write!(f, "{:#034x}", u128::from_le_bytes(*bytes))?,
                ExceptionValue::Any(None)
                | ExceptionValue::Func(None)
                | ExceptionValue::Exn(None)
                | ExceptionValue::ExternRef(None)
                | ExceptionValue::Extern(None) => f.write_str("null")?,
                ExceptionValue::Any(_)
                | ExceptionValue::Func(_)
                | ExceptionValue::Exn(_)
                | ExceptionValue::ExternRef(_)
                | ExceptionValue::Extern(_)
                | ExceptionValue::Reference => f.write_str("reference")?,
            }
        }
        f.write_str(")")
    }
}
