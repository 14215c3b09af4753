//! The environment variables that the guest sees: only those granted.
//!
//! Of several grants of a name, the last one counts, and one that names its variable counts more than one that inherits
//! the whole environment. The variable with the run-time grants is never passed on.

use super::grants::{self, name_of};
use crate::errno::Result;
use crate::sys;
use core::ptr::with_exposed_provenance_mut;
use core::slice;
use wasmc_abi::grants::{INHERITED_ENVIRONMENT, INHERITED_VARIABLE, RUN_TIME_VARIABLE, VARIABLE};

/// How many candidates are compared each with each other, without mapping memory.
const FEW: usize = 64;

/// How much a grant counts: whether it names its variable, and its position among the candidates.
type Strength = (bool, u32);

/// Passes each `NAME=VALUE` to `visit`.
///
/// # Errors
/// Where there is no memory to look for variables of the same name.
pub fn each(visit: &mut dyn FnMut(&'static [u8])) -> Result<()> {
    let mut count = 0;
    candidates(&mut |_, _| count += 1);
    if count <= FEW {
        visible(&mut |strength, variable| !is_hidden(strength, variable), visit);
        return Ok(());
    }
    let capacity = count.saturating_mul(2).next_power_of_two();
    let size = capacity * size_of::<Option<Strongest>>();
    let address = sys::map_zeroed(size)?;
    let base: *mut Option<Strongest> = with_exposed_provenance_mut(address);
    for index in 0..capacity {
        // SAFETY: the mapping just made has room for the slots.
        unsafe { base.add(index).write(None) };
    }
    // SAFETY: all slots were just written, and nothing else uses the mapping.
    let slots = unsafe { slice::from_raw_parts_mut(base, capacity) };
    let mut is_strongest = |strength, variable| find(slots, variable, strength);
    visible(&mut is_strongest, &mut |_| {});
    visible(&mut is_strongest, visit);
    // SAFETY: nothing refers to the mapping made above any more.
    unsafe { sys::unmap(address, size) };
    Ok(())
}

/// Passes to `visit` what `is_visible` holds true of.
#[inline(never)]
fn visible(is_visible: &mut dyn FnMut(Strength, &'static [u8]) -> bool, visit: &mut dyn FnMut(&'static [u8])) {
    let mut index = 0;
    candidates(&mut |named, variable| {
        if is_visible((named, index), variable) {
            visit(variable);
        }
        index += 1;
    });
}

/// Whether a stronger grant exists for the name. A variable granted by name counts more than an inherited one, a later
/// grant more than an earlier one.
fn is_hidden(strength: Strength, variable: &[u8]) -> bool {
    let name = name_of(variable);
    let mut hidden = false;
    visible(
        &mut |other, variable| {
            hidden |= other > strength && name_of(variable) == name;
            false
        },
        &mut |_| {},
    );
    hidden
}

/// The strongest grant seen of a name.
#[derive(Clone, Copy)]
struct Strongest {
    variable: &'static [u8],
    strength: Strength,
}

/// Looks up a name in a hash table, where it puts the grant if that is the strongest so far; returns whether it is.
fn find(slots: &mut [Option<Strongest>], variable: &'static [u8], strength: Strength) -> bool {
    let name = name_of(variable);
    // FNV-1a.
    let hash = name
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let mask = slots.len() - 1;
    let mut at = hash as usize & mask;
    while let Some(slot) = slots.get_mut(at) {
        match slot {
            Some(other) if name_of(other.variable) != name => at = (at + 1) & mask,
            Some(other) if other.strength > strength => return false,
            _ => {
                *slot = Some(Strongest { variable, strength });
                return true;
            }
        }
    }
    false
}

/// Passes every granted variable to `visit`, and whether it was granted by its name.
#[inline(never)]
fn candidates(visit: &mut dyn FnMut(bool, &'static [u8])) {
    for record in grants::records() {
        match record.tag {
            VARIABLE => visit(true, record.first.to_bytes()),
            INHERITED_VARIABLE if record.first.to_bytes() != RUN_TIME_VARIABLE.as_bytes() => {
                if let Some(variable) = sys::environment().named(record.first.to_bytes()) {
                    visit(true, variable);
                }
            }
            INHERITED_ENVIRONMENT => {
                for variable in sys::environment() {
                    if name_of(variable) != RUN_TIME_VARIABLE.as_bytes() {
                        visit(false, variable);
                    }
                }
            }
            _ => {}
        }
    }
}
