//! The enumerations and flags of WASI 0.2, in a module for each interface.
//!
//! Made by `cargo xtask wit`: do not change it by hand.

/// `wasi:filesystem/types`
pub mod filesystem_types {
    /// `wasi:filesystem/types#descriptor-type`
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[repr(u8)]
    pub enum DescriptorType {
        /// `unknown`
        Unknown = 0,
        /// `block-device`
        BlockDevice = 1,
        /// `character-device`
        CharacterDevice = 2,
        /// `directory`
        Directory = 3,
        /// `fifo`
        Fifo = 4,
        /// `symbolic-link`
        SymbolicLink = 5,
        /// `regular-file`
        RegularFile = 6,
        /// `socket`
        Socket = 7,
    }

    impl DescriptorType {
        /// Every case, in order of value.
        pub const ALL: &[Self] = &[
            Self::Unknown,
            Self::BlockDevice,
            Self::CharacterDevice,
            Self::Directory,
            Self::Fifo,
            Self::SymbolicLink,
            Self::RegularFile,
            Self::Socket,
        ];
    }

    /// `wasi:filesystem/types#descriptor-flags`
    pub mod descriptor_flags {
        /// `read`
        pub const READ: u32 = 1 << 0;
        /// `write`
        pub const WRITE: u32 = 1 << 1;
        /// `file-integrity-sync`
        pub const FILE_INTEGRITY_SYNC: u32 = 1 << 2;
        /// `data-integrity-sync`
        pub const DATA_INTEGRITY_SYNC: u32 = 1 << 3;
        /// `requested-write-sync`
        pub const REQUESTED_WRITE_SYNC: u32 = 1 << 4;
        /// `mutate-directory`
        pub const MUTATE_DIRECTORY: u32 = 1 << 5;
        /// Every flag.
        pub const ALL: u32 = (1 << 6) - 1;
    }

    /// `wasi:filesystem/types#path-flags`
    pub mod path_flags {
        /// `symlink-follow`
        pub const SYMLINK_FOLLOW: u32 = 1 << 0;
        /// Every flag.
        pub const ALL: u32 = (1 << 1) - 1;
    }

    /// `wasi:filesystem/types#open-flags`
    pub mod open_flags {
        /// `create`
        pub const CREATE: u32 = 1 << 0;
        /// `directory`
        pub const DIRECTORY: u32 = 1 << 1;
        /// `exclusive`
        pub const EXCLUSIVE: u32 = 1 << 2;
        /// `truncate`
        pub const TRUNCATE: u32 = 1 << 3;
        /// Every flag.
        pub const ALL: u32 = (1 << 4) - 1;
    }

    /// `wasi:filesystem/types#error-code`
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[repr(u8)]
    pub enum ErrorCode {
        /// `access`
        Access = 0,
        /// `would-block`
        WouldBlock = 1,
        /// `already`
        Already = 2,
        /// `bad-descriptor`
        BadDescriptor = 3,
        /// `busy`
        Busy = 4,
        /// `deadlock`
        Deadlock = 5,
        /// `quota`
        Quota = 6,
        /// `exist`
        Exist = 7,
        /// `file-too-large`
        FileTooLarge = 8,
        /// `illegal-byte-sequence`
        IllegalByteSequence = 9,
        /// `in-progress`
        InProgress = 10,
        /// `interrupted`
        Interrupted = 11,
        /// `invalid`
        Invalid = 12,
        /// `io`
        Io = 13,
        /// `is-directory`
        IsDirectory = 14,
        /// `loop`
        Loop = 15,
        /// `too-many-links`
        TooManyLinks = 16,
        /// `message-size`
        MessageSize = 17,
        /// `name-too-long`
        NameTooLong = 18,
        /// `no-device`
        NoDevice = 19,
        /// `no-entry`
        NoEntry = 20,
        /// `no-lock`
        NoLock = 21,
        /// `insufficient-memory`
        InsufficientMemory = 22,
        /// `insufficient-space`
        InsufficientSpace = 23,
        /// `not-directory`
        NotDirectory = 24,
        /// `not-empty`
        NotEmpty = 25,
        /// `not-recoverable`
        NotRecoverable = 26,
        /// `unsupported`
        Unsupported = 27,
        /// `no-tty`
        NoTty = 28,
        /// `no-such-device`
        NoSuchDevice = 29,
        /// `overflow`
        Overflow = 30,
        /// `not-permitted`
        NotPermitted = 31,
        /// `pipe`
        Pipe = 32,
        /// `read-only`
        ReadOnly = 33,
        /// `invalid-seek`
        InvalidSeek = 34,
        /// `text-file-busy`
        TextFileBusy = 35,
        /// `cross-device`
        CrossDevice = 36,
    }

