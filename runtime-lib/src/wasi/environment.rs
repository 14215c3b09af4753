//! The environment variables that the guest sees: only those granted.
//!
//! Of several grants of a name, the last one counts, and one that names its variable counts more than one that inherits
//! the whole environment. The variable with the run-time grants is never passed on.

use super::grants::{self, name_of};
use crate::sys;
use wasmc_abi::grants::{INHERITED_ENVIRONMENT, INHERITED_VARIABLE, RUN_TIME_VARIABLE, VARIABLE};

/// Passes each `NAME=VALUE` to `visit`.
pub fn each(visit: &mut dyn FnMut(&'static [u8])) {
    let mut index = 0;
    candidates(&mut |named, variable| {
        if !is_hidden((named, index), variable) {
            visit(variable);
        }
        index += 1;
    });
}

/// Whether a stronger grant exists for the name. A variable granted by name counts more than an inherited one, a later
/// grant more than an earlier one.
fn is_hidden(strength: (bool, u32), variable: &[u8]) -> bool {
    let name = name_of(variable);
    let mut index = 0;
    let mut hidden = false;
    candidates(&mut |named, other| {
        hidden |= (named, index) > strength && name_of(other) == name;
        index += 1;
    });
    hidden
}

/// Passes every granted variable to `visit`, and whether it was granted by its name.
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
