//! What a program may reach of the system that runs it, as baked into its image.
//!
//! Grants are a sequence of records: a tag byte, then the record's strings, each ended by a NUL byte. The tag
//! [`END`] ends the sequence.

/// Ends the sequence.
pub const END: u8 = 0;
/// A directory with all rights. Strings: path on the host, name the guest sees.
pub const DIRECTORY: u8 = b'D';
/// A directory that cannot be changed through this grant. Strings: path on the host, name the guest sees.
pub const DIRECTORY_READ_ONLY: u8 = b'R';
/// An environment variable. String: `NAME=VALUE`.
pub const VARIABLE: u8 = b'E';
/// An environment variable taken over from the environment at start, if it is set there. String: `NAME`.
pub const INHERITED_VARIABLE: u8 = b'N';
/// The whole environment at start. No string.
pub const INHERITED_ENVIRONMENT: u8 = b'I';

/// A standard stream that the program does not get. String: its number, `0`, `1` or `2`.
pub const STREAM_OFF: u8 = b'S';
/// A listening TCP socket. String: its address, `127.0.0.1:8080` or `[::1]:8080`.
pub const LISTEN: u8 = b'L';
/// How many files the program may have open, those it is started with included. String: the number.
pub const MAX_OPEN_FILES: u8 = b'O';
/// How long the program may run. String: see [`milliseconds`].
pub const TIMEOUT: u8 = b'T';

/// Exit status of a program that ran longer than it may.
pub const TIMEOUT_EXIT_STATUS: i32 = 124;

/// The decimal number that a text is.
#[inline(never)]
pub fn decimal(text: &[u8]) -> Option<u64> {
    let digit = |value: u64, byte: &u8| {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 { None } else { value.checked_mul(10)?.checked_add(digit.into()) }
    };
    if text.is_empty() { None } else { text.iter().try_fold(0, digit) }
}

/// A duration in milliseconds: a decimal number of seconds, or of what `ms`, `s`, `m` or `h` behind it says; not 0.
pub fn milliseconds(text: &[u8]) -> Option<u64> {
    let (number, unit) = match text {
        [number @ .., b'm', b's'] => (number, 1),
        [number @ .., b's'] => (number, 1000),
        [number @ .., b'm'] => (number, 60 * 1000),
        [number @ .., b'h'] => (number, 3600 * 1000),
        number => (number, 1000),
    };
    decimal(number)?.checked_mul(unit).filter(|&time| time > 0)
}

/// Number of a record's strings.
pub const fn strings(tag: u8) -> usize {
    match tag {
        INHERITED_ENVIRONMENT => 0,
        DIRECTORY | DIRECTORY_READ_ONLY => 2,
        _ => 1,
    }
}

/// The environment variable that adds grants when a program starts. It holds options of the compiler, separated by white
/// space: `--dir HOST[::GUEST][:ro]`, `--env NAME[=VALUE]`, `--inherit-env`, `--no-stdin`, `--no-stdout`, `--no-stderr`,
/// `--listen ADDRESS`, `--max-open-files N`, `--timeout DURATION`; and `--show`, by which the program tells its grants and
/// ends. Of several limits the least counts. A backslash takes the next character literally. Ignored where the kernel marks the start as privileged (AT_SECURE: set-uid, file capabilities). The guest
/// never sees the variable itself.
pub const RUN_TIME_VARIABLE: &str = "WASMC_GRANTS";
