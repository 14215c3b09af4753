//! Profiles: the file that a program counts in, see [`wasmc_abi::profile`].

use crate::errno::{Errno, Result};
use crate::report::Message;
use crate::sys::{self, Fd, FileStatus, FileType, HERE, Iovec, PATH_MAX, flags};
use core::ffi::CStr;
use core::slice;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use wasmc_abi::profile::{HEADER, MAGIC, SLOTS, VARIABLE, WORD};

/// Zeroes that are written at once.
static ZEROES: [u8; 4096] = [0; 4096];

/// What is in the way of a profile.
enum Obstacle {
    /// The system, and what it was asked for.
    System(&'static str, Errno),
    /// A file that is no profile.
    Other,
}

/// Makes or continues the file, and maps it (`Builtin::ProfileInit`).
///
/// # Safety
/// `head` must be `head_len` bytes with a path behind them that a zero ends, and `place` whole pages of the program's
/// own for `len` bytes, that nothing has written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_profile_init(head: *const u8, head_len: u64, place: *mut u8, len: u64) {
    // SAFETY: the caller promises so many bytes, and a path behind them.
    let (head, path) = unsafe {
        let head_len = head_len as usize;
        (slice::from_raw_parts(head, head_len), CStr::from_ptr(head.add(head_len).cast()))
    };
    let path = path_of_user().unwrap_or(path);
    let result = open(path, head, len).and_then(|fd| {
        // SAFETY: the caller promises that the pages are there for it.
        let mapped = unsafe { sys::map_file(fd, place.addr(), len as usize) };
        let _ = sys::close(fd);
        mapped.map_err(|error| Obstacle::System("map", error))
    });
    if let Err(obstacle) = result {
        refuse(path, &obstacle);
    }
}

/// The path that whoever starts the program gives.
fn path_of_user() -> Option<&'static CStr> {
    if sys::is_privileged() {
        return None;
    }
    let variable = sys::environment().named(VARIABLE.as_bytes())?;
    let path = variable.get(VARIABLE.len() + 1..).filter(|path| !path.is_empty())?;
    // SAFETY: a string of the environment ends with a zero.
    Some(unsafe { CStr::from_ptr(path.as_ptr().cast()) })
}

fn refuse(path: &CStr, obstacle: &Obstacle) -> ! {
    let mut message = Message::new();
    message.text("wasmc: cannot ");
    match obstacle {
        Obstacle::System(what, error) => {
            message.text(what).text(" the profile ").bytes(path.to_bytes()).text(": ").text(reason(*error));
        }
        Obstacle::Other => {
            message.text("write the profile ").bytes(path.to_bytes()).text(": a file is there that is none");
        }
    }
    message.text("\nhelp: name another file in the variable WASMC_PROFILE\n").flush();
    sys::exit(1)
}

fn reason(error: Errno) -> &'static str {
    match error {
        Errno::NOSPC | Errno::DQUOT => "no space left",
        Errno::ROFS => "read-only file system",
        Errno::ISDIR => "it is a directory",
        Errno::NODEV => "it is no regular file",
        _ => error.message(),
    }
}

/// Opens the file, which has all bytes then. That of the same program is continued. That of another is replaced and
/// left as it is: the other may run, and count in it.
fn open(path: &CStr, head: &[u8], len: u64) -> core::result::Result<Fd, Obstacle> {
    for is_last in [false, true] {
        let fd = match sys::open_by_path(path, flags::READ_WRITE) {
            Ok(fd) => fd,
            Err(Errno::NOENT) => match make(path, head, len, is_last)? {
                Some(fd) => return Ok(fd),
                // Another process has made it meanwhile.
                None => continue,
            },
            Err(error) => return Err(Obstacle::System("open", error)),
        };
        let FileStatus { kind, size, .. } = sys::status(fd).map_err(|error| Obstacle::System("open", error))?;
        if kind != FileType::Regular {
            return fill(fd, head, len).map(|()| fd).map_err(|error| Obstacle::System("write", error));
        }
        let mut found = [0; HEADER];
        read(fd, &mut found).map_err(|error| Obstacle::System("read", error))?;
        if size == len && head.starts_with(&found) {
            return Ok(fd);
        }
        let _ = sys::close(fd);
        if size > 0 && !found.starts_with(&MAGIC) {
            return Err(Obstacle::Other);
        }
        if let Some(fd) = make(path, head, len, true)? {
            return Ok(fd);
        }
    }
    Err(Obstacle::System("open", Errno::NOENT))
}

