//! Operations that the oldest processors of an architecture have no instruction for. Compiled code calls them by the names
//! that C libraries use, or by those in [`wasmc_abi::symbols`].

/// Rounds to the nearest integer, to the even one of two that are equally near (`f64.nearest`).
#[unsafe(no_mangle)]
extern "C" fn nearbyint(value: f64) -> f64 {
    /// From here on there are only integers.
    const INTEGERS: f64 = (1_u64 << 52) as f64;
    let magnitude = value.abs();
    if magnitude < INTEGERS {
        // The sum has no room for a fraction: it is rounded as wanted.
        return ((magnitude + INTEGERS) - INTEGERS).copysign(value);
    }
    // Makes a signalling NaN a quiet one.
    value + 0.0
}

/// As [`nearbyint`], for `f32.nearest`.
#[unsafe(no_mangle)]
extern "C" fn nearbyintf(value: f32) -> f32 {
    const INTEGERS: f32 = (1_u32 << 23) as f32;
    let magnitude = value.abs();
    if magnitude < INTEGERS {
        return ((magnitude + INTEGERS) - INTEGERS).copysign(value);
    }
    value + 0.0
}

/// The instruction `pshufb` of x86-64 processors with SSSE3: each byte of `indices` chooses a byte of `bytes`, or 0 where
/// its highest bit is set.
#[cfg(target_arch = "x86_64")]
#[unsafe(no_mangle)]
extern "C" fn wasmc_x86_pshufb(
    bytes: core::arch::x86_64::__m128i,
    indices: core::arch::x86_64::__m128i,
) -> core::arch::x86_64::__m128i {
    // SAFETY: both types are 16 bytes of which all values are valid.
    let (bytes, indices): ([u8; 16], [u8; 16]) =
        unsafe { (core::mem::transmute(bytes), core::mem::transmute(indices)) };
    let chosen = indices.map(|index| if index < 0x80 { bytes[usize::from(index & 15)] } else { 0 });
    // SAFETY: as above.
    unsafe { core::mem::transmute(chosen) }
}
