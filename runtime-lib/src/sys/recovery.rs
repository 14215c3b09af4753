//! Where the program continues after a trap.

use super::arch::RECOVERY_POINT_OFFSET;
use super::types::RecoveryPoint;

/// Program counter and stack pointer with which the call that `point` belongs to continues, its result in the register
/// of results.
///
/// # Safety
/// The call must not have returned.
pub unsafe fn resumption(point: *const RecoveryPoint) -> (usize, usize) {
    // SAFETY: the point lies in the frame of the call, which the caller promises has not returned.
    (unsafe { (*point).resume }, point.addr() - RECOVERY_POINT_OFFSET)
}
