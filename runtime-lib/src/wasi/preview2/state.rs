//! What resources are. Nothing here does anything.

use super::errors::NetworkError;
use crate::errno::Errno;
use crate::sys::{IpAddress, SocketAddress};
use core::ptr::NonNull;

/// Addresses of one name.
pub const ADDRESSES: usize = 32;
/// Bytes of the longest name of a host.
pub const NAME: usize = 256;

/// A descriptor of the guest that resources share.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// Its number in [`descriptors`].
    pub fd: u32,
    /// The representation of [`Resource::Count`] that counts who uses it, so that the last one closes it; 0 where it
    /// stays open: a standard stream, or what the user granted.
    pub count: u32,
}

/// What a pollable waits for.
#[derive(Clone, Copy)]
pub enum Pollable {
    /// The time of the monotonic clock.
    Deadline(u64),
    /// What its parent can do next.
    Parent(u32),
}

/// A stream that is read.
#[derive(Clone, Copy)]
pub struct Input {
    /// What is read.
    pub opened: Opened,
    /// Where, if it has positions.
    pub offset: Option<u64>,
    /// Whether its end has been reached, or it has failed.
    pub closed: bool,
}

/// A stream that is written.
#[derive(Clone, Copy)]
pub struct Output {
    /// What is written.
    pub opened: Opened,
    /// Where.
    pub position: Position,
    /// Whether it has failed.
    pub closed: bool,
}

/// Where a stream writes.
#[derive(Clone, Copy)]
pub enum Position {
    /// It has no positions.
    None,
    /// At this one.
    At(u64),
    /// At the end of the file.
    End,
}

/// Entries of a directory that are read.
#[derive(Clone, Copy)]
pub struct Entries {
    /// The directory.
    pub opened: Opened,
    /// Cookie of the next entry.
    pub next: u64,
}

/// What a resource is.
#[derive(Clone, Copy)]
pub enum Resource {
    /// None: the next free representation, or 0.
    Free(u32),
    /// The count of an [`Opened`]; no resource of the guest.
    Count(u32),
    /// `wasi:io/error#error`
    Error(Errno),
    /// `wasi:io/poll#pollable`
    Pollable(Pollable),
    /// `wasi:io/streams#input-stream`
    Input(Input),
    /// `wasi:io/streams#output-stream`
    Output(Output),
    /// `wasi:filesystem/types#descriptor`
    Descriptor(Opened),
    /// `wasi:filesystem/types#directory-entry-stream`
    Entries(Entries),
    /// A terminal, or the network.
    Token,
    /// `wasi:sockets/tcp#tcp-socket`
    Tcp(TcpSocket),
    /// `wasi:sockets/udp#udp-socket`, and the streams of one.
    Udp(UdpSocket),
    /// `wasi:sockets/ip-name-lookup#resolve-address-stream`
    Lookup(Lookup),
}

/// What a socket is doing.
#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(clippy::missing_docs_in_private_items, reason = "the names say it")]
pub enum TcpState {
    Unbound,
    BindStarted,
    Bound,
    ListenStarted,
    Listening,
    Connecting,
    Connected,
    Closed,
}

/// A `tcp-socket`.
#[derive(Clone, Copy)]
pub struct TcpSocket {
    /// Its descriptor.
    pub opened: Opened,
    /// Whether its addresses are of version 6.
    pub is_version_6: bool,
    /// What it is doing.
    pub state: TcpState,
    /// How many connections can wait to be accepted.
    pub backlog: u32,
    /// Whether it may listen, as the address was granted that it is bound to.
    pub may_listen: bool,
}

/// What a socket is doing.
#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(clippy::missing_docs_in_private_items, reason = "the names say it")]
pub enum UdpState {
    Unbound,
    BindStarted,
    Bound,
    /// It is no socket, but a stream of one: of those that come in, or go out.
    Incoming,
    Outgoing,
}

/// A `udp-socket`, or one of its streams.
#[derive(Clone, Copy)]
pub struct UdpSocket {
    /// Its descriptor.
    pub opened: Opened,
    /// Whether its addresses are of version 6.
    pub is_version_6: bool,
    /// What it is doing.
    pub state: UdpState,
    /// The only address that it has to do with.
    pub remote: Option<SocketAddress>,
    /// How many datagrams the caller has asked whether it may send.
    pub permit: u32,
}

/// A `resolve-address-stream`.
#[derive(Clone, Copy)]
pub struct Lookup(pub NonNull<LookupState>);

/// How far a lookup has come.
pub struct LookupState {
    /// The socket to the server, as long as something is expected of it.
    pub opened: Option<Opened>,
    /// When it has been waited for long enough.
    pub deadline: u64,
    /// How often the server has been asked.
    pub tries: u32,
    /// By which its answers are known.
    pub id: u16,
    /// Whether there is no answer yet, for each version.
    pub open: [bool; 2],
    /// Why there are no addresses.
    pub problem: Option<NetworkError>,
    /// What has been found.
    pub addresses: [IpAddress; ADDRESSES],
    /// How many that are.
    pub count: usize,
    /// The one that the guest asks for next.
    pub next: usize,
    /// The name, and its length.
    pub name: [u8; NAME],
    /// See [`Self::name`].
    pub name_len: usize,
}
