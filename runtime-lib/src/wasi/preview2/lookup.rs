//! `wasi:sockets/ip-name-lookup`: names of hosts, by the system's file of them and by its name server.
//!
//! The server is asked for addresses of both versions at once; nobody waits for it but who says so.

use super::dns::{self, MESSAGE, Reply};
use super::errors::NetworkError;
use super::network::{self, Use, answer, check_network, host};
use super::resources::{self, Resource};
use super::state::{ADDRESSES, Lookup, LookupState as State, NAME};
use super::waiting;
use crate::budget;
use crate::component::{Area, Caller};
use crate::errno::{Errno, Result};
use crate::sys::{self, Iovec, IpAddress, SocketAddress};
use core::cell::UnsafeCell;
use core::ffi::CStr;
use core::mem::MaybeUninit;
use core::ptr::{NonNull, with_exposed_provenance_mut};
use wasmc_abi::component::Canonical;
use wasmc_abi::preview2::numbers;

/// How long a server is waited for before it is asked again, and how often it is asked.
const PATIENCE: u64 = 3_000_000_000;
const TRIES: u32 = 2;
/// The port of name servers.
const PORT: u16 = 53;
/// Bytes of the system's files that are read.
const FILE: usize = 64 << 10;

/// Bytes up to the first NUL. They end with another byte, as constants that end with a NUL are in every program.
const fn path(bytes: &'static [u8]) -> &'static CStr {
    match CStr::from_bytes_until_nul(bytes) {
        Ok(path) => path,
        Err(_) => c"",
    }
}

const CONFIGURATION: &CStr = path(b"/etc/resolv.conf\0.");
const HOSTS: &CStr = path(b"/etc/hosts\0.");

/// What start-up reads, as the program cannot read it later.
struct System {
    server: Option<IpAddress>,
    hosts: &'static [u8],
}

struct Shared(UnsafeCell<System>);

// SAFETY: written at start-up alone.
unsafe impl Sync for Shared {}

static SYSTEM: Shared = Shared(UnsafeCell::new(System { server: None, hosts: &[] }));

/// Reads how the system looks up names (`Builtin::NamesInit`), where the program may do so.
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_names_init() {
    if network::check(Use::LookUp).is_err() {
        return;
    }
    // SAFETY: nothing else runs at start-up.
    let system = unsafe { &mut *SYSTEM.0.get() };
    let read = |path, then: &mut dyn FnMut(&'static [u8])| {
        let Ok(address) = budget::allocate(FILE, || sys::map_zeroed(FILE)) else { return };
        let base: *mut u8 = with_exposed_provenance_mut(address);
        // SAFETY: the mapping just made has so many bytes.
        let len = unsafe { sys::read_system_file(path, Iovec { base, len: FILE }) }.unwrap_or(0);
        // SAFETY: they are initialised, and nothing writes there any more.
        then(unsafe { core::slice::from_raw_parts(base, len.min(FILE)) });
    };
    read(CONFIGURATION, &mut |text| system.server = dns::name_server(text));
    read(HOSTS, &mut |text| system.hosts = text);
}

fn system() -> &'static System {
    // SAFETY: written at start-up alone.
    unsafe { &*SYSTEM.0.get() }
}

impl State {
    fn name(&self) -> &[u8] {
        self.name.get(..self.name_len).unwrap_or_default()
    }

    fn found(&mut self, address: IpAddress) {
        if let Some(to) = self.addresses.get_mut(self.count).filter(|_| !address.is_mapped()) {
            *to = address;
            self.count += 1;
        }
    }

    /// Begins to look the name up. Addresses stand for themselves.
    fn start(&mut self) -> core::result::Result<(), NetworkError> {
        let (name, name_len) = (self.name, self.name_len);
        let name = name.get(..name_len).unwrap_or_default();
        if let Some(address) = IpAddress::parse(name) {
            self.found(address);
            return Ok(());
        }
        if !dns::is_name(name) {
            return Err(NetworkError::InvalidArgument);
        }
        network::check(Use::LookUp)?;
        dns::hosts(system().hosts, name, &mut |address| self.found(address));
        if self.count > 0 {
            return Ok(());
        }
        let Some(server) = system().server else {
            self.problem = Some(NetworkError::PermanentResolverFailure);
            return Ok(());
        };
        let opened = network::keep(sys::new_socket(server.is_version_6, true)?)?;
        self.opened = Some(opened);
        self.open = [true; 2];
        if host(opened).and_then(|host| sys::connect(host, Some(&SocketAddress::new(server, PORT)))).is_err() {
            self.end(Some(NetworkError::TemporaryResolverFailure));
        } else {
            self.ask();
        }
        Ok(())
    }

    /// Asks the server for what it has not answered.
    fn ask(&mut self) {
        self.tries += 1;
        self.deadline = waiting::now().saturating_add(PATIENCE);
        let mut id = [0; 2];
        // SAFETY: the array has two bytes.
        let _ = unsafe { sys::random(id.as_mut_ptr(), id.len()) };
        self.id = u16::from_ne_bytes(id);
        for (version_6, open) in [false, true].into_iter().zip(self.open) {
            if let Some(Ok(host)) = self.opened.filter(|_| open).map(host) {
                let mut message = [0; MESSAGE];
                let len = dns::question(&mut message, self.id, self.name(), version_6);
                // Where it is not sent, there is no answer, and it is asked again.
                // SAFETY: the buffer has so many bytes.
                let _ = unsafe { sys::send_to(host, Iovec { base: message.as_mut_ptr(), len }, None) };
            }
        }
    }

