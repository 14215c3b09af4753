//! Tables that grow beyond the capacity that they have in the image.

use crate::budget::{Allowance, OfProgram};
use crate::errno::{Errno, Result};
use crate::sys::{self, GRANULE, SMALLEST_PAGE};
use wasmc_abi::table::{ELEMENT_SIZE, Table};

/// Grows a table (`Builtin::TableGrow`): returns its previous size in elements, or `u64::MAX` where it cannot grow so
/// far. New elements get `value`.
///
/// # Safety
/// `table` must be one of the program's tables.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_table_grow(table: *mut Table, delta: u64, value: u64) -> u64 {
    // SAFETY: the caller promises a table of the program; compiled code waits for the result, so nothing else uses it.
    grow_by(unsafe { &mut *table }, delta, value, &mut OfProgram)
}

/// Grows a table within an allowance. Returns as [`wasmc_table_grow`].
#[inline(always)]
pub fn grow_by(table: &mut Table, delta: u64, value: u64, allowance: &mut impl Allowance) -> u64 {
    let old = table.len;
    let Some(len) = old.checked_add(delta).filter(|&len| len <= table.max) else {
        return u64::MAX;
    };
    if len > table.capacity && grow_capacity(table, len, allowance).is_err() {
        return u64::MAX;
    }
    // Elements beyond the length are zero: they were never written.
    if value != 0 {
        for index in old..len {
            // SAFETY: the index is below the capacity, which `grow_capacity` has raised.
            unsafe { table.elements.add(index as usize).write(value) };
        }
    }
    table.len = len;
    old
}

/// Makes room for `len` elements: for twice as many as before where the program may have so many, so that growing one
/// by one copies few.
fn grow_capacity(table: &mut Table, len: u64, allowance: &mut impl Allowance) -> Result<()> {
    let wanted = len.max(table.capacity.saturating_mul(2)).min(table.max);
    set_capacity(table, wanted, allowance).or_else(|_| set_capacity(table, len, allowance))
}

fn set_capacity(table: &mut Table, wanted: u64, allowance: &mut impl Allowance) -> Result<()> {
    let element = ELEMENT_SIZE as usize;
    let bytes = usize::try_from(wanted).ok().and_then(|wanted| wanted.checked_mul(element));
    let bytes = bytes.and_then(|bytes| bytes.checked_next_multiple_of(GRANULE)).ok_or(Errno::NOMEM)?;
    let old = table.capacity as usize * element;
    let address = table.elements.expose_provenance();
    // Where pages are larger than the smallest, the kernel refuses to move what does not begin with one.
    let fills_pages = old > 0 && address.is_multiple_of(SMALLEST_PAGE) && old.is_multiple_of(GRANULE);
    let moved = match fills_pages {
        // SAFETY: the table fills its pages, so nothing else lies on them, in the image or in a mapping of its own.
        true => allowance.allocate(bytes - old, || unsafe { sys::remap(address, old, bytes) }),
        false => Err(Errno::NOMEM),
    };
    let address = match moved {
        Ok(address) => address,
        Err(_) => allowance.allocate(bytes, || copy(table, bytes))?,
    };
    table.elements = core::ptr::with_exposed_provenance_mut(address);
    table.capacity = (bytes / element) as u64;
    Ok(())
}

fn copy(table: &Table, bytes: usize) -> Result<usize> {
    let address = sys::map_zeroed(bytes)?;
    let to = core::ptr::with_exposed_provenance_mut(address);
    // SAFETY: the new mapping has room for all elements and does not overlap the table.
    unsafe { core::ptr::copy_nonoverlapping(table.elements, to, table.len as usize) };
    Ok(address)
}
