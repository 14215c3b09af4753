//! Addresses of the internet, in the form that all platforms share.

use super::address_text::{version_4, version_6};

/// An IP address.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct IpAddress {
    /// Whether it is one of version 6.
    pub is_version_6: bool,
    /// Its bytes, of which version 4 has the first four.
    pub bytes: [u8; 16],
}

/// The address of a socket.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SocketAddress {
    /// The IP address.
    pub ip: IpAddress,
    /// The port.
    pub port: u16,
    /// The flow, of version 6.
    pub flow: u32,
    /// The scope, of version 6.
    pub scope: u32,
}

impl IpAddress {
    /// `0.0.0.0` or `::`.
    pub const fn unspecified(is_version_6: bool) -> Self {
        Self { is_version_6, bytes: [0; 16] }
    }

    /// Parses `1.2.3.4` or `1:2::3`.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut address = Self::unspecified(false);
        if version_4(text, address.bytes.get_mut(..4)?).is_some() {
            return Some(address);
        }
        address = Self::unspecified(true);
        version_6(text, &mut address.bytes)?;
        Some(address)
    }

    /// Whether it is `0.0.0.0` or `::`.
    pub fn is_unspecified(&self) -> bool {
        self.bytes == [0; 16]
    }

    /// Whether it stands for one host: neither for a group nor for all of a network.
    pub fn is_unicast(&self) -> bool {
        match (self.is_version_6, self.bytes) {
            (true, [first, ..]) => first != 0xff,
            (false, [255, 255, 255, 255, ..]) => false,
            (false, [first, ..]) => first & 0xf0 != 0xe0,
        }
    }

    /// Whether it is an address of version 4 in one of version 6.
    pub fn is_mapped(&self) -> bool {
        let [a, b, c, d, e, f, g, h, i, j, k, l, ..] = self.bytes;
        self.is_version_6 && [a, b, c, d, e, f, g, h, i, j] == [0; 10] && (k, l) == (0xff, 0xff)
    }
}

impl SocketAddress {
    /// An address with a port.
    pub const fn new(ip: IpAddress, port: u16) -> Self {
        Self { ip, port, flow: 0, scope: 0 }
    }
}
