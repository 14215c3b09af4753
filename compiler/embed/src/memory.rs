//! Memories of a guest.

use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;
use core::slice;
use wasmc_abi::context::Api;
use wasmc_abi::memory::Memory as State;

/// A memory of a guest, while it does not run.
///
/// ```
/// fn example(memory: &mut wasmc_embed::Memory<'_>) -> Result<u16, wasmc_embed::OutOfBounds> {
///     memory.write_bytes(16, b"hello")?;
///     memory.read(16)
/// }
/// ```
#[derive(Debug)]
pub struct Memory<'g> {
    api: &'static Api,
    block: NonNull<u8>,
    state: NonNull<State>,
    guest: PhantomData<&'g mut ()>,
}

/// Bytes that are not all inside a memory.
///
/// ```
/// let error = wasmc_embed::OutOfBounds { address: 65_536, len: 4 };
/// assert_eq!(error.to_string(), "4 bytes at 0x10000 are not inside the guest's memory");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfBounds {
    /// Where they begin.
    pub address: u64,
    /// How many there are.
    pub len: u64,
}

impl fmt::Display for OutOfBounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes at {:#x} are not inside the guest's memory", self.len, self.address)
    }
}

impl core::error::Error for OutOfBounds {}

mod sealed {
    pub trait Sealed {}
}

/// A number that memories hold in little-endian order.
///
/// ```
/// use wasmc_embed::Pod;
///
/// assert_eq!(0x0102_u16.into_bytes(), [2, 1]);
/// assert_eq!(u16::from_bytes([2, 1]), 0x0102);
/// ```
pub trait Pod: sealed::Sealed + Copy {
    /// As the bytes that a memory holds.
    type Bytes: AsRef<[u8]> + for<'a> TryFrom<&'a [u8]>;

    /// The number of these bytes.
    fn from_bytes(bytes: Self::Bytes) -> Self;

    /// The bytes of the number.
    fn into_bytes(self) -> Self::Bytes;
}

macro_rules! pods {
    ($($ty:ty),*) => {
        $(
            impl sealed::Sealed for $ty {}

            impl Pod for $ty {
                type Bytes = [u8; size_of::<$ty>()];

                fn from_bytes(bytes: Self::Bytes) -> Self {
                    Self::from_le_bytes(bytes)
                }

                fn into_bytes(self) -> Self::Bytes {
                    self.to_le_bytes()
                }
            }
        )*
    };
}

pods!(u8, i8, u16, i16, u32, i32, u64, i64, u128, i128, f32, f64);

impl<'g> Memory<'g> {
    /// The memory at a place in a block.
    ///
    /// # Safety
    /// It must be a memory of that block, whose guest is borrowed for the lifetime.
    pub(crate) unsafe fn new(api: &'static Api, block: NonNull<u8>, state: NonNull<State>) -> Self {
        Self { api, block, state, guest: PhantomData }
    }

    /// All bytes.
    ///
    /// ```
    /// fn example(memory: &mut wasmc_embed::Memory<'_>) -> usize {
    ///     memory.data().iter().filter(|&&byte| byte == 0).count()
    /// }
    /// ```
    pub fn data(&self) -> &[u8] {
        // SAFETY: the guest does not run, so that nothing changes the memory or its size.
        unsafe {
            let state = self.state.as_ref();
            match state.len {
                0 => &[],
                len => slice::from_raw_parts(state.base, len as usize),
            }
        }
    }

