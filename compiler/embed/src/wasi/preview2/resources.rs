//! Resources of an instance, by their numbers: what its handles stand for.
//!
//! Standard streams and directories that were granted are there from the beginning, with the same numbers in every
//! [`Wasi`](crate::wasi::Wasi) that is made alike: so handles mean the same in an instance that was restored.
//!
//! A resource can be the child of another, which must not be dropped before it: a pollable is that of its stream.

use super::handles;
use crate::component::{HostResource, Table, Violation};
use crate::wasi::errno::Errno;
use std::net::SocketAddr;
use wasmc_abi::preview2::{HAS_CHILDREN, NOT_PRESENT};

/// Most resources that a guest has at a time.
const MOST: usize = 1 << 16;

/// Refuses as many resources as no guest has, or more.
pub fn check_count(count: usize) -> Result<(), Violation> {
    if count < MOST { Ok(()) } else { Err(Violation("too many resources")) }
}

/// What a pollable waits for.
#[derive(Clone, Copy, Debug)]
pub enum Pollable {
    /// The time of the monotonic clock.
    Deadline(u64),
    /// The resource of this number, whose child it is.
    Parent(u32),
}

/// A stream that is read.
#[derive(Clone, Copy, Debug)]
pub struct Input {
    /// The number of what is read.
    pub descriptor: i32,
    /// Where, if it has positions.
    pub offset: Option<u64>,
    /// Whether its end has been reached, or it has failed.
    pub closed: bool,
}

/// A stream that is written.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// The number of what is written.
    pub descriptor: i32,
    /// Where.
    pub position: Position,
    /// Whether it has failed.
    pub closed: bool,
}

/// Where a stream writes.
#[derive(Clone, Copy, Debug)]
pub enum Position {
    /// It has no positions.
    None,
    /// At this one.
    At(u64),
    /// At the end of the file.
    End,
}

/// What a socket for connections is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
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
#[derive(Clone, Copy, Debug)]
pub struct TcpSocket {
    /// Its number among what is open.
    pub descriptor: i32,
    /// Whether its addresses are of version 6.
    pub is_version_6: bool,
    /// What it is doing.
    pub state: TcpState,
    /// How many connections can wait to be accepted.
    pub backlog: i32,
    /// Whether it may listen, as the address was granted that it is bound to.
    pub may_listen: bool,
}

/// What a socket for datagrams is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum UdpState {
    Unbound,
    BindStarted,
    Bound,
}

/// A `udp-socket`.
#[derive(Clone, Copy, Debug)]
pub struct UdpSocket {
    /// Its number among what is open.
    pub descriptor: i32,
    /// Whether its addresses are of version 6.
    pub is_version_6: bool,
    /// What it is doing.
    pub state: UdpState,
    /// The only address that it has to do with.
    pub remote: Option<SocketAddr>,
}

/// An `incoming-datagram-stream` or `outgoing-datagram-stream`.
#[derive(Clone, Copy, Debug)]
pub struct Datagrams {
    /// The number of its socket among what is open.
    pub descriptor: i32,
    /// Whether the socket's addresses are of version 6.
    pub is_version_6: bool,
    /// The only address that it has to do with.
    pub remote: Option<SocketAddr>,
    /// How many datagrams the next call may send.
    pub permit: u32,
}

/// What a resource is.
#[derive(Clone, Copy, Debug)]
pub enum Resource {
    /// `wasi:io/error#error`
    Error(Errno),
    /// `wasi:io/poll#pollable`
    Pollable(Pollable),
    /// `wasi:io/streams#input-stream`
    Input(Input),
    /// `wasi:io/streams#output-stream`
    Output(Output),
    /// `wasi:filesystem/types#descriptor`, by its number among what is open.
    Descriptor(i32),
    /// `wasi:filesystem/types#directory-entry-stream`, likewise.
    Entries(i32),
    /// `wasi:sockets/network#network`
    Network,
    /// `wasi:sockets/tcp#tcp-socket`
    Tcp(TcpSocket),
    /// `wasi:sockets/udp#udp-socket`
    Udp(UdpSocket),
    /// `wasi:sockets/udp#incoming-datagram-stream`
    Incoming(Datagrams),
    /// `wasi:sockets/udp#outgoing-datagram-stream`
    Outgoing(Datagrams),
    /// `wasi:sockets/ip-name-lookup#resolve-address-stream`, by its number among what is open.
    Addresses(i32),
}

impl Resource {
    /// What is open for it.
    pub fn descriptor(self) -> Option<i32> {
        match self {
            Self::Input(Input { descriptor, .. })
            | Self::Output(Output { descriptor, .. })
            | Self::Descriptor(descriptor)
            | Self::Entries(descriptor)
            | Self::Tcp(TcpSocket { descriptor, .. })
            | Self::Udp(UdpSocket { descriptor, .. })
            | Self::Incoming(Datagrams { descriptor, .. })
            | Self::Outgoing(Datagrams { descriptor, .. })
            | Self::Addresses(descriptor) => Some(descriptor),
            Self::Error(_) | Self::Pollable(_) | Self::Network => None,
        }
    }