    /// Expects nothing more of the server.
    fn end(&mut self, problem: Option<NetworkError>) {
        if let Some(opened) = self.opened.take() {
            opened.release();
        }
        self.problem = problem;
    }

    /// Takes what the server has answered meanwhile.
    fn step(&mut self) {
        while let Some(opened) = self.opened {
            let mut message = [0; MESSAGE];
            let buffer = Iovec { base: message.as_mut_ptr(), len: MESSAGE };
            // SAFETY: the buffer is writable.
            match host(opened).and_then(|host| unsafe { sys::receive_from(host, buffer) }) {
                Ok((len, _)) => self.take(message.get(..len).unwrap_or_default()),
                Err(Errno::AGAIN) if waiting::now() < self.deadline => return,
                Err(Errno::AGAIN) if self.tries < TRIES => {
                    self.ask();
                    return;
                }
                Err(_) => self.end(Some(NetworkError::TemporaryResolverFailure)),
            }
        }
    }

    fn take(&mut self, message: &[u8]) {
        let mut problem = None;
        for (index, version_6) in [false, true].into_iter().enumerate() {
            let mut question = [0; MESSAGE];
            let len = dns::question(&mut question, self.id, self.name(), version_6);
            let question = question.get(..len).unwrap_or_default();
            let reply = dns::answer(message, question, version_6, &mut |address| self.found(address));
            problem = match reply {
                Reply::Unrelated => continue,
                Reply::Addresses => None,
                Reply::NoName => Some(NetworkError::NameUnresolvable),
                Reply::Failure => Some(NetworkError::TemporaryResolverFailure),
            };
            if let Some(open) = self.open.get_mut(index) {
                *open = false;
            }
        }
        if self.open == [false; 2] {
            let none = problem.or(Some(NetworkError::NameUnresolvable));
            self.end(if self.count > 0 { None } else { none });
        }
    }
}

impl Lookup {
    fn new() -> Result<Self> {
        let address = budget::allocate(size_of::<State>(), || sys::map_zeroed(size_of::<State>()))?;
        let state = NonNull::new(with_exposed_provenance_mut::<State>(address)).ok_or(Errno::NOMEM)?;
        let empty = State {
            opened: None,
            deadline: 0,
            tries: 0,
            id: 0,
            open: [false; 2],
            problem: None,
            addresses: [IpAddress::unspecified(false); ADDRESSES],
            count: 0,
            next: 0,
            name: [0; NAME],
            name_len: 0,
        };
        // SAFETY: the mapping just made has room for it.
        unsafe { state.write(empty) };
        Ok(Self(state))
    }

    fn state(&mut self) -> &mut State {
        // SAFETY: the mapping exists until `free`, and nobody keeps a reference to it.
        unsafe { self.0.as_mut() }
    }

    fn free(mut self) {
        self.state().end(None);
        // SAFETY: `new` made the mapping, which nothing refers to any more.
        unsafe { sys::unmap(self.0.as_ptr().expose_provenance(), size_of::<State>()) };
        budget::refund(size_of::<State>());
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_ip_name_lookup_resolve_addresses(
    canonical: &Canonical,
    network: u32,
    name: u32,
    len: u32,
    to: u32,
) {
    answer(canonical, to, |caller| {
        let mut lookup = Lookup::new()?;
        let state = lookup.state();
        let mut buffer = [const { MaybeUninit::<u8>::uninit() }; NAME];
        state.name_len = caller.read_text(name, len, &mut buffer);
        check_network(caller, network);
        // SAFETY: as many bytes as the name has were written, as far as there is room.
        let text = unsafe { core::slice::from_raw_parts(buffer.as_ptr().cast::<u8>(), state.name_len.min(NAME)) };
        state.name.iter_mut().zip(text).for_each(|(to, byte)| *to = *byte);
        let started = if state.name_len > NAME { Err(NetworkError::InvalidArgument) } else { state.start() };
        match started {
            Ok(()) => Ok(resources::own(numbers::RESOLVE_ADDRESS_STREAM, Resource::Lookup(lookup))),
            Err(error) => {
                lookup.free();
                Err(error)
            }
        }
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_ip_name_lookup_resolve_address_stream_resolve_next_address(
    canonical: &Canonical,
    handle: u32,
    to: u32,
) {
    let caller = Caller::enter(canonical);
    let area = Area::<network::Answer<Option<IpAddress>>>::new(caller, to);
    let (_, mut lookup) = resources::lookup(caller, handle);
    let state = lookup.state();
    state.step();
    let next = match (state.opened, state.problem) {
        (Some(_), _) => Err(NetworkError::WouldBlock),
        (_, Some(problem)) => Err(problem),
        _ => Ok(state.addresses.get(state.next).copied().filter(|_| state.next < state.count)),
    };
    state.next += usize::from(matches!(next, Ok(Some(_))));
    area.put(caller, next);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_ip_name_lookup_resolve_address_stream_subscribe(
    canonical: &Canonical,
    handle: u32,
) -> u32 {
    let caller = Caller::enter(canonical);
    waiting::subscribe(resources::lookup(caller, handle).0).give(caller)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_ip_name_lookup_drop_resolve_address_stream(canonical: &Canonical, handle: u32) {
    let caller = Caller::enter(canonical);
    if let Some(Resource::Lookup(lookup)) = resources::drop_handle(caller, handle, numbers::RESOLVE_ADDRESS_STREAM) {
        lookup.free();
    }
}
