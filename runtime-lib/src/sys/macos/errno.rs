//! Translates the system's error numbers (`sys/errno.h`) to those of WASI.

use crate::errno::{Errno, Result};

/// The result of a function: -1 means an error, whose number is in the calling thread's `errno`.
pub fn check<T: Into<i64>>(answer: T) -> Result<usize> {
    let answer = answer.into();
    if answer == -1 { Err(last()) } else { Ok(answer as usize) }
}

/// As [`check`], for functions that return nothing.
pub fn check_unit(answer: i32) -> Result<()> {
    check(answer).map(drop)
}

/// Calls a function until no signal interrupts it.
pub fn retry<T: Into<i64>>(mut call: impl FnMut() -> T) -> Result<usize> {
    loop {
        match check(call()) {
            Err(Errno::INTR) => {}
            answer => return answer,
        }
    }
}

/// The error of the function called last.
pub fn last() -> Errno {
    // SAFETY: the address of the calling thread's `errno` is always valid.
    translate(unsafe { *libc::__error() })
}

/// An error number of the system as that of WASI.
pub fn translate(number: i32) -> Errno {
    match usize::try_from(number).ok().and_then(|number| TABLE.get(number)) {
        Some(&errno) if errno != 0 => Errno(errno.into()),
        _ => Errno::IO,
    }
}

/// Indexed by the system's error number; 0 where WASI has no such error.
#[rustfmt::skip]
static TABLE: [u8; 106] = [
    // EPERM, ENOENT, ESRCH, EINTR, EIO, ENXIO, E2BIG, ENOEXEC, EBADF
    0, 63, 44, 71, 27, 29, 60, 1, 45, 8,
    // 10: ECHILD, EDEADLK, ENOMEM, EACCES, EFAULT, -, EBUSY, EEXIST, EXDEV, ENODEV
    12, 16, 48, 2, 21, 0, 10, 20, 75, 43,
    // 20: ENOTDIR, EISDIR, EINVAL, ENFILE, EMFILE, ENOTTY, ETXTBSY, EFBIG, ENOSPC, ESPIPE
    54, 31, 28, 41, 33, 59, 74, 22, 51, 70,
    // 30: EROFS, EMLINK, EPIPE, EDOM, ERANGE, EAGAIN, EINPROGRESS, EALREADY, ENOTSOCK, EDESTADDRREQ
    69, 34, 64, 18, 68, 6, 26, 7, 57, 17,
    // 40: EMSGSIZE, EPROTOTYPE, ENOPROTOOPT, EPROTONOSUPPORT, -, ENOTSUP, -, EAFNOSUPPORT, EADDRINUSE, EADDRNOTAVAIL
    35, 67, 50, 66, 0, 58, 0, 5, 3, 4,
    // 50: ENETDOWN, ENETUNREACH, ENETRESET, ECONNABORTED, ECONNRESET, ENOBUFS, EISCONN, ENOTCONN
    38, 40, 39, 13, 15, 42, 30, 53, 0, 0,
    // 60: ETIMEDOUT, ECONNREFUSED, ELOOP, ENAMETOOLONG, -, EHOSTUNREACH, ENOTEMPTY, -, -, EDQUOT
    73, 14, 32, 37, 0, 23, 55, 0, 0, 19,
    // 70: ESTALE, 77: ENOLCK, ENOSYS
    72, 0, 0, 0, 0, 0, 0, 46, 52, 0,
    // 80: 84: EOVERFLOW, 89: ECANCELED
    0, 0, 0, 0, 61, 0, 0, 0, 0, 11,
    // 90: EIDRM, ENOMSG, EILSEQ, -, EBADMSG, EMULTIHOP, -, ENOLINK
    24, 49, 25, 0, 9, 36, 0, 47, 0, 0,
    // 100: EPROTO, -, EOPNOTSUPP, -, ENOTRECOVERABLE, EOWNERDEAD
    65, 0, 58, 0, 56, 62,
];

/// Rows of the table that show whether it is shifted.
#[allow(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const _: () = {
    assert!(TABLE[libc::EBADF as usize] as u16 == Errno::BADF.0);
    assert!(TABLE[libc::EXDEV as usize] as u16 == Errno::XDEV.0);
    assert!(TABLE[libc::EMFILE as usize] as u16 == Errno::MFILE.0);
    assert!(TABLE[libc::EAGAIN as usize] as u16 == Errno::AGAIN.0);
    assert!(TABLE[libc::ELOOP as usize] as u16 == Errno::LOOP.0);
    assert!(TABLE[libc::ENAMETOOLONG as usize] as u16 == Errno::NAMETOOLONG.0);
    assert!(TABLE[libc::ENOTSUP as usize] == 58 && TABLE[libc::EOPNOTSUPP as usize] == 58);
    assert!(TABLE[libc::ENOTCONN as usize] == 53 && TABLE[libc::ETIMEDOUT as usize] == 73);
    assert!(TABLE[libc::ENOTEMPTY as usize] == 55 && TABLE[libc::EDQUOT as usize] == 19);
    assert!(TABLE[libc::ENOSYS as usize] as u16 == Errno::NOSYS.0);
    assert!(TABLE[libc::EOVERFLOW as usize] as u16 == Errno::OVERFLOW.0);
    assert!(TABLE[libc::ECANCELED as usize] == 11);
    assert!(TABLE[libc::EILSEQ as usize] as u16 == Errno::ILSEQ.0);
    assert!(TABLE[libc::EOWNERDEAD as usize] == 62 && TABLE[libc::EPROTO as usize] == 65);
};
