//! Messages to a name server and back (RFC 1035), and the file of hosts.

use crate::sys::IpAddress;

/// Bytes of the longest message, without extensions.
pub const MESSAGE: usize = 512;
/// Bytes of a message before its questions.
const HEADER: usize = 12;
/// Types of records.
const A: u16 = 1;
const AAAA: u16 = 28;
const INTERNET: u16 = 1;

/// What a server answered.
pub enum Reply {
    /// It is no answer to the question.
    Unrelated,
    /// There is no such name.
    NoName,
    /// It does not know.
    Failure,
    /// Addresses were passed on, possibly none.
    Addresses,
}

/// Whether a name is one that can be looked up: labels of letters, digits, hyphens and underscores.
pub fn is_name(name: &[u8]) -> bool {
    let name = name.strip_suffix(b".").unwrap_or(name);
    let is_label = |label: &[u8]| {
        (1..=63).contains(&label.len())
            && label.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    name.len() <= 253 && name.split(|&byte| byte == b'.').all(is_label)
}

fn type_of(version_6: bool) -> u16 {
    if version_6 { AAAA } else { A }
}

/// Writes a question for the addresses of a name; returns its length.
pub fn question(to: &mut [u8; MESSAGE], id: u16, name: &[u8], version_6: bool) -> usize {
    let mut len = 0;
    let mut put = |byte: u8| {
        if let Some(to) = to.get_mut(len) {
            *to = byte;
            len += 1;
        }
    };
    let words = |words: &[u16], put: &mut dyn FnMut(u8)| {
        words.iter().flat_map(|word| word.to_be_bytes()).for_each(put);
    };
    // Recursion is desired; there is one question.
    words(&[id, 0x0100, 1, 0, 0, 0], &mut put);
    for label in name.strip_suffix(b".").unwrap_or(name).split(|&byte| byte == b'.') {
        put(label.len() as u8);
        label.iter().copied().for_each(&mut put);
    }
    put(0);
    words(&[type_of(version_6), INTERNET], &mut put);
    len
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(len)?)?;
        self.at += len;
        Some(taken)
    }

    fn word(&mut self) -> Option<u16> {
        match self.take(2)? {
            &[high, low] => Some(u16::from_be_bytes([high, low])),
            _ => None,
        }
    }

    /// Passes over a name. What it refers to is not read.
    fn name(&mut self) -> Option<()> {
        loop {
            match self.take(1)? {
                [0] => return Some(()),
                &[len] if len & 0xc0 == 0xc0 => return self.take(1).map(drop),
                &[len] if len < 64 => drop(self.take(len.into())?),
                _ => return None,
            }
        }
    }
}

/// Reads the answer to a question, which must be repeated in it, and passes on the addresses.
pub fn answer(message: &[u8], question: &[u8], version_6: bool, found: &mut dyn FnMut(IpAddress)) -> Reply {
    const RESPONSE: u16 = 0x8000;
    let is_repeated = || {
        let asked = question.get(HEADER..)?;
        let repeated = message.get(HEADER..question.len())?;
        (message.get(..2) == question.get(..2) && repeated.eq_ignore_ascii_case(asked)).then_some(())
    };
    let mut reader = Reader { bytes: message, at: 2 };
    let flags = reader.word().unwrap_or(0);
    if is_repeated().is_none() || flags & RESPONSE == 0 {
        return Reply::Unrelated;
    }
    match flags & 0xf {
        0 => {}
        3 => return Reply::NoName,
        _ => return Reply::Failure,
    }
    match records(&mut reader, question.len(), version_6, found) {
        Some(()) => Reply::Addresses,
        None => Reply::Failure,
    }
}

fn records(reader: &mut Reader, start: usize, version_6: bool, found: &mut dyn FnMut(IpAddress)) -> Option<()> {
    reader.word()?;
    let count = reader.word()?;
    reader.at = start;
    for _ in 0..count {
        reader.name()?;
        let (kind, class) = (reader.word()?, reader.word()?);
        // How long it is valid.
        reader.take(4)?;
        let len = reader.word()?;
        let data = reader.take(len.into())?;
        let mut address = IpAddress::unspecified(version_6);
        let size = if version_6 { 16 } else { 4 };
        // Other records say which other name the name stands for, whose addresses follow.
        if (kind, class, data.len()) == (type_of(version_6), INTERNET, size) {
            address.bytes.iter_mut().zip(data).for_each(|(to, byte)| *to = *byte);
            found(address);
        }
    }
    Some(())
}

/// The words of a line before a comment.
fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let end = line.iter().position(|&byte| matches!(byte, b'#' | b';')).unwrap_or(line.len());
    let line = line.get(..end).unwrap_or_default();
    line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

/// Passes on the addresses that a file of hosts has for a name.
pub fn hosts(text: &[u8], name: &[u8], found: &mut dyn FnMut(IpAddress)) {
    let name = name.strip_suffix(b".").unwrap_or(name);
    for line in text.split(|&byte| byte == b'\n') {
        let mut words = words(line);
        let address = words.next().and_then(IpAddress::parse);
        if let Some(address) = address.filter(|_| words.any(|word| word.eq_ignore_ascii_case(name))) {
            found(address);
        }
    }
}

/// The first name server that a configuration has.
pub fn name_server(text: &[u8]) -> Option<IpAddress> {
    text.split(|&byte| byte == b'\n').find_map(|line| {
        let mut words = words(line);
        if words.next()? == b"nameserver" { IpAddress::parse(words.next()?) } else { None }
    })
}
