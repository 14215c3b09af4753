//! Operations for which the oldest processors of an architecture have no instruction. Compiled code calls them by the
//! names that C libraries use, or by those of libcalls in [`wasmc_abi::builtin`].

/// Defines `nearest`, `floor`, `ceil` and `trunc` of the core specification (4.3.3) for a float type: its name, the
/// integer type of its bits, and the width of the fraction. As there, a signalling NaN becomes a quiet one.
macro_rules! rounding {
    ($float:ident, $bits:ident, $fraction:literal, $nearest:ident, $floor:ident, $ceil:ident, $trunc:ident) => {
        #[unsafe(no_mangle)]
        pub extern "C" fn $nearest(value: $float) -> $float {
            /// All values from here on are integers.
            const INTEGERS: $float = ((1 as $bits) << $fraction) as $float;
            const QUIET: $bits = 1 << ($fraction - 1);
            let magnitude = value.abs();
            if magnitude < INTEGERS {
                // The sum has no bits for a fraction: the addition rounds to nearest, ties to even.
                return ((magnitude + INTEGERS) - INTEGERS).copysign(value);
            }
            if value.is_nan() { $float::from_bits(value.to_bits() | QUIET) } else { value }
        }

        #[unsafe(no_mangle)]
        pub extern "C" fn $floor(value: $float) -> $float {
            let nearest = $nearest(value);
            if nearest > value { nearest - 1.0 } else { nearest }
        }

        #[unsafe(no_mangle)]
        pub extern "C" fn $ceil(value: $float) -> $float {
            let nearest = $nearest(value);
            // Values above -1 and below 0 become -0.
            if nearest < value { (nearest + 1.0).copysign(value) } else { nearest }
        }

        #[unsafe(no_mangle)]
        pub extern "C" fn $trunc(value: $float) -> $float {
            $floor(value.abs()).copysign(value)
        }
    };
}

rounding!(f64, u64, 52, nearbyint, floor, ceil, trunc);
rounding!(f32, u32, 23, nearbyintf, floorf, ceilf, truncf);

/// The instruction `pshufb` of x86-64 processors with SSSE3: each byte of `indices` chooses a byte of `bytes`, or 0
/// where its highest bit is set.
#[cfg(target_arch = "x86_64")]
#[unsafe(no_mangle)]
#[allow(improper_ctypes_definitions, reason = "the type is that of the C convention's vectors")]
extern "C" fn wasmc_x86_pshufb(
    bytes: core::arch::x86_64::__m128i,
    indices: core::arch::x86_64::__m128i,
) -> core::arch::x86_64::__m128i {
    type Vector = core::arch::x86_64::__m128i;
    // SAFETY: both types have 16 bytes, and all values of both are valid.
    let lanes = |vector: Vector| unsafe { core::mem::transmute::<Vector, [u8; 16]>(vector) };
    let (bytes, indices) = (lanes(bytes), lanes(indices));
    let chosen = indices.map(|index| match index {
        0x80.. => 0,
        _ => bytes.get(usize::from(index & 15)).copied().unwrap_or_default(),
    });
    // SAFETY: both types have 16 bytes, and all values of both are valid.
    unsafe { core::mem::transmute::<[u8; 16], Vector>(chosen) }
}
