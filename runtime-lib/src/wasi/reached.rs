//! `HOST:PORT`: addresses that the user lets a component reach.

use crate::sys::{IpAddress, SocketAddress};
use wasmc_abi::grants::decimal;

/// Addresses.
#[derive(Clone, Copy)]
pub struct Reached {
    /// The only host, or all of a version where it is unspecified; `None` for any.
    host: Option<IpAddress>,
    /// The only port; `None` for any.
    port: Option<u16>,
}

impl Reached {
    /// Those that text stands for: `1.2.3.4:5`, `[1:2::3]:4`, with `*` for any host or port.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let colon = text.iter().rposition(|&byte| byte == b':')?;
        let (host, port) = (text.get(..colon)?, text.get(colon + 1..)?);
        let address = host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]"));
        let host = match address {
            None if host == b"*" => None,
            _ => {
                let ip = IpAddress::parse(address.unwrap_or(host))?;
                Some(ip).filter(|ip| ip.is_version_6 == address.is_some()).map(Some)?
            }
        };
        let port = if port == b"*" { None } else { Some(u16::try_from(decimal(port)?).ok()?) };
        Some(Self { host, port })
    }

    /// Whether an address is one of them.
    pub fn includes(&self, address: &SocketAddress) -> bool {
        let is_host = |host: IpAddress| {
            let all = host.is_unspecified() && host.is_version_6 == address.ip.is_version_6;
            all || host == address.ip
        };
        self.host.is_none_or(is_host) && self.port.is_none_or(|port| port == address.port)
    }
}
