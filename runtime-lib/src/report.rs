//! Messages to standard error, written for size: they are in every program and rarely run. What few programs write to
//! standard output by themselves.

use crate::sys;

/// A buffer for text to standard error, written at once where it fits.
pub struct Message {
    bytes: [u8; Self::CAPACITY],
    len: usize,
}

impl Message {
    const CAPACITY: usize = 512;

    /// An empty message.
    pub fn new() -> Self {
        Self { bytes: [0; Self::CAPACITY], len: 0 }
    }

    /// Appends bytes.
    #[inline(never)]
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        for &byte in bytes {
            if self.len == Self::CAPACITY {
                self.flush();
            }
            if let Some(to) = self.bytes.get_mut(self.len) {
                *to = byte;
                self.len += 1;
            }
        }
        self
    }

    /// Appends text.
    #[inline(never)]
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    /// Appends a number in base 10, right-aligned in `width`.
    #[inline(never)]
    pub fn decimal(&mut self, value: u64, width: usize) -> &mut Self {
        self.number(value, 10, width)
    }

    /// Appends a number in base 16 with its prefix.
    #[inline(never)]
    pub fn hexadecimal(&mut self, value: u64) -> &mut Self {
        self.text("0x").number(value, 16, 0)
    }

    fn number(&mut self, mut value: u64, base: u64, width: usize) -> &mut Self {
        let mut digits = [b' '; 20];
        let mut count = 0;
        for to in digits.iter_mut().rev() {
            let digit = (value % base) as u8;
            *to = if digit < 10 { b'0' + digit } else { b'a' - 10 + digit };
            value /= base;
            count += 1;
            if value == 0 {
                break;
            }
        }
        let shown = count.max(width).min(digits.len());
        self.bytes(digits.get(digits.len() - shown..).unwrap_or_default())
    }

    /// Writes the text. A failure is ignored: there is nowhere to report it.
    #[inline(never)]
    pub fn flush(&mut self) {
        let mut rest = self.bytes.get(..self.len).unwrap_or_default();
        while !rest.is_empty() {
            match sys::write_error(rest) {
                Some(written) if written > 0 => rest = rest.get(written..).unwrap_or_default(),
                _ => break,
            }
        }
        self.len = 0;
    }
}

/// Writes all of some bytes to standard output; returns whether that was possible.
pub fn to_output(mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        match sys::write_output(bytes) {
            Some(written) if written > 0 => bytes = bytes.get(written..).unwrap_or_default(),
            _ => return false,
        }
    }
    true
}
