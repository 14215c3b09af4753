//! `sock_*`, on sockets that the program was started with and on connections accepted from them.

use super::{answer, answer_at, check_flags};
use crate::errno::{Errno, Result};
use crate::sys::{self, FileType};
use crate::wasi::descriptors::{self, Descriptor, Kind, NONBLOCK};
use crate::wasi::guest::{self, Address};
use crate::wasi::rights::{FD_READ, FD_WRITE, Rights, SOCK_ACCEPT, SOCK_SHUTDOWN, SOCKET};
use crate::wasi::streams::{self, Iovecs};

#[unsafe(no_mangle)]
extern "C" fn wasi_snapshot_preview1_sock_accept(fd: u32, flags: u32, to: Address) -> i32 {
    answer_at(to, || accept(fd, flags))
}

/// A descriptor of a socket. For standard streams, only the system knows whether they are sockets.
fn socket(fd: u32, wanted: Rights) -> Result<Descriptor> {
    let descriptor = descriptors::get(fd, 0)?;
    match descriptor.kind {
        Kind::Standard | Kind::File(FileType::Socket) => {}
        _ => return Err(Errno::NOTSOCK),
    }
    descriptor.require(wanted)?;
    Ok(descriptor)
}

fn accept(fd: u32, flags: u32) -> Result<u32> {
    check_flags(flags, NONBLOCK.into())?;
    let listener = socket(fd, SOCK_ACCEPT)?;
    let host = sys::accept(listener.host, flags != 0)?;
    let connection = Descriptor {
        host,
        kind: Kind::File(FileType::Socket),
        flags: flags as u16,
        rights: SOCKET & !SOCK_ACCEPT,
        inheriting: 0,
        preopen: None,
        ..listener
    };
    descriptors::insert(connection).inspect_err(|_| {
        let _ = sys::close(host);
    })
}

const PEEK: u32 = 1 << 0;
const WAIT_ALL: u32 = 1 << 1;

#[unsafe(no_mangle)]
extern "C" fn wasi_snapshot_preview1_sock_recv(
    fd: u32,
    iovecs: Address,
    count: u32,
    flags: u32,
    len_to: Address,
    flags_to: Address,
) -> i32 {
    answer((|| {
        guest::range(len_to, 4)?;
        guest::range(flags_to, 2)?;
        check_flags(flags, PEEK | WAIT_ALL)?;
        let descriptor = socket(fd, FD_READ)?;
        let iovecs = Iovecs::read(iovecs, count)?;
        let (len, cut) = streams::receive(&descriptor, &iovecs, flags & PEEK != 0, flags & WAIT_ALL != 0)?;
        guest::write(len_to, len as u32)?;
        guest::write(flags_to, u16::from(cut))
    })())
}

#[unsafe(no_mangle)]
extern "C" fn wasi_snapshot_preview1_sock_send(
    fd: u32,
    iovecs: Address,
    count: u32,
    flags: u32,
    len_to: Address,
) -> i32 {
    answer_at(len_to, || {
        check_flags(flags, 0)?;
        let descriptor = socket(fd, FD_WRITE)?;
        let iovecs = Iovecs::read(iovecs, count)?;
        streams::send(&descriptor, &iovecs).map(|len| len as u32)
    })
}

const RECEIVING: u32 = 1 << 0;
const SENDING: u32 = 1 << 1;

#[unsafe(no_mangle)]
extern "C" fn wasi_snapshot_preview1_sock_shutdown(fd: u32, how: u32) -> i32 {
    answer((|| {
        let descriptor = socket(fd, SOCK_SHUTDOWN)?;
        check_flags(how, RECEIVING | SENDING)?;
        if how == 0 {
            return Err(Errno::INVAL);
        }
        sys::shut_down(descriptor.host, how & RECEIVING != 0, how & SENDING != 0)
    })())
}
