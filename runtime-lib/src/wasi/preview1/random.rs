//! `random_get`.

use super::answer;
use crate::errno::Result;
use crate::sys;
use crate::wasi::guest::{self, Address};

#[unsafe(no_mangle)]
extern "C" fn wasi_snapshot_preview1_random_get(buffer: Address, len: u32) -> i32 {
    answer(fill(buffer, len))
}

fn fill(buffer: Address, len: u32) -> Result<()> {
    let mut at = guest::range(buffer, len.into())?;
    let mut left = len as usize;
    while left > 0 {
        // SAFETY: `left` bytes from `at` on are inside the guest's memory.
        let got = unsafe { sys::random(at, left)? }.min(left);
        // SAFETY: `got` is at most `left`, so the pointer stays in the range or at its end.
        at = unsafe { at.add(got) };
        left -= got;
    }
    Ok(())
}
