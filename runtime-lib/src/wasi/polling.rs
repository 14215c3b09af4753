//! Waiting for clocks and files.

use super::descriptors::{self, Descriptor, Kind};
use super::rights::{FD_READ, FD_WRITE, POLL_FD_READWRITE, Rights};
use crate::errno::{Errno, Result};
use crate::sys::{self, Clock, FileType, Waiter, Whence};
use core::slice;

/// What is waited for.
pub enum Subscription {
    /// A clock that passes `time`, or by how much where it is relative.
    Clock {
        /// The clock.
        clock: Clock,
        /// Nanoseconds.
        time: u64,
        /// Whether the time is the clock's own.
        absolute: bool,
    },
    /// A descriptor that can be read, or written, without waiting.
    File {
        /// The guest's descriptor.
        fd: u32,
        /// Whether it is to be written.
        writing: bool,
    },
}

/// What happened.
pub struct Event {
    /// Index of the subscription.
    pub index: u32,
    /// What went wrong with it.
    pub error: Option<Errno>,
    /// Bytes that can be read or written.
    pub bytes: u64,
    /// Whether the other side is gone.
    pub hung_up: bool,
}

/// Subscriptions to files for which no room is mapped.
const FEW: usize = 32;

/// Waits until something happens; passes at least one event to `happen`. Subscriptions are read again for each look.
pub fn poll(
    count: u32,
    subscription: &dyn Fn(u32) -> Result<Subscription>,
    happen: &mut dyn FnMut(Event) -> Result<()>,
) -> Result<()> {
    if count as usize <= FEW {
        return poll_with(&mut [Waiter::NONE; FEW], count, subscription, happen);
    }
    let size = count as usize * size_of::<Waiter>();
    let room = sys::map_zeroed(size)?;
    // SAFETY: zeroes make a waiter, and the mapping has room for `count`.
    let waiters = unsafe { slice::from_raw_parts_mut(core::ptr::with_exposed_provenance_mut(room), count as usize) };
    let answer = poll_with(waiters, count, subscription, happen);
    // SAFETY: nothing refers to the mapping any more.
    unsafe { sys::unmap(room, size) };
    answer
}

fn poll_with(
    waiters: &mut [Waiter],
    count: u32,
    subscription: &dyn Fn(u32) -> Result<Subscription>,
    happen: &mut dyn FnMut(Event) -> Result<()>,
) -> Result<()> {
    let start = Start { realtime: sys::now(Clock::Realtime)?, monotonic: sys::now(Clock::Monotonic)? };
    loop {
        let mut timeout = None;
        let mut files = 0;
        for index in 0..count {
            match subscription(index)? {
                Subscription::Clock { clock, time, absolute } => {
                    let left = start.left(clock, time, absolute)?;
                    timeout = Some(timeout.map_or(left, |least: u64| least.min(left)));
                }
                Subscription::File { fd, writing } => {
                    let waiter = match descriptors::file(fd, wanted(writing)) {
                        Ok(Descriptor { kind: Kind::Embedded, .. }) => {
                            timeout = Some(0);
                            Waiter::NONE
                        }
                        Ok(descriptor) => Waiter::new(descriptor.host, writing),
                        Err(_) => {
                            timeout = Some(0);
                            Waiter::NONE
                        }
                    };
                    if let Some(place) = waiters.get_mut(files) {
                        *place = waiter;
                        files += 1;
                    }
                }
            }
        }
        let waiters = waiters.get_mut(..files).unwrap_or_default();
        match sys::wait(waiters, timeout) {
            Err(Errno::INTR) => continue,
            answer => answer?,
        };
        let mut happened = false;
        let mut waiters = waiters.iter();
        for index in 0..count {
            if let Some(event) = look(index, subscription(index)?, &start, &mut waiters)? {
                happen(event)?;
                happened = true;
            }
        }
        if happened {
            return Ok(());
        }
    }
}

/// The rights that a subscription to a file needs.
fn wanted(writing: bool) -> Rights {
    POLL_FD_READWRITE | if writing { FD_WRITE } else { FD_READ }
}

struct Start {
    realtime: u64,
    monotonic: u64,
}

impl Start {
    /// Nanoseconds until a clock passes a time.
    fn left(&self, clock: Clock, time: u64, absolute: bool) -> Result<u64> {
        let start = match clock {
            Clock::Realtime => self.realtime,
            Clock::Monotonic => self.monotonic,
            _ => return Err(Errno::INVAL),
        };
        let end = if absolute { time } else { start.saturating_add(time) };
        Ok(end.saturating_sub(sys::now(clock)?))
    }
}

fn look(
    index: u32,
    subscription: Subscription,
    start: &Start,
    waiters: &mut slice::Iter<Waiter>,
) -> Result<Option<Event>> {
    let event = Event { index, error: None, bytes: 0, hung_up: false };
    match subscription {
        Subscription::Clock { clock, time, absolute } => Ok((start.left(clock, time, absolute)? == 0).then_some(event)),
        Subscription::File { fd, writing } => {
            let Some(waiter) = waiters.next() else { return Ok(None) };
            let host = match descriptors::file(fd, wanted(writing)) {
                // Nothing to wait for; how much there is, a read will tell.
                Ok(Descriptor { kind: Kind::Embedded, .. }) => return Ok(Some(Event { bytes: 1, ..event })),
                Ok(descriptor) => descriptor.host,
                Err(error) => return Ok(Some(Event { error: Some(error), ..event })),
            };
            if waiter.is_invalid() {
                return Ok(Some(Event { error: Some(Errno::BADF), ..event }));
            }
            if !waiter.is_ready() {
                return Ok(None);
            }
            let bytes = if writing { 1 } else { readable(host) };
            Ok(Some(Event { bytes, hung_up: waiter.is_hung_up(), ..event }))
        }
    }
}

/// Bytes that can be read at once.
fn readable(host: sys::Fd) -> u64 {
    match sys::status(host) {
        Ok(status) if status.kind == FileType::Regular => {
            let position = sys::seek(host, 0, Whence::Current).unwrap_or(0);
            status.size.saturating_sub(position)
        }
        _ => sys::available(host).unwrap_or(0),
    }
}
