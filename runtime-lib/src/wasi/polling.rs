//! Waiting for clocks and files.

use super::descriptors::{self, Descriptor, Kind};
use super::rights::{FD_READ, FD_WRITE, POLL_FD_READWRITE, Rights};
use crate::budget;
use crate::errno::{Errno, Result};
use crate::sys::{self, Clock, FileType, Waiter, Whence};
use core::slice;

/// An event to wait for.
pub enum Subscription {
    /// A clock that reaches `time`, absolute or from now on.
    Clock {
        /// The clock.
        clock: Clock,
        /// Nanoseconds.
        time: u64,
        /// Whether the time is absolute.
        absolute: bool,
    },
    /// A descriptor that can be read, or written, without blocking.
    File {
        /// The guest's descriptor.
        fd: u32,
        /// Whether to wait for writing.
        writing: bool,
    },
}

/// An event that occurred.
pub struct Event {
    /// Index of the subscription.
    pub index: u32,
    /// The error of the subscription.
    pub error: Option<Errno>,
    /// Bytes that can be read or written.
    pub bytes: u64,
    /// Whether the peer has hung up.
    pub hung_up: bool,
}

/// How many subscriptions are handled without mapping memory.
const FEW: usize = 32;

/// Waits until an event occurs; passes at least one to `report`. Subscriptions are read again each time.
pub fn poll(
    count: u32,
    subscription: &dyn Fn(u32) -> Result<Subscription>,
    report: &mut dyn FnMut(Event) -> Result<()>,
) -> Result<()> {
    with_waiters(count, |waiters| poll_with(waiters, count, subscription, report))
}

/// Makes a call with room for at least `count` waiters.
#[inline(always)]
pub fn with_waiters<R>(count: u32, call: impl FnOnce(&mut [Waiter]) -> Result<R>) -> Result<R> {
    if count as usize <= FEW {
        return call(&mut [Waiter::NONE; FEW]);
    }
    let size = count as usize * size_of::<Waiter>();
    let address = budget::allocate(size, || sys::map_zeroed(size))?;
    // SAFETY: all-zero bytes are a waiter, and the mapping just made has room for `count` of them.
    let waiters = unsafe { slice::from_raw_parts_mut(core::ptr::with_exposed_provenance_mut(address), count as usize) };
    let answer = call(waiters);
    // SAFETY: nothing refers to the mapping made above any more.
    unsafe { sys::unmap(address, size) };
    budget::refund(size);
    answer
}

#[inline(never)]
fn poll_with(
    waiters: &mut [Waiter],
    count: u32,
    subscription: &dyn Fn(u32) -> Result<Subscription>,
    report: &mut dyn FnMut(Event) -> Result<()>,
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
                    if let Some(to) = waiters.get_mut(files) {
                        *to = waiter;
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
        let mut occurred = false;
        let mut waiters = waiters.iter();
        for index in 0..count {
            if let Some(event) = event(index, subscription(index)?, &start, &mut waiters)? {
                report(event)?;
                occurred = true;
            }
        }
        if occurred {
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
    /// Nanoseconds until a clock reaches a time.
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

fn event(
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
                // Always ready; a read tells how much there is.
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

/// Bytes that can be read without blocking.
fn readable(host: sys::Fd) -> u64 {
    match sys::status(host) {
        Ok(status) if status.kind == FileType::Regular => {
            let position = sys::seek(host, 0, Whence::Current).unwrap_or(0);
            status.size.saturating_sub(position)
        }
        _ => sys::available(host).unwrap_or(0),
    }
}