    impl ErrorCode {
        /// Every case, in order of value.
        pub const ALL: &[Self] = &[
            Self::Access,
            Self::WouldBlock,
            Self::Already,
            Self::BadDescriptor,
            Self::Busy,
            Self::Deadlock,
            Self::Quota,
            Self::Exist,
            Self::FileTooLarge,
            Self::IllegalByteSequence,
            Self::InProgress,
            Self::Interrupted,
            Self::Invalid,
            Self::Io,
            Self::IsDirectory,
            Self::Loop,
            Self::TooManyLinks,
            Self::MessageSize,
            Self::NameTooLong,
            Self::NoDevice,
            Self::NoEntry,
            Self::NoLock,
            Self::InsufficientMemory,
            Self::InsufficientSpace,
            Self::NotDirectory,
            Self::NotEmpty,
            Self::NotRecoverable,
            Self::Unsupported,
            Self::NoTty,
            Self::NoSuchDevice,
            Self::Overflow,
            Self::NotPermitted,
            Self::Pipe,
            Self::ReadOnly,
            Self::InvalidSeek,
            Self::TextFileBusy,
            Self::CrossDevice,
        ];
    }

    /// `wasi:filesystem/types#advice`
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[repr(u8)]
    pub enum Advice {
        /// `normal`
        Normal = 0,
        /// `sequential`
        Sequential = 1,
        /// `random`
        Random = 2,
        /// `will-need`
        WillNeed = 3,
        /// `dont-need`
        DontNeed = 4,
        /// `no-reuse`
        NoReuse = 5,
    }

    impl Advice {
        /// Every case, in order of value.
        pub const ALL: &[Self] =
            &[Self::Normal, Self::Sequential, Self::Random, Self::WillNeed, Self::DontNeed, Self::NoReuse];
    }
}

/// `wasi:sockets/network`
pub mod sockets_network {
    /// `wasi:sockets/network#error-code`
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[repr(u8)]
    pub enum ErrorCode {
        /// `unknown`
        Unknown = 0,
        /// `access-denied`
        AccessDenied = 1,
        /// `not-supported`
        NotSupported = 2,
        /// `invalid-argument`
        InvalidArgument = 3,
        /// `out-of-memory`
        OutOfMemory = 4,
        /// `timeout`
        Timeout = 5,
        /// `concurrency-conflict`
        ConcurrencyConflict = 6,
        /// `not-in-progress`
        NotInProgress = 7,
        /// `would-block`
        WouldBlock = 8,
        /// `invalid-state`
        InvalidState = 9,
        /// `new-socket-limit`
        NewSocketLimit = 10,
        /// `address-not-bindable`
        AddressNotBindable = 11,
        /// `address-in-use`
        AddressInUse = 12,
        /// `remote-unreachable`
        RemoteUnreachable = 13,
        /// `connection-refused`
        ConnectionRefused = 14,
        /// `connection-reset`
        ConnectionReset = 15,
        /// `connection-aborted`
        ConnectionAborted = 16,
        /// `datagram-too-large`
        DatagramTooLarge = 17,
        /// `name-unresolvable`
        NameUnresolvable = 18,
        /// `temporary-resolver-failure`
        TemporaryResolverFailure = 19,
        /// `permanent-resolver-failure`
        PermanentResolverFailure = 20,
    }

    impl ErrorCode {
        /// Every case, in order of value.
        pub const ALL: &[Self] = &[
            Self::Unknown,
            Self::AccessDenied,
            Self::NotSupported,
            Self::InvalidArgument,
            Self::OutOfMemory,
            Self::Timeout,
            Self::ConcurrencyConflict,
            Self::NotInProgress,
            Self::WouldBlock,
            Self::InvalidState,
            Self::NewSocketLimit,
            Self::AddressNotBindable,
            Self::AddressInUse,
            Self::RemoteUnreachable,
            Self::ConnectionRefused,
            Self::ConnectionReset,
            Self::ConnectionAborted,
            Self::DatagramTooLarge,
            Self::NameUnresolvable,
            Self::TemporaryResolverFailure,
            Self::PermanentResolverFailure,
        ];
    }

    /// `wasi:sockets/network#ip-address-family`
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[repr(u8)]
    pub enum IpAddressFamily {
        /// `ipv4`
        Ipv4 = 0,
        /// `ipv6`
        Ipv6 = 1,
    }

    impl IpAddressFamily {
        /// Every case, in order of value.
        pub const ALL: &[Self] = &[Self::Ipv4, Self::Ipv6];
    }
}

/// `wasi:sockets/tcp`
pub mod sockets_tcp {
    /// `wasi:sockets/tcp#shutdown-type`
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[repr(u8)]
    pub enum ShutdownType {
        /// `receive`
        Receive = 0,
        /// `send`
        Send = 1,
        /// `both`
        Both = 2,
    }

    impl ShutdownType {
        /// Every case, in order of value.
        pub const ALL: &[Self] = &[Self::Receive, Self::Send, Self::Both];
    }
}
