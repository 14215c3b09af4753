//! Exceptions of a guest that nothing has caught.

use crate::library::Library;
use crate::value::V128;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use wasmc_abi::context::ExceptionRecord;

/// An exception that nothing in the guest has caught: see [`Trap::exception`](crate::Trap::exception).
#[derive(Clone, Debug, PartialEq)]
pub struct Exception {
    tag: String,
    values: Vec<ExceptionValue>,
}

/// A value that an exception carries.
#[derive(Clone, Copy, Debug, PartialEq)]
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
    /// A reference, which means nothing outside of the guest.
    Reference,
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

    /// The exception that the last trap of an instance says nothing has caught.
    ///
    /// # Safety
    /// The block must be that of an instance of the library, whose last call has ended with such a trap.
    pub(crate) unsafe fn of_block(block: NonNull<u8>, library: Library) -> Option<Self> {
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
            // SAFETY: the exception carries a value of this type there, and nothing has run since it was thrown.
            unsafe { ExceptionValue::read(ty, record.values.add(start)) }
        });
        Some(Self { values: values.collect(), tag: tag.into_owned() })
    }
}

impl ExceptionValue {
    /// The value of a type, as text format writes it, at an address.
    ///
    /// # Safety
    /// There must be one.
    unsafe fn read(ty: &str, from: *const u8) -> Self {
        // SAFETY: the caller promises a value of the type, which has as many bytes.
        unsafe {
            match ty {
                "i32" => Self::I32(from.cast::<i32>().read_unaligned()),
                "i64" => Self::I64(from.cast::<i64>().read_unaligned()),
                "f32" => Self::F32(from.cast::<f32>().read_unaligned()),
                "f64" => Self::F64(from.cast::<f64>().read_unaligned()),
                "v128" => Self::V128(V128(from.cast::<[u8; 16]>().read_unaligned())),
                _ => Self::Reference,
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
                ExceptionValue::Reference => f.write_str("reference")?,
            }
        }
        f.write_str(")")
    }
}
