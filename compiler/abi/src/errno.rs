//! Error numbers of WASI preview 1 (`errno`), for the types of error numbers of the runtime and of embedders.

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