/// Makes the file beside its path, and gives it that name when all bytes are written, so that nobody sees half of it.
/// `None` where there is a file of that name now that is not to be replaced.
fn make(path: &CStr, head: &[u8], len: u64, replaces: bool) -> core::result::Result<Option<Fd>, Obstacle> {
    let failed = |error| Obstacle::System("write", error);
    let mut name = [0; PATH_MAX];
    let temporary = beside(path, &mut name).ok_or(failed(Errno::NAMETOOLONG))?;
    let fd = sys::open_by_path(temporary, flags::READ_WRITE | flags::CREATE | flags::EXCLUSIVE).map_err(failed)?;
    let linked = fill(fd, head, len).and_then(|()| match sys::link(HERE, temporary, HERE, path) {
        // Where there are no hard links, or the name is another program's.
        Err(_) if replaces => sys::rename(HERE, temporary, HERE, path),
        Err(Errno::EXIST) => Err(Errno::EXIST),
        Err(_) => sys::rename(HERE, temporary, HERE, path),
        Ok(()) => sys::remove_file(HERE, temporary),
    });
    match linked {
        Ok(()) => Ok(Some(fd)),
        Err(error) => {
            let _ = sys::close(fd);
            let _ = sys::remove_file(HERE, temporary);
            if error == Errno::EXIST { Ok(None) } else { Err(failed(error)) }
        }
    }
}

/// The path followed by a dot and the number of the process.
fn beside<'b>(path: &CStr, to: &'b mut [u8; PATH_MAX]) -> Option<&'b CStr> {
    let path = path.to_bytes();
    let mut len = path.len() + 1;
    to.get_mut(..path.len())?.copy_from_slice(path);
    *to.get_mut(path.len())? = b'.';
    let mut number = sys::process_id();
    loop {
        *to.get_mut(len)? = b'0' + (number % 10) as u8;
        len += 1;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    // SAFETY: neither the path nor the number has a zero, which all bytes behind them are. (To look for it would bring
    // code of `core` into every program's runtime that has debug information.)
    Some(unsafe { CStr::from_bytes_with_nul_unchecked(to.get(..=len)?) })
}

/// Writes all bytes, so that there is room for them.
fn fill(fd: Fd, head: &[u8], len: u64) -> Result<()> {
    write(fd, head)?;
    let mut zeroes = len as usize - head.len();
    while zeroes > 0 {
        let piece = ZEROES.get(..zeroes.min(ZEROES.len())).unwrap_or_default();
        write(fd, piece)?;
        zeroes -= piece.len();
    }
    Ok(())
}

fn read(fd: Fd, to: &mut [u8]) -> Result<usize> {
    let vector = Iovec { base: to.as_mut_ptr(), len: to.len() };
    // SAFETY: the buffer is borrowed to be written to.
    unsafe { sys::read(fd, &[vector], Some(0)) }
}

fn write(fd: Fd, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        let vector = Iovec { base: bytes.as_ptr().cast_mut(), len: bytes.len() };
        // SAFETY: the kernel only reads the bytes.
        let written = unsafe { sys::write(fd, &[vector], None) }?;
        if written == 0 {
            return Err(Errno::IO);
        }
        bytes = bytes.get(written..).unwrap_or_default();
    }
    Ok(())
}

/// Counts where a call goes (`Builtin::ProfileTarget`): where there are more functions than slots, the one that was
/// called least gives way to the new one, which takes over its count (the algorithm "space-saving").
///
/// Threads count without waiting for each other, and may lose counts.
///
/// # Safety
/// `slots` must be those of a call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_profile_target(slots: *mut u64, function: u32) {
    const { assert!(size_of::<[AtomicU64; 2]>() == 2 * WORD) };
    // SAFETY: the caller promises the words, which nothing accesses in another way.
    let slots = unsafe { &*slots.cast::<[[AtomicU64; 2]; SLOTS]>() };
    let number = u64::from(function) + 1;
    let [mut least, rest @ ..] = slots.each_ref();
    let is_own = |[of, _]: &[AtomicU64; 2]| of.load(Relaxed) == number;
    if !is_own(least) {
        for slot in rest {
            if is_own(slot) {
                least = slot;
                break;
            }
            if slot[1].load(Relaxed) < least[1].load(Relaxed) {
                least = slot;
            }
        }
    }
    let [of, count] = least;
    of.store(number, Relaxed);
    count.store(count.load(Relaxed).wrapping_add(1), Relaxed);
}
