//! What a guest has open, by number.

use super::errno::{Errno, Result};
use super::open::OpenFile;
use super::paths::{Directory, Entries, Opened};
use super::socket::Socket;
use std::io::{Read, Write};
use std::net::IpAddr;
use std::time::Duration;

/// Most descriptors that a guest has open.
const MOST: usize = 1024;

/// How long a call that waits leaves alone what the host says would block.
const PAUSE: Duration = Duration::from_millis(1);

/// Something open.
pub enum Descriptor {
    /// Nothing can be read, and what is written is lost.
    Null,
    /// A stream to read.
    Source(Box<dyn Read + Send>),
    /// A stream to write to.
    Sink(Box<dyn Write + Send>),
    /// A buffer to write to.
    Buffer(Vec<u8>),
    /// A file.
    File(OpenFile),
    /// A directory, and the name that the guest knows it by, where it was granted.
    Directory(Directory, Option<Vec<u8>>),
    /// Entries of a directory, which are read one after the other.
    Entries(Entries),
    /// A socket.
    Socket(Socket),
    /// Addresses of a host, which are read one after the other.
    Addresses(std::vec::IntoIter<IpAddr>),
}

impl From<Opened> for Descriptor {
    fn from(opened: Opened) -> Self {
        match opened {
            Opened::Directory(directory) => Self::Directory(directory, None),
            Opened::File(file) => Self::File(file),
        }
    }
}

impl Descriptor {
    /// Reads to a buffer.
    pub fn read(&mut self, buffer: &mut [u8], offset: Option<u64>) -> Result<usize> {
        match self {
            Self::File(file) => file.read(buffer, offset),
            Self::Null | Self::Source(_) | Self::Socket(_) if offset.is_some() => Err(Errno::SPIPE),
            Self::Null => Ok(0),
            Self::Source(source) => Ok(source.read(buffer)?),
            Self::Socket(socket) => socket.receive(buffer),
            _ => Err(Errno::BADF),
        }
    }

    /// Writes from a buffer.
    pub fn write(&mut self, buffer: &[u8], offset: Option<u64>) -> Result<usize> {
        match self {
            Self::File(file) => file.write(buffer, offset),
            Self::Null | Self::Sink(_) | Self::Buffer(_) | Self::Socket(_) if offset.is_some() => Err(Errno::SPIPE),
            Self::Null => Ok(buffer.len()),
            Self::Sink(sink) => Ok(sink.write(buffer)?),
            Self::Socket(socket) => socket.send(buffer),
            Self::Buffer(bytes) => {
                bytes.extend_from_slice(buffer);
                Ok(buffer.len())
            }
            _ => Err(Errno::BADF),
        }
    }

    /// Waits where it can be read, or written, later.
    pub fn wait(&self, is_written: bool) -> Result<()> {
        match self {
            Self::Socket(socket) => socket.wait(is_written),
            _ => {
                std::thread::sleep(PAUSE);
                Ok(())
            }
        }
    }

    /// Has whoever takes what is written pass on what it keeps.
    pub fn flush(&mut self) -> Result<()> {
        match self {
            Self::Sink(sink) => Ok(sink.flush()?),
            _ => Ok(()),
        }
    }

    /// The same, and has the system write it to its storage.
    pub fn synchronize(&mut self) -> Result<()> {
        match self {
            Self::File(file) => Ok(file.file.sync_all()?),
            Self::Directory(directory, _) => directory.synchronize(),
            other => other.flush(),
        }
    }

    /// The file that it is.
    pub fn file(&mut self) -> Result<&mut OpenFile> {
        match self {
            Self::File(file) => Ok(file),
            Self::Directory(..) => Err(Errno::BADF),
            _ => Err(Errno::SPIPE),
        }
    }
}

/// Something open, and how many use it under its number.
struct Open {
    descriptor: Descriptor,
    users: u32,
}

impl From<Descriptor> for Open {
    fn from(descriptor: Descriptor) -> Self {
        Self { descriptor, users: 1 }
    }
}

/// All that a guest has open.
pub struct Descriptors {
    open: Vec<Option<Open>>,
}

impl Descriptors {
    /// The three standard streams.
    pub fn new() -> Self {
        Self { open: (0..3).map(|_| Some(Descriptor::Null.into())).collect() }
    }

    /// Has a number stand for something else.
    pub fn replace(&mut self, number: usize, descriptor: Descriptor) {
        self.open[number] = Some(descriptor.into());
    }

    /// What was written to a buffer.
    pub fn buffer(&self, number: usize) -> &[u8] {
        match self.open.get(number) {
            Some(Some(Open { descriptor: Descriptor::Buffer(bytes), .. })) => bytes,
            _ => &[],
        }
    }

    /// Grants a directory; returns its number.
    pub fn grant(&mut self, directory: Directory, name: &str) -> i32 {
        self.open.push(Some(Descriptor::Directory(directory, Some(name.as_bytes().to_vec())).into()));
        self.open.len() as i32 - 1
    }

    fn entry(&mut self, number: i32) -> Result<&mut Open> {
        let open = usize::try_from(number).ok().and_then(|number| self.open.get_mut(number)?.as_mut());
        open.ok_or(Errno::BADF)
    }

    /// What a number stands for.
    pub fn get(&mut self, number: i32) -> Result<&mut Descriptor> {
        Ok(&mut self.entry(number)?.descriptor)
    }

    /// The directory that a number stands for.
    pub fn directory(&self, number: i32) -> Result<&Directory> {
        let open = usize::try_from(number).ok().and_then(|number| self.open.get(number)?.as_ref());
        match open {
            Some(Open { descriptor: Descriptor::Directory(directory, _), .. }) => Ok(directory),
            _ => Err(Errno::BADF),
        }
    }

    /// The socket that a number stands for.
    pub fn socket(&self, number: i32) -> Result<&Socket> {
        let open = usize::try_from(number).ok().and_then(|number| self.open.get(number)?.as_ref());
        match open {
            Some(Open { descriptor: Descriptor::Socket(socket), .. }) => Ok(socket),
            _ => Err(Errno::BADF),
        }
    }

    /// A number for something that was opened.
    pub fn add(&mut self, descriptor: Descriptor) -> Result<i32> {
        let free = self.open.iter().position(Option::is_none);
        let number = free.unwrap_or(self.open.len());
        if number >= MOST {
            return Err(Errno::MFILE);
        }
        match free {
            Some(number) => self.open[number] = Some(descriptor.into()),
            None => self.open.push(Some(descriptor.into())),
        }
        Ok(number as i32)
    }

    /// Closes a number.
    pub fn close(&mut self, number: i32) -> Result<()> {
        self.entry(number)?;
        self.open[number as usize] = None;
        Ok(())
    }

    /// Has one more user of a number: the last one closes it.
    pub fn share(&mut self, number: i32) -> Result<()> {
        self.entry(number)?.users += 1;
        Ok(())
    }

    /// Ends the use of one user.
    pub fn release(&mut self, number: i32) {
        let Ok(open) = self.entry(number) else { return };
        open.users -= 1;
        if open.users == 0 {
            self.open[number as usize] = None;
        }
    }

    /// Has `to` stand for what `from` does, which then stands for nothing.
    pub fn renumber(&mut self, from: i32, to: i32) -> Result<()> {
        self.entry(from)?;
        self.entry(to)?;
        if from != to {
            self.open[to as usize] = self.open[from as usize].take();
        }
        Ok(())
    }
}
