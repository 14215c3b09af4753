//! Waiting for clocks (`poll_oneoff`). Streams are ready at any time.

use crate::memory::Memory;
use crate::wasi::errno::{Errno, Result};
use crate::wasi::{Clock, Wasi};
use std::time::Duration;

/// Most subscriptions of a call.
const MOST: u32 = 4096;

/// Waits until one of `count` subscriptions at `from` happens; writes those that have to `to`, and returns how many.
pub fn poll(wasi: &mut Wasi, memory: &mut Memory<'_>, from: u32, to: u32, count: u32) -> Result<u32> {
    if count == 0 || count > MOST {
        return Err(Errno::INVAL);
    }
    let mut shortest: Option<u64> = None;
    let mut waits = Vec::new();
    let mut happened = 0;
    for number in 0..count {
        let at = from.checked_add(number * 48).ok_or(Errno::FAULT)?;
        let user_data: u64 = memory.read(at)?;
        let tag: u8 = memory.read(at + 8)?;
        match tag {
            0 => {
                let clock = clock(memory.read::<u32>(at + 16)? as i32)?;
                let timeout: u64 = memory.read(at + 24)?;
                let is_absolute = memory.read::<u16>(at + 40)? & 1 != 0;
                let now = (wasi.clocks)(clock);
                let wait = if is_absolute { timeout.saturating_sub(now) } else { timeout };
                shortest = Some(shortest.map_or(wait, |shortest| shortest.min(wait)));
                waits.push((user_data, wait));
            }
            1 | 2 => {
                let error = wasi.descriptors.get(memory.read::<u32>(at + 16)? as i32).err();
                event(memory, to, happened, user_data, error, tag)?;
                happened += 1;
            }
            _ => return Err(Errno::INVAL),
        }
    }
    if happened > 0 {
        return Ok(happened);
    }
    let shortest = shortest.unwrap_or(0);
    std::thread::sleep(Duration::from_nanos(shortest));
    for (user_data, _) in waits.into_iter().filter(|&(_, wait)| wait <= shortest) {
        event(memory, to, happened, user_data, None, 0)?;
        happened += 1;
    }
    Ok(happened)
}

fn event(memory: &mut Memory<'_>, to: u32, number: u32, user_data: u64, error: Option<Errno>, tag: u8) -> Result<()> {
    let at = to.checked_add(number * 32).ok_or(Errno::FAULT)?;
    memory.write(at, user_data)?;
    memory.write(at + 8, error.map_or(0, |Errno(number)| number))?;
    memory.write_bytes(at + 10, &[0; 22])?;
    Ok(memory.write(at + 10, tag)?)
}

/// The clock of a number. Those of the processor's time are none of a guest's business.
pub fn clock(number: i32) -> Result<Clock> {
    match number {
        0 => Ok(Clock::Realtime),
        1 => Ok(Clock::Monotonic),
        _ => Err(Errno::INVAL),
    }
}
