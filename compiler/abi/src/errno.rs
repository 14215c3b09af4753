//! Error numbers of WASI preview 1 (`errno`), for the types of error numbers of the runtime and of embedders, and which
//! of them those of Linux are.

/// Gives a type of one number a constant for each error number.
#[macro_export]
macro_rules! errnos {
    ($errno:ident) => {
        #[allow(missing_docs, clippy::missing_docs_in_private_items, reason = "the names are those of POSIX")]
        #[allow(dead_code, reason = "not every system has them all")]
        impl $errno {
            pub const ACCES: Self = Self(2);
            pub const ADDRINUSE: Self = Self(3);
            pub const ADDRNOTAVAIL: Self = Self(4);
            pub const AGAIN: Self = Self(6);
            pub const BADF: Self = Self(8);
            pub const CONNRESET: Self = Self(15);
            pub const DQUOT: Self = Self(19);
            pub const EXIST: Self = Self(20);
            pub const FAULT: Self = Self(21);
            pub const FBIG: Self = Self(22);
            pub const ILSEQ: Self = Self(25);
            pub const INPROGRESS: Self = Self(26);
            pub const INTR: Self = Self(27);
            pub const INVAL: Self = Self(28);
            pub const IO: Self = Self(29);
            pub const ISDIR: Self = Self(31);
            pub const LOOP: Self = Self(32);
            pub const MFILE: Self = Self(33);
            pub const NAMETOOLONG: Self = Self(37);
            pub const NODEV: Self = Self(43);
            pub const NOENT: Self = Self(44);
            pub const NOMEM: Self = Self(48);
            pub const NOSPC: Self = Self(51);
            pub const NOSYS: Self = Self(52);
            pub const NOTDIR: Self = Self(54);
            pub const NOTEMPTY: Self = Self(55);
            pub const NOTSOCK: Self = Self(57);
            pub const NOTSUP: Self = Self(58);
            pub const OVERFLOW: Self = Self(61);
            pub const PERM: Self = Self(63);
            pub const PIPE: Self = Self(64);
            pub const ROFS: Self = Self(69);
            pub const SPIPE: Self = Self(70);
            pub const TIMEDOUT: Self = Self(73);
            pub const XDEV: Self = Self(75);
            pub const NOTCAPABLE: Self = Self(76);
        }
    };
}

/// The reason in words, where it is one that people can do something about.
#[inline]
pub fn message(errno: u16) -> &'static str {
    match errno {
        2 | 63 => "permission denied",
        3 => "address in use",
        4 => "no such address here",
        32 => "too many symbolic links",
        33 => "too many open files",
        37 => "name too long",
        44 => "no such file or directory",
        48 => "out of memory",
        54 => "not a directory",
        _ => "the system refused",
    }
}

/// The error number for one of Linux (`asm-generic/errno-base.h`, `errno.h`), where WASI has such an error.
#[inline]
pub fn of_linux(number: usize) -> Option<u16> {
    LINUX.get(number).filter(|errno| **errno != 0).map(|&errno| errno.into())
}

/// Indexed by Linux error number; 0 where WASI has no such error.
#[rustfmt::skip]
static LINUX: [u8; 132] = [
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
