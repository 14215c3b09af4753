//! Arrays of the runtime's own that grow, counted as what the program allocates.

use crate::budget;
use crate::errno::{Errno, Result};
use crate::sys::{self, GRANULE};
use core::ptr::{NonNull, with_exposed_provenance_mut};

/// Makes room for at least one more element than the `capacity` that an array has; returns the new array, which begins
/// with the elements of the old one and goes on with zeroes, and its capacity. The old array is gone.
///
/// # Safety
/// `array` must be what the last call returned, with this capacity, or any pointer where the capacity is 0. All bytes
/// zero must be a value of `T`.
pub unsafe fn grow<T: Copy>(array: *mut T, capacity: u32) -> Result<(NonNull<T>, u32)> {
    let (old, count) = (capacity as usize * size_of::<T>(), capacity as usize);
    let new = if old == 0 { GRANULE } else { old.checked_mul(2).ok_or(Errno::NOMEM)? };
    let address = budget::allocate(new, || sys::map_zeroed(new))?;
    let to = NonNull::new(with_exposed_provenance_mut::<T>(address)).ok_or(Errno::NOMEM)?;
    if old > 0 {
        // SAFETY: the old array has `count` elements, the new one room for more; nothing refers to the old mapping, as
        // the caller promises, which an earlier call made.
        unsafe {
            array.copy_to_nonoverlapping(to.as_ptr(), count);
            sys::unmap(array.expose_provenance(), old);
        }
        budget::refund(old);
    }
    Ok((to, u32::try_from(new.checked_div(size_of::<T>()).unwrap_or(0)).unwrap_or(u32::MAX)))
}
