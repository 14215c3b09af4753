//! Addresses of the internet, in the form that all platforms share.

use wasmc_abi::grants::decimal;

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
        let is_version_6 = text.iter().any(|&byte| byte == b':');
        let mut address = Self::unspecified(is_version_6);
        if is_version_6 {
            version_6(text, &mut address.bytes)?;
        } else {
            version_4(text, address.bytes.get_mut(..4)?)?;
        }
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

/// Parses an address of version 4 into its four bytes.
pub fn version_4(text: &[u8], to: &mut [u8]) -> Option<()> {
    let mut parts = text.split(|&byte| byte == b'.');
    for byte in to {
        *byte = u8::try_from(decimal(parts.next()?)?).ok()?;
    }
    parts.next().is_none().then_some(())
}

/// Parses an address of version 6 into its sixteen bytes (RFC 4291, section 2.2, forms 1 and 2).
pub fn version_6(text: &[u8], to: &mut [u8]) -> Option<()> {
    match text.windows(2).position(|pair| pair == b"::") {
        None => (groups(text, to)? == to.len()).then_some(()),
        Some(at) => {
            let head = groups(text.get(..at)?, to)?;
            let rest = to.get_mut(head..)?;
            let tail = groups(text.get(at + 2..)?, rest)?;
            let zeroes = rest.len() - tail;
            for from in (0..tail).rev() {
                let byte = core::mem::take(rest.get_mut(from)?);
                *rest.get_mut(from + zeroes)? = byte;
            }
            (zeroes > 0).then_some(())
        }
    }
}

/// Writes groups of hexadecimal digits to the start of `to`; returns how many bytes they take.
fn groups(text: &[u8], to: &mut [u8]) -> Option<usize> {
    if text.is_empty() {
        return Some(0);
    }
    let mut len = 0;
    for group in text.split(|&byte| byte == b':') {
        if group.is_empty() || group.len() > 4 {
            return None;
        }
        let mut value = 0_u16;
        for &digit in group {
            value = value << 4 | (digit as char).to_digit(16)? as u16;
        }
        for (to, byte) in to.get_mut(len..len + 2)?.iter_mut().zip(value.to_be_bytes()) {
            *to = byte;
        }
        len += 2;
    }
    Some(len)
}