    /// The number of what must be readable for it to be ready, or writable, where that is a socket.
    fn waits_for(self) -> Option<(i32, bool)> {
        match self {
            Self::Input(Input { descriptor, closed: false, .. })
            | Self::Tcp(TcpSocket { descriptor, state: TcpState::Listening, .. })
            | Self::Incoming(Datagrams { descriptor, .. }) => Some((descriptor, false)),
            Self::Output(Output { descriptor, closed: false, .. })
            | Self::Tcp(TcpSocket { descriptor, state: TcpState::Connecting, .. })
            | Self::Outgoing(Datagrams { descriptor, .. }) => Some((descriptor, true)),
            _ => None,
        }
    }
}

#[derive(Debug)]
struct Entry {
    resource: Resource,
    parent: Option<u32>,
    children: u32,
    /// How many handles own it: more than one only of what is permanent.
    handles: u32,
    is_permanent: bool,
}

/// All resources of an instance.
#[derive(Debug)]
pub struct Resources {
    table: Table<Entry>,
    /// The numbers of those that stay there.
    permanent: Vec<u32>,
    /// How many others there are.
    count: usize,
}

impl Resources {
    /// The standard streams.
    pub fn new() -> Self {
        let mut resources = Self { table: Table::new(), permanent: Vec::new(), count: 0 };
        resources.grant(Resource::Input(Input { descriptor: 0, offset: None, closed: false }));
        for descriptor in [1, 2] {
            resources.grant(Resource::Output(Output { descriptor, position: Position::None, closed: false }));
        }
        resources
    }

    /// Adds a resource that stays there.
    pub fn grant(&mut self, resource: Resource) {
        let entry = Entry { resource, parent: None, children: 0, handles: 0, is_permanent: true };
        self.permanent.push(self.table.insert(entry));
    }

    /// A further handle of a resource that stays there. A stream that has failed is tried anew.
    pub fn permanent<R: HostResource>(&mut self, number: u32) -> R {
        if let Some(entry) = self.table.get_mut(number) {
            entry.handles = entry.handles.saturating_add(1);
            match &mut entry.resource {
                Resource::Input(input) => input.closed = false,
                Resource::Output(output) => output.closed = false,
                _ => {}
            }
        }
        R::from_number(number)
    }

    /// The descriptors that stay there, each with the number of its resource.
    pub fn granted(&self) -> Vec<(u32, i32)> {
        let descriptor = |&number: &u32| match self.table.get(number)?.resource {
            Resource::Descriptor(descriptor) => Some((number, descriptor)),
            _ => None,
        };
        self.permanent.iter().filter_map(descriptor).collect()
    }

    /// A new resource, the child of another where it has a parent.
    ///
    /// # Errors
    /// Where the guest has too many.
    pub fn insert<R: HostResource>(&mut self, resource: Resource, parent: Option<u32>) -> Result<R, Violation> {
        check_count(self.count)?;
        self.count += 1;
        if let Some(parent) = parent.and_then(|parent| self.table.get_mut(parent)) {
            parent.children += 1;
        }
        let entry = Entry { resource, parent, children: 0, handles: 1, is_permanent: false };
        Ok(R::from_number(self.table.insert(entry)))
    }

    /// What the resource of a number waits for: see [`Resource::waits_for`].
    pub fn waits_for(&self, number: u32) -> Option<(i32, bool)> {
        self.table.get(number)?.resource.waits_for()
    }

    /// Replaces what a resource is.
    pub fn set(&mut self, number: u32, resource: Resource) {
        if let Some(entry) = self.table.get_mut(number) {
            entry.resource = resource;
        }
    }

    /// Ends a handle that owned a resource; returns that, where it is gone.
    ///
    /// # Errors
    /// Where it has children.
    pub fn remove(&mut self, number: u32) -> Result<Option<Resource>, Violation> {
        // An instance that was restored may have handles that stand for nothing.
        let Some(entry) = self.table.get_mut(number) else { return Ok(None) };
        if entry.handles <= 1 && entry.children > 0 {
            return Err(Violation(HAS_CHILDREN));
        }
        entry.handles = entry.handles.saturating_sub(1);
        if entry.is_permanent {
            return Ok(None);
        }
        let removed = self.table.remove(number);
        self.count -= 1;
        if let Some(parent) = removed.as_ref().and_then(|entry| self.table.get_mut(entry.parent?)) {
            parent.children = parent.children.saturating_sub(1);
        }
        Ok(removed.map(|entry| entry.resource))
    }
}

macro_rules! accessors {
    ($($name:ident: $handle:ident, $case:ident, $ty:ty;)*) => { impl Resources { $(
        #[doc = concat!("What a handle of the type `", stringify!($handle), "` stands for.")]
        ///
        /// # Errors
        /// Where that is not there, as an instance was restored that had it.
        pub fn $name(&self, handle: handles::$handle) -> Result<$ty, Violation> {
            match self.table.get(handle.0) {
                Some(Entry { resource: Resource::$case(value), .. }) => Ok(*value),
                _ => Err(Violation(NOT_PRESENT)),
            }
        }
    )* } };
}

accessors! {
    error: Error, Error, Errno;
    pollable: Pollable, Pollable, Pollable;
    input: InputStream, Input, Input;
    output: OutputStream, Output, Output;
    descriptor: Descriptor, Descriptor, i32;
    entries: DirectoryEntryStream, Entries, i32;
    tcp: TcpSocket, Tcp, TcpSocket;
    udp: UdpSocket, Udp, UdpSocket;
    incoming: IncomingDatagramStream, Incoming, Datagrams;
    outgoing: OutgoingDatagramStream, Outgoing, Datagrams;
    addresses: ResolveAddressStream, Addresses, i32;
}
