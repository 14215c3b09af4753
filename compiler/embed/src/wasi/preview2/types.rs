//! The types of WASI 0.2 that are no resources. Flags are their bits, of which those that are not defined do not count.

use super::handles;
use crate::component::{Canonical, Flat, Lift, Lower, Type, Values, no_case, record, variant};
use crate::trap::Trap;
pub use wasmc_abi::preview2::types::filesystem_types::{Advice, DescriptorType, ErrorCode};
pub use wasmc_abi::preview2::types::sockets_network::{ErrorCode as NetworkErrorCode, IpAddressFamily};
pub use wasmc_abi::preview2::types::sockets_tcp::ShutdownType;

macro_rules! enumerations {
    ($($ty:ty),*) => { $(
        impl Type for $ty {
            const SIZE: u32 = 1;
            const ALIGN: u32 = 1;
            const FLAT: usize = 1;
        }

        impl Lower for $ty {
            fn lower(&self, _: &mut Canonical<'_>, flat: &mut Flat) -> Result<(), Trap> {
                flat.push(u64::from(*self as u8));
                Ok(())
            }

            fn store(&self, to: &mut Canonical<'_>, at: u32) -> Result<(), Trap> {
                (*self as u8).store(to, at)
            }
        }

        impl Lift for $ty {
            fn lift(_: &mut Canonical<'_>, flat: &mut Values<'_>) -> Result<Self, Trap> {
                Self::ALL.get(flat.take() as u32 as usize).copied().map_or_else(no_case, Ok)
            }

            fn load(from: &mut Canonical<'_>, at: u32) -> Result<Self, Trap> {
                let case = u8::load(from, at)?;
                Self::ALL.get(usize::from(case)).copied().map_or_else(no_case, Ok)
            }
        }
    )* };
}

enumerations!(Advice, DescriptorType, ErrorCode, IpAddressFamily, NetworkErrorCode, ShutdownType);

record! {
    /// `wasi:clocks/wall-clock#datetime`
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Datetime {
        /// Since 1970.
        pub seconds: u64,
        /// Less than a second.
        pub nanoseconds: u32,
    }
}

record! {
    /// `wasi:clocks/timezone#timezone-display`
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct TimezoneDisplay {
        /// Seconds.
        pub utc_offset: i32,
        /// As people write it.
        pub name: String,
        /// Whether it is summer.
        pub in_daylight_saving_time: bool,
    }
}

record! {
    /// `wasi:filesystem/types#descriptor-stat`
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct DescriptorStat {
        /// What it is.
        pub ty: DescriptorType,
        /// How many names it has.
        pub link_count: u64,
        /// Bytes.
        pub size: u64,
        /// When it was read.
        pub data_access_timestamp: Option<Datetime>,
        /// When its contents were changed.
        pub data_modification_timestamp: Option<Datetime>,
        /// When anything of it was changed.
        pub status_change_timestamp: Option<Datetime>,
    }
}

record! {
    /// `wasi:filesystem/types#directory-entry`
    #[derive(Clone, Debug, PartialEq)]
    pub struct DirectoryEntry {
        /// What it is.
        pub ty: DescriptorType,
        /// Its name.
        pub name: String,
    }
}

record! {
    /// `wasi:filesystem/types#metadata-hash-value`
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct MetadataHashValue {
        /// 64 bits of it.
        pub lower: u64,
        /// 64 more.
        pub upper: u64,
    }
}

variant! {
    /// `wasi:filesystem/types#new-timestamp`
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum NewTimestamp {
        /// As it was.
        0 => NoChange,
        /// The time of the clock.
        1 => Now,
        /// This one.
        2 => Timestamp(Datetime),
    }
}

variant! {
    /// `wasi:io/streams#stream-error`
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum StreamError {
        /// The system, or the host, refused.
        0 => LastOperationFailed(handles::Error),
        /// It is closed.
        1 => Closed,
    }
}
