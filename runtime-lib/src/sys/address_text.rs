//! Addresses of the internet as text.

use wasmc_abi::grants::decimal;

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
