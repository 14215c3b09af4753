//! Where the parts of a value lie (component model, "Canonical ABI": `alignment`, `elem_size`), as constants.

/// The next multiple of `align`, which is a power of two.
#[doc(hidden)]
pub const fn align_up(at: u32, align: u32) -> u32 {
    at.wrapping_add(align - 1) & !(align - 1)
}

/// The larger one.
const fn max(a: u32, b: u32) -> u32 {
    if a > b { a } else { b }
}

/// Size and alignment of a record whose fields have these.
#[doc(hidden)]
pub const fn record(fields: &[(u32, u32)]) -> (u32, u32) {
    let (mut size, mut align, mut at) = (0, 1, 0);
    while at < fields.len() {
        let (field_size, field_align) = fields[at];
        size = align_up(size, field_align) + field_size;
        align = max(align, field_align);
        at += 1;
    }
    (align_up(size, align), align)
}

/// Bytes of the number that says which of so many cases a value is.
#[doc(hidden)]
pub const fn discriminant(cases: usize) -> u32 {
    match cases {
        0..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        _ => 4,
    }
}

/// Size and alignment of a variant whose cases' payloads have these.
#[doc(hidden)]
pub const fn variant(payloads: &[(u32, u32)]) -> (u32, u32) {
    let (mut size, mut align, mut at) = (0, 1, 0);
    while at < payloads.len() {
        size = max(size, payloads[at].0);
        align = max(align, payloads[at].1);
        at += 1;
    }
    let first = discriminant(payloads.len());
    let align = max(align, first);
    (align_up(payload(payloads) + size, align), align)
}

/// Where the payload of a variant begins.
#[doc(hidden)]
pub const fn payload(payloads: &[(u32, u32)]) -> u32 {
    let (mut align, mut at) = (1, 0);
    while at < payloads.len() {
        align = max(align, payloads[at].1);
        at += 1;
    }
    align_up(discriminant(payloads.len()), align)
}

/// The sum of the core values of fields.
#[doc(hidden)]
pub const fn sum(flat: &[usize]) -> usize {
    let (mut sum, mut at) = (0, 0);
    while at < flat.len() {
        sum += flat[at];
        at += 1;
    }
    sum
}

/// The core values of a variant whose cases' payloads have so many.
#[doc(hidden)]
pub const fn joined(flat: &[usize]) -> usize {
    let (mut most, mut at) = (0, 0);
    while at < flat.len() {
        if flat[at] > most {
            most = flat[at];
        }
        at += 1;
    }
    1 + most
}

/// Bytes of flags, by how many there are.
#[doc(hidden)]
pub const fn flags(count: usize) -> u32 {
    match count {
        0..=8 => 1,
        9..=16 => 2,
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_lie_at_multiples_of_their_alignment() {
        assert_eq!(record(&[(1, 1), (4, 4), (1, 1)]), (12, 4));
        assert_eq!(record(&[(1, 1), (8, 8)]), (16, 8));
        assert_eq!(record(&[(8, 4), (1, 1), (2, 2)]), (12, 4));
        assert_eq!(record(&[]), (0, 1));
    }

    #[test]
    fn the_payload_lies_behind_the_discriminant() {
        assert_eq!((variant(&[(0, 1), (1, 1)]), payload(&[(0, 1), (1, 1)])), ((2, 1), 1));
        assert_eq!((variant(&[(0, 1), (8, 8)]), payload(&[(0, 1), (8, 8)])), ((16, 8), 8));
        assert_eq!(variant(&[(8, 4), (4, 4)]), (12, 4));
        assert_eq!((variant(&[(0, 1); 256]), variant(&[(0, 1); 257])), ((1, 1), (2, 2)));
        assert_eq!(variant(&[(1, 1); 65_537]), (8, 4));
    }

    #[test]
    fn cases_share_core_values() {
        assert_eq!((joined(&[0, 2, 1]), joined(&[]), sum(&[1, 2, 3])), (3, 1, 6));
        assert_eq!((flags(8), flags(9), flags(17)), (1, 2, 4));
    }
}
