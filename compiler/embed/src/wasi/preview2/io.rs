//! `wasi:io/error` and `wasi:io/poll`
//!
//! Sockets are waited for, and clocks; whatever else is ready at any time, as calls that read and write wait for the
//! host.

use super::resources::{Pollable, Resource, check_count};
use super::{Answer, handles};
use crate::component::{Borrowed, Violation};
use crate::error::Error;
use crate::wasi::errno::Errno;
use crate::wasi::{Clock, Wasi, socket};
use wasmc_abi::preview2::{EMPTY_POLL, error_text};

pub fn io_error_error_to_debug_string(wasi: &mut Wasi, (error,): (Borrowed<handles::Error>,)) -> Answer<String> {
    Ok(error_text(wasi.resources.error(error.0)?.0).to_owned())
}

/// A pollable of a resource, whose child it is.
pub(super) fn subscribe(wasi: &mut Wasi, parent: u32) -> Answer<handles::Pollable> {
    Ok(wasi.resources.insert(Resource::Pollable(Pollable::Parent(parent)), Some(parent))?)
}

/// What makes a pollable ready.
#[derive(Clone, Copy)]
enum Wish {
    /// So many nanoseconds.
    Time(u64),
    /// The socket of this number among what is open can be read, or written.
    Socket(i32, bool),
}

fn wish(wasi: &mut Wasi, pollable: handles::Pollable) -> Result<Wish, Violation> {
    Ok(match wasi.resources.pollable(pollable)? {
        Pollable::Deadline(deadline) => Wish::Time(deadline.saturating_sub((wasi.clocks)(Clock::Monotonic))),
        Pollable::Parent(parent) => match wasi.resources.waits_for(parent) {
            Some((number, is_written)) if wasi.descriptors.socket(number).is_ok() => Wish::Socket(number, is_written),
            _ => Wish::Time(0),
        },
    })
}

/// Which of these wishes are fulfilled; waits until one is, if it is to.
fn fulfilled(wasi: &Wasi, wishes: &[Wish], waits: bool) -> Result<Vec<bool>, Errno> {
    let times = wishes.iter().filter_map(|wish| match wish {
        Wish::Time(left) => Some(*left),
        Wish::Socket(..) => None,
    });
    let shortest = times.min();
    let sockets = wishes.iter().filter_map(|wish| match *wish {
        Wish::Socket(number, is_written) => Some(wasi.descriptors.socket(number).map(|socket| (socket, is_written))),
        Wish::Time(_) => None,
    });
    let sockets = sockets.collect::<Result<Vec<_>, _>>()?;
    let ready = socket::poll(&sockets, if waits { shortest } else { Some(0) })?;
    // Where a socket is ready, nobody has waited for a clock.
    let passed = if waits && !ready.contains(&true) { shortest.unwrap_or(0) } else { 0 };
    let mut ready = ready.into_iter();
    let is_fulfilled = |wish: &Wish| match wish {
        Wish::Time(left) => *left <= passed,
        Wish::Socket(..) => ready.next().unwrap_or(false),
    };
    Ok(wishes.iter().map(is_fulfilled).collect())
}

/// Whether something open can be written to at once: a socket may not.
pub(super) fn is_writable(wasi: &Wasi, descriptor: i32) -> bool {
    let Ok(socket) = wasi.descriptors.socket(descriptor) else { return true };
    // The call that comes next says what is wrong.
    socket::poll(&[(socket, true)], Some(0)).map_or(true, |ready| ready.contains(&true))
}

fn poll(wasi: &mut Wasi, pollables: &[Borrowed<handles::Pollable>], waits: bool) -> Answer<Vec<bool>> {
    let wishes = pollables.iter().map(|pollable| wish(wasi, pollable.0)).collect::<Result<Vec<_>, _>>()?;
    fulfilled(wasi, &wishes, waits).map_err(|errno| Error::new(error_text(errno.0)))
}

pub fn io_poll_pollable_ready(wasi: &mut Wasi, (pollable,): (Borrowed<handles::Pollable>,)) -> Answer<bool> {
    Ok(poll(wasi, &[pollable], false)?.contains(&true))
}

pub fn io_poll_pollable_block(wasi: &mut Wasi, (pollable,): (Borrowed<handles::Pollable>,)) -> Answer<()> {
    poll(wasi, &[pollable], true).map(drop)
}

pub fn io_poll_poll(wasi: &mut Wasi, (pollables,): (Vec<Borrowed<handles::Pollable>>,)) -> Answer<Vec<u32>> {
    // The same one may be in the list many times.
    check_count(pollables.len())?;
    if pollables.is_empty() {
        return Err(Violation(EMPTY_POLL).into());
    }
    let ready = poll(wasi, &pollables, true)?;
    Ok((0..).zip(ready).filter(|&(_, ready)| ready).map(|(index, _)| index).collect())
}