    /// All bytes.
    ///
    /// ```
    /// fn example(memory: &mut wasmc_embed::Memory<'_>) {
    ///     memory.data_mut()[..16].fill(0);
    /// }
    /// ```
    pub fn data_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `data`, and this borrows the guest for itself.
        unsafe {
            let state = self.state.as_ref();
            match state.len {
                0 => &mut [],
                len => slice::from_raw_parts_mut(state.base, len as usize),
            }
        }
    }

    /// Present size in bytes.
    ///
    /// ```
    /// fn example(memory: &mut wasmc_embed::Memory<'_>) -> bool {
    ///     memory.len() >= 65_536
    /// }
    /// ```
    pub fn len(&self) -> usize {
        self.data().len()
    }

    /// Whether it has no bytes.
    ///
    /// ```
    /// fn example(memory: &mut wasmc_embed::Memory<'_>) -> bool {
    ///     memory.is_empty()
    /// }
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The `len` bytes at `address`.
    ///
    /// ```
    /// fn example(memory: &mut wasmc_embed::Memory<'_>) -> Result<Vec<u8>, wasmc_embed::OutOfBounds> {
    ///     Ok(memory.bytes(16, 5)?.to_vec())
    /// }
    /// ```
    ///
    /// # Errors
    /// Where they are not all inside the memory.
    pub fn bytes(&self, address: u32, len: u32) -> Result<&[u8], OutOfBounds> {
        let end = address as usize + len as usize;
        self.data().get(address as usize..end).ok_or(OutOfBounds { address: address.into(), len: len.into() })
    }

    /// As [`Self::bytes`], for as long as the guest is borrowed.
    pub(crate) fn into_bytes(self, address: u32, len: u32) -> Result<&'g [u8], OutOfBounds> {
        let end = address as usize + len as usize;
        // SAFETY: as in `data`; this has borrowed the guest for itself, as long as the bytes are, and is gone.
        let data: &'g [u8] = unsafe { &*core::ptr::from_ref(self.data()) };
        data.get(address as usize..end).ok_or(OutOfBounds { address: address.into(), len: len.into() })
    }

    /// The `len` bytes at `address`.
    ///
    /// ```
    /// fn example(memory: &mut wasmc_embed::Memory<'_>) -> Result<(), wasmc_embed::OutOfBounds> {
    ///     Ok(memory.bytes_mut(16, 5)?.reverse())
    /// }
    /// ```
    ///
    /// # Errors
    /// Where they are not all inside the memory.
    pub fn bytes_mut(&mut self, address: u32, len: u32) -> Result<&mut [u8], OutOfBounds> {
        let end = address as usize + len as usize;
        self.data_mut().get_mut(address as usize..end).ok_or(OutOfBounds { address: address.into(), len: len.into() })
    }

    /// The number at `address`, which need not be aligned.
    ///
    /// ```
    /// fn example(memory: &mut wasmc_embed::Memory<'_>) -> Result<f64, wasmc_embed::OutOfBounds> {
    ///     memory.read(8)
    /// }
    /// ```
    ///
    /// # Errors
    /// Where it is not all inside the memory.
    pub fn read<P: Pod>(&self, address: u32) -> Result<P, OutOfBounds> {
        let outside = OutOfBounds { address: address.into(), len: size_of::<P>() as u64 };
        let bytes = self.bytes(address, size_of::<P>() as u32)?;
        P::Bytes::try_from(bytes).map(P::from_bytes).map_err(|_| outside)
    }

    /// Sets the number at `address`, which need not be aligned.
    ///
    /// ```
    /// fn example(memory: &mut wasmc_embed::Memory<'_>) -> Result<(), wasmc_embed::OutOfBounds> {
    ///     memory.write(8, 1.5_f64)
    /// }
    /// ```
    ///
    /// # Errors
    /// Where it is not all inside the memory.
    pub fn write<P: Pod>(&mut self, address: u32, value: P) -> Result<(), OutOfBounds> {
        self.write_bytes(address, value.into_bytes().as_ref())
    }

    /// Copies bytes to `address`.
    ///
    /// ```
    /// fn example(memory: &mut wasmc_embed::Memory<'_>) -> Result<(), wasmc_embed::OutOfBounds> {
    ///     memory.write_bytes(16, b"hello")
    /// }
    /// ```
    ///
    /// # Errors
    /// Where they are not all inside the memory.
    pub fn write_bytes(&mut self, address: u32, bytes: &[u8]) -> Result<(), OutOfBounds> {
        let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.bytes_mut(address, len)?.copy_from_slice(bytes);
        Ok(())
    }

    /// Grows the memory by a number of pages; returns its size before, in pages, or `None` where it cannot grow so far.
    ///
    /// ```
    /// fn example(memory: &mut wasmc_embed::Memory<'_>) {
    ///     if memory.grow(1).is_none() {
    ///         eprintln!("the guest may have no more");
    ///     }
    /// }
    /// ```
    pub fn grow(&mut self, pages: u64) -> Option<u64> {
        // SAFETY: it is a memory of the block; this borrows the guest, which does not run.
        let previous = unsafe { (self.api.memory_grow)(self.block.as_ptr(), self.state.as_ptr().cast(), pages) };
        (previous != u64::MAX).then_some(previous)
    }
}
