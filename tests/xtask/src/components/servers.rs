//! Servers for programs to talk to: they send back what comes, by TCP and by UDP at the same port.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::thread;

use anyhow::Result;

/// Servers that run as long as this process.
pub struct Servers {
    port: u16,
}

impl Servers {
    /// Starts both.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let port = listener.local_addr()?.port();
        let socket = UdpSocket::bind(("127.0.0.1", port))?;
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                thread::spawn(move || send_back(connection));
            }
        });
        thread::spawn(move || {
            let mut data = [0; 2048];
            while let Ok((len, from)) = socket.recv_from(&mut data) {
                // Whoever does not get an answer says so.
                let _ = socket.send_to(&data[..len], from);
            }
        });
        Ok(Self { port })
    }

    /// Their port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

fn send_back(mut connection: TcpStream) {
    let mut data = [0; 4096];
    while let Ok(len) = connection.read(&mut data) {
        if len == 0 || connection.write_all(&data[..len]).is_err() {
            return;
        }
    }
}
