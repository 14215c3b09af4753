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

/// Number of a record's strings.
pub const fn strings(tag: u8) -> usize {
    match tag {
        INHERITED_ENVIRONMENT => 0,
        DIRECTORY | DIRECTORY_READ_ONLY => 2,
        _ => 1,
    }
}

/// The environment variable that adds grants when a program starts. It holds the options `--dir HOST[::GUEST][:ro]`,
/// `--env NAME[=VALUE]` and `--inherit-env` of the compiler, separated by white space; a backslash takes the next character
/// literally. Ignored where the kernel marks the start as privileged (AT_SECURE: set-uid, file capabilities). The guest
/// never sees the variable itself.
pub const RUN_TIME_VARIABLE: &str = "WASMC_GRANTS";
