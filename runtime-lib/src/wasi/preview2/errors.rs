//! Error numbers as error codes of `wasi:filesystem/types` and `wasi:sockets/network`, and as words.

use crate::component::caller::Address;
use crate::component::{Caller, Lower};
use crate::errno::Errno;
use wasmc_abi::preview2::types::{filesystem_types, sockets_network};
use wasmc_abi::preview2::{error_text, file_error, network_error};

/// Error codes of files.
pub type FileError = filesystem_types::ErrorCode;
/// Error codes of sockets.
pub type NetworkError = sockets_network::ErrorCode;

macro_rules! enumerations {
    ($($ty:ty),*) => { $(
        impl Lower for $ty {
            const SIZE: u32 = 1;
            const ALIGN: u32 = 1;

            fn lower(self, caller: Caller, to: Address) {
                caller.write(to, self as u8);
            }
        }
    )* };
}
enumerations!(FileError, NetworkError, filesystem_types::DescriptorType);

impl From<Errno> for FileError {
    fn from(errno: Errno) -> Self {
        file_error(errno.0).unwrap_or(Self::Io)
    }
}

impl From<Errno> for NetworkError {
    fn from(errno: Errno) -> Self {
        network_error(errno.0).unwrap_or(Self::Unknown)
    }
}

/// An error in words.
pub fn text(errno: Errno) -> &'static str {
    error_text(errno.0)
}
