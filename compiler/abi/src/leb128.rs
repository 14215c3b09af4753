//! LEB128 integers (DWARF 5, section 7.6), as used by the side tables.

/// Passes the bytes of `value` to `put`.
pub fn write_unsigned(mut value: u64, put: &mut impl FnMut(u8)) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            return put(byte);
        }
        put(byte | 0x80);
    }
}

/// Passes the bytes of `value` to `put`.
pub fn write_signed(mut value: i64, put: &mut impl FnMut(u8)) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0) {
            return put(byte);
        }
        put(byte | 0x80);
    }
}

/// Reads a value and advances `bytes` past it; `None` where the bytes end inside it.
pub fn read_unsigned(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    let mut shift = 0;
    loop {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        if shift < 64 {
            value |= u64::from(byte & 0x7f) << shift;
        }
        shift += 7;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
}

/// Reads a value and advances `bytes` past it; `None` where the bytes end inside it.
pub fn read_signed(bytes: &mut &[u8]) -> Option<i64> {
    let mut value = 0;
    let mut shift = 0;
    loop {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        if shift < 64 {
            value |= i64::from(byte & 0x7f) << shift;
        }
        shift += 7;
        if byte & 0x80 == 0 {
            if shift < 64 && byte & 0x40 != 0 {
                value |= -1 << shift;
            }
            return Some(value);
        }
    }
}
