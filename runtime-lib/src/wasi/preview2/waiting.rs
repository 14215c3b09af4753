//! What resources wait for, and waiting for it.

use super::network::host;
use super::resources::{self, Pollable, Resource};
use super::state::{Lookup, TcpState, UdpState};
use crate::component::{Own, trap};
use crate::errno::Errno;
use crate::sys::{self, Clock, Fd, FileType, Waiter};
use crate::wasi::descriptors::{self, Kind};
use crate::wasi::polling::with_waiters;
use wasmc_abi::preview2::numbers;

/// What makes a resource ready.
#[derive(Clone, Copy)]
pub enum Wish {
    /// It is.
    Nothing,
    /// The time of the monotonic clock.
    Time(u64),
    /// A descriptor of the system's can be read, or written.
    File(Fd, bool),
    /// One of both.
    FileOrTime(Fd, u64),
}

/// What makes a resource ready.
pub fn wish(representation: u32) -> Wish {
    match resources::get(representation) {
        Resource::Pollable(Pollable::Deadline(time)) => Wish::Time(time),
        // A parent is no pollable.
        Resource::Pollable(Pollable::Parent(parent)) => of_parent(resources::get(parent)),
        resource => of_parent(resource),
    }
}

fn of_parent(resource: Resource) -> Wish {
    match resource {
        Resource::Input(input) if !input.closed => of_descriptor(input.opened.fd, false),
        Resource::Output(output) if !output.closed => of_descriptor(output.opened.fd, true),
        Resource::Tcp(socket) => match (socket.state, host(socket.opened)) {
            (TcpState::Listening, Ok(host)) => Wish::File(host, false),
            (TcpState::Connecting, Ok(host)) => Wish::File(host, true),
            _ => Wish::Nothing,
        },
        Resource::Udp(socket) => match (socket.state, host(socket.opened)) {
            (UdpState::Incoming, Ok(host)) => Wish::File(host, false),
            (UdpState::Outgoing, Ok(host)) => Wish::File(host, true),
            _ => Wish::Nothing,
        },
        Resource::Lookup(Lookup(state)) => {
            // SAFETY: the state exists for as long as the resource, and nobody keeps a reference to it.
            let state = unsafe { state.as_ref() };
            match state.opened.map(host) {
                Some(Ok(host)) => Wish::FileOrTime(host, state.deadline),
                _ => Wish::Nothing,
            }
        }
        _ => Wish::Nothing,
    }
}

/// Files and directories are always ready, and so is what is closed, as calls do not block that fail.
fn of_descriptor(fd: u32, writing: bool) -> Wish {
    match descriptors::get(fd, 0) {
        Ok(descriptor) => match descriptor.kind {
            Kind::Standard | Kind::File(FileType::Socket | FileType::Unknown | FileType::CharacterDevice)
                if descriptor.host >= 0 =>
            {
                Wish::File(descriptor.host, writing)
            }
            _ => Wish::Nothing,
        },
        Err(_) => Wish::Nothing,
    }
}

impl Wish {
    fn waiter(self) -> Waiter {
        match self {
            Self::File(host, writing) => Waiter::new(host, writing),
            Self::FileOrTime(host, _) => Waiter::new(host, false),
            _ => Waiter::NONE,
        }
    }

    /// Nanoseconds that are left until it is ready for certain.
    fn left(self) -> Option<u64> {
        match self {
            Self::Nothing => Some(0),
            Self::Time(time) | Self::FileOrTime(_, time) => Some(time.saturating_sub(now())),
            Self::File(..) => None,
        }
    }
}

/// The time of the monotonic clock.
pub fn now() -> u64 {
    sys::now(Clock::Monotonic).unwrap_or(0)
}

/// Waits until a wish is fulfilled, for `timeout` nanoseconds at most; returns whether it is.
fn wait(wish: Wish, timeout: Option<u64>) -> bool {
    if matches!(wish, Wish::Nothing) {
        return true;
    }
    loop {
        let left = wish.left();
        let time = match (left, timeout) {
            (Some(left), Some(timeout)) => Some(left.min(timeout)),
            (left, timeout) => left.or(timeout),
        };
        let mut waiters = [wish.waiter()];
        match sys::wait(&mut waiters, time) {
            Err(Errno::INTR) => continue,
            // The call that comes next says what is wrong.
            Err(_) => return true,
            Ok(_) => {}
        }
        if waiters.iter().any(|waiter| waiter.is_ready()) || wish.left() == Some(0) {
            return true;
        }
        if timeout.is_some() {
            return false;
        }
    }
}

/// Whether a resource is ready.
pub fn is_ready(representation: u32) -> bool {
    wait(wish(representation), Some(0))
}

/// Waits until a resource is ready.
pub fn for_resource(representation: u32) {
    wait(wish(representation), None);
}

/// A pollable that is ready when a resource is, of which it is a child.
pub fn subscribe(representation: u32) -> Own {
    resources::child(numbers::POLLABLE, Resource::Pollable(Pollable::Parent(representation)), representation)
}

/// Takes which resources are ready, by index.
type Report<'a> = &'a mut dyn FnMut(&dyn Fn(u32) -> bool);

/// Waits until one of `count` resources is ready, and passes on which are, by index. `resource` gives the
/// representation of each.
pub fn for_any(count: u32, resource: &dyn Fn(u32) -> u32, report: Report) {
    let done = with_waiters(count, |waiters| {
        loop {
            let mut left = None;
            for (index, waiter) in (0..count).zip(waiters.iter_mut()) {
                let wish = wish(resource(index));
                *waiter = wish.waiter();
                left = match (left, wish.left()) {
                    (Some(a), Some(b)) => Some(u64::min(a, b)),
                    (a, b) => a.or(b),
                };
            }
            let used = waiters.get_mut(..count as usize).unwrap_or_default();
            match sys::wait(used, left) {
                Err(Errno::INTR) => continue,
                answer => answer?,
            };
            let is_ready = |index: u32| {
                let waiter = waiters.get(index as usize);
                waiter.is_some_and(|waiter| waiter.is_ready()) || wish(resource(index)).left() == Some(0)
            };
            if (0..count).any(is_ready) {
                report(&is_ready);
                return Ok(());
            }
        }
    });
    if done.is_err() {
        trap("out of memory for a poll");
    }
}
