//! What a guest has open, by number.

use super::errno::{Errno, Result};
use super::open::OpenFile;
use super::paths::Directory;
use std::io::{Read, Write};

/// Most descriptors that a guest has open.
const MOST: usize = 1024;

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
}

impl Descriptor {
    /// Reads to a buffer.
    pub fn read(&mut self, buffer: &mut [u8], offset: Option<u64>) -> Result<usize> {
        match self {
            Self::File(file) => file.read(buffer, offset),
            Self::Null | Self::Source(_) if offset.is_some() => Err(Errno::SPIPE),
            Self::Null => Ok(0),
            Self::Source(source) => Ok(source.read(buffer)?),
            _ => Err(Errno::BADF),
        }
    }

    /// Writes from a buffer.
    pub fn write(&mut self, buffer: &[u8], offset: Option<u64>) -> Result<usize> {
        match self {
            Self::File(file) => file.write(buffer, offset),
            Self::Null | Self::Sink(_) | Self::Buffer(_) if offset.is_some() => Err(Errno::SPIPE),
            Self::Null => Ok(buffer.len()),
            Self::Sink(sink) => Ok(sink.write(buffer)?),
            Self::Buffer(bytes) => {
                bytes.extend_from_slice(buffer);
                Ok(buffer.len())
            }
            _ => Err(Errno::BADF),
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

/// All that a guest has open.
pub struct Descriptors {
    open: Vec<Option<Descriptor>>,
}

impl Descriptors {
    /// The three standard streams.
    pub fn new() -> Self {
        Self { open: vec![Some(Descriptor::Null), Some(Descriptor::Null), Some(Descriptor::Null)] }
    }

    /// Has a number stand for something else.
    pub fn replace(&mut self, number: usize, descriptor: Descriptor) {
        self.open[number] = Some(descriptor);
    }

    /// What was written to a buffer.
    pub fn buffer(&self, number: usize) -> &[u8] {
        match self.open.get(number) {
            Some(Some(Descriptor::Buffer(bytes))) => bytes,
            _ => &[],
        }
    }

    /// Grants a directory.
    pub fn grant(&mut self, directory: Directory, name: &str) {
        self.open.push(Some(Descriptor::Directory(directory, Some(name.as_bytes().to_vec()))));
    }

    /// What a number stands for.
    pub fn get(&mut self, number: i32) -> Result<&mut Descriptor> {
        let descriptor = usize::try_from(number).ok().and_then(|number| self.open.get_mut(number)?.as_mut());
        descriptor.ok_or(Errno::BADF)
    }

    /// What a number stands for, to be looked at together with others.
    pub fn shared(&self, number: i32) -> Result<&Descriptor> {
        let descriptor = usize::try_from(number).ok().and_then(|number| self.open.get(number)?.as_ref());
        descriptor.ok_or(Errno::BADF)
    }

    /// A number for something that was opened.
    pub fn add(&mut self, descriptor: Descriptor) -> Result<u32> {
        let free = self.open.iter().position(Option::is_none);
        let number = free.unwrap_or(self.open.len());
        if number >= MOST {
            return Err(Errno::MFILE);
        }
        match free {
            Some(number) => self.open[number] = Some(descriptor),
            None => self.open.push(Some(descriptor)),
        }
        Ok(number as u32)
    }

    /// Closes a number.
    pub fn close(&mut self, number: i32) -> Result<()> {
        self.get(number)?;
        self.open[number as usize] = None;
        Ok(())
    }

    /// Has `to` stand for what `from` does, which then stands for nothing.
    pub fn renumber(&mut self, from: i32, to: i32) -> Result<()> {
        self.get(from)?;
        self.get(to)?;
        if from != to {
            self.open[to as usize] = self.open[from as usize].take();
        }
        Ok(())
    }
}
