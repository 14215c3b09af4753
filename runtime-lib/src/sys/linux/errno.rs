//! Translates Linux error numbers (`asm-generic/errno-base.h`, `errno.h`) to those of WASI.

use crate::errno::{Errno, Result};

/// The result of a system call: -4095..=-1 are error numbers (`IS_ERR_VALUE` of the kernel).
pub fn check(answer: isize) -> Result<usize> {
    match answer {
        -4095..0 => Err(translate(answer.unsigned_abs())),
        _ => Ok(answer as usize),
    }
}

/// As [`check`], for calls that return nothing.
pub fn check_unit(answer: isize) -> Result<()> {
    check(answer).map(drop)
}

fn translate(number: usize) -> Errno {
    match TABLE.get(number) {
        Some(&errno) if errno != 0 => Errno(errno.into()),
        _ => Errno::IO,
    }
}

/// Indexed by Linux error number; 0 where WASI has no such error.
#[rustfmt::skip]
static TABLE: [u8; 132] = [
    // EPERM, ENOENT, ESRCH, EINTR, EIO, ENXIO, E2BIG, ENOEXEC, EBADF
    0, 63, 44, 71, 27, 29, 60, 1, 45, 8,
    // 10: ECHILD, EAGAIN, ENOMEM, EACCES, EFAULT, -, EBUSY, EEXIST, EXDEV, ENODEV
    12, 6, 48, 2, 21, 0, 10, 20, 75, 43,
    // 20: ENOTDIR, EISDIR, EINVAL, ENFILE, EMFILE, ENOTTY, ETXTBSY, EFBIG, ENOSPC, ESPIPE
    54, 31, 28, 41, 33, 59, 74, 22, 51, 70,
    // 30: EROFS, EMLINK, EPIPE, EDOM, ERANGE, EDEADLK, ENAMETOOLONG, ENOLCK, ENOSYS, ENOTEMPTY
    69, 34, 64, 18, 68, 16, 37, 46, 52, 55,
    // 40: ELOOP, -, ENOMSG, EIDRM
    32, 0, 49, 24, 0, 0, 0, 0, 0, 0,
    // 50
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    // 60: 67: ENOLINK
    0, 0, 0, 0, 0, 0, 0, 47, 0, 0,
    // 70: -, EPROTO, EMULTIHOP, -, EBADMSG, EOVERFLOW
    0, 65, 36, 0, 9, 61, 0, 0, 0, 0,
    // 80: 84: EILSEQ, 88: ENOTSOCK, EDESTADDRREQ
    0, 0, 0, 0, 25, 0, 0, 0, 57, 17,
    // 90: EMSGSIZE, EPROTOTYPE, ENOPROTOOPT, EPROTONOSUPPORT, -, EOPNOTSUPP, -, EAFNOSUPPORT, EADDRINUSE, EADDRNOTAVAIL
    35, 67, 50, 66, 0, 58, 0, 5, 3, 4,
    // 100: ENETDOWN, ENETUNREACH, ENETRESET, ECONNABORTED, ECONNRESET, ENOBUFS, EISCONN, ENOTCONN
    38, 40, 39, 13, 15, 42, 30, 53, 0, 0,
    // 110: ETIMEDOUT, ECONNREFUSED, -, EHOSTUNREACH, EALREADY, EINPROGRESS, ESTALE
    73, 14, 0, 23, 7, 26, 72, 0, 0, 0,
    // 120: 122: EDQUOT, 125: ECANCELED
    0, 0, 19, 0, 0, 11, 0, 0, 0, 0,
    // 130: EOWNERDEAD, ENOTRECOVERABLE
    62, 56,
];
