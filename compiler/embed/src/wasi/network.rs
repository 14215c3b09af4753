//! What a guest may reach of the network: nothing but what its host grants.

use super::Wasi;
use std::io;
use std::net::{IpAddr, SocketAddr};

/// Addresses that a host grants.
#[derive(Clone, Copy, Debug)]
struct Reached {
    /// The only host, or all of a version where it is unspecified; `None` for any.
    host: Option<IpAddr>,
    /// The only port; `None` for any.
    port: Option<u16>,
}

impl Reached {
    /// Those that text stands for: `1.2.3.4:5`, `[1:2::3]:4`, with `*` for any host or port.
    fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(host) => Some(IpAddr::V6(host.parse().ok()?)),
            None if host == "*" => None,
            None => Some(IpAddr::V4(host.parse().ok()?)),
        };
        let port = if port == "*" { None } else { Some(port.parse().ok()?) };
        Some(Self { host, port })
    }

    fn includes(&self, address: SocketAddr) -> bool {
        let is_host =
            |host: IpAddr| host == address.ip() || (host.is_unspecified() && host.is_ipv4() == address.is_ipv4());
        self.host.is_none_or(is_host) && self.port.is_none_or(|port| port == address.port())
    }
}

/// All that is granted of the network.
#[derive(Debug, Default)]
pub struct Network {
    reached: Vec<Reached>,
    listens: Vec<Reached>,
    /// Whether names may be looked up.
    pub looks_up: bool,
}

fn parse(text: &str) -> io::Result<Reached> {
    let message = "HOST:PORT is an address of version 4, or one of version 6 in brackets, or `*`; and a port, or `*`";
    Reached::parse(text).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, message))
}

impl Network {
    /// Grants to connect and send to addresses.
    pub fn reach(&mut self, text: &str) -> io::Result<()> {
        self.reached.push(parse(text)?);
        Ok(())
    }

    /// Grants to be reached at addresses.
    pub fn listen(&mut self, text: &str) -> io::Result<()> {
        self.listens.push(parse(text)?);
        Ok(())
    }

    /// Whether an address may be reached.
    pub fn reaches(&self, address: SocketAddr) -> bool {
        self.reached.iter().any(|reached| reached.includes(address))
    }

    /// Whether an address may be bound to, to be reached there.
    pub fn listens(&self, address: SocketAddr) -> bool {
        self.listens.iter().any(|reached| reached.includes(address))
    }
}

impl Wasi {
    /// Grants a component to connect and send to `HOST:PORT`: an address of version 4, or one of version 6 in brackets,
    /// and a port; `*` is any of either.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// let wasi = wasmc_embed::wasi::Wasi::new().net("192.0.2.1:443")?.net("[2001:db8::1]:*")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Where the text is no such address.
    pub fn net(mut self, reached: &str) -> io::Result<Self> {
        self.grant_net(reached)?;
        Ok(self)
    }

    /// As [`Self::net`]; where the text is no address, all stays as it was.
    ///
    /// # Errors
    /// As [`Self::net`].
    #[doc(hidden)]
    pub fn grant_net(&mut self, reached: &str) -> io::Result<()> {
        self.network.reach(reached)
    }

    /// Grants a component to bind sockets to `HOST:PORT`, written as for [`Self::net`], and to listen there. At port 0
    /// that is a port which the system chooses.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// let wasi = wasmc_embed::wasi::Wasi::new().listen("127.0.0.1:8080")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Where the text is no such address.
    pub fn listen(mut self, address: &str) -> io::Result<Self> {
        self.grant_listen(address)?;
        Ok(self)
    }

    /// As [`Self::listen`]; where the text is no address, all stays as it was.
    ///
    /// # Errors
    /// As [`Self::listen`].
    #[doc(hidden)]
    pub fn grant_listen(&mut self, address: &str) -> io::Result<()> {
        self.network.listen(address)
    }

    /// Grants a component to look up names of hosts, as the system does.
    ///
    /// ```
    /// let wasi = wasmc_embed::wasi::Wasi::new().allow_ip_name_lookup();
    /// ```
    #[must_use]
    pub fn allow_ip_name_lookup(mut self) -> Self {
        self.network.looks_up = true;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_granted_is_addresses_and_ports() {
        let mut network = Network::default();
        for text in ["", "*", "example.org:80", "::1:80", "[::1]", "127.0.0.1:", "127.0.0.1:65536", "[127.0.0.1]:1"] {
            assert!(network.reach(text).is_err(), "{text:?}");
        }
        network.reach("127.0.0.1:80").unwrap();
        network.reach("[::]:53").unwrap();
        let reaches = |address: &str| network.reaches(address.parse().unwrap());
        assert!(reaches("127.0.0.1:80") && reaches("[::1]:53") && reaches("[2001:db8::1]:53"));
        assert!(!reaches("127.0.0.1:81") && !reaches("127.0.0.2:80") && !reaches("127.0.0.1:53"));
        assert!(!network.listens("127.0.0.1:80".parse().unwrap()));
        network.listen("*:*").unwrap();
        assert!(network.listens("127.0.0.1:80".parse().unwrap()));
    }
}
