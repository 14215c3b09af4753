//! Grants: what a program may reach of the system that runs it, as baked into its image.
//!
//! Grants are a sequence of records: a tag byte, then the record's strings, each ended by a NUL byte. The tag
//! [`END`] ends the sequence.

/// Ends the sequence.
pub const END: u8 = 0;
/// A directory with all rights. Strings: path on the host, name the guest sees.
pub const DIRECTORY: u8 = b'D';
/// A file. Strings: path on the host of the directory it lies in, with a `/` at the end; name the guest sees; its name
/// in that directory.
pub const FILE: u8 = b'F';
/// Flag in the tag of a directory or file: the grant does not allow to change it.
pub const READ_ONLY: u8 = 1 << 5;
/// An environment variable. String: `NAME=VALUE`.
pub const VARIABLE: u8 = b'E';
/// An environment variable taken over from the environment at start, if it is set there. String: `NAME`.
pub const INHERITED_VARIABLE: u8 = b'N';
/// The whole environment at start. No string.
pub const INHERITED_ENVIRONMENT: u8 = b'I';

/// The program does not get standard input. No string. The tags for output and error follow.
pub const STREAM_OFF: u8 = b'0';
/// The last of the tags that begin with [`STREAM_OFF`].
pub const LAST_STREAM_OFF: u8 = STREAM_OFF + 2;
/// A listening TCP socket. String: its address, `127.0.0.1:8080` or `[::1]:8080`.
pub const LISTEN: u8 = b'L';
/// What the program may send to, and connect to. String: `HOST:PORT`, where either can be `*`, and an address of
/// version 6 is in brackets; or [`NAME_LOOKUP`].
pub const NETWORK: u8 = b'C';
/// The string of [`NETWORK`] by which the program may look up names of hosts.
pub const NAME_LOOKUP: &str = "names";
/// The tag among [`options`] of the one that gives it. No record has it.
pub const NAME_LOOKUP_OPTION: u8 = b'R';
/// How many files the program may have open, those it is started with included. String: the number.
pub const MAX_OPEN_FILES: u8 = b'O';
/// How long the program may run. String: see [`milliseconds`].
pub const TIMEOUT: u8 = b'T';
/// How many bytes memories, tables and threads may have together. String: the number. The compiler enforces it, as the
/// next two; the record only tells.
pub const MAX_MEMORY: u8 = b'M';
/// How many elements each table may grow to. String: the number.
pub const MAX_TABLE_ELEMENTS: u8 = b'A';
/// How many threads can run at once. String: the number.
pub const MAX_THREADS: u8 = b'H';
/// Nothing is granted when the program starts. No string. Comes first.
pub const SEALED: u8 = b'S';

/// Whether a grant, or what takes one away, can be given when the program starts.
pub fn is_for_start(tag: u8) -> bool {
    !matches!(tag, MAX_MEMORY | MAX_TABLE_ELEMENTS | MAX_THREADS | SEALED)
}

/// The options that give grants, each after its tag and ended by a NUL: as text, since every program has it. At compile
/// time all can be given, when the program starts those that [`is_for_start`] allows.
macro_rules! options_of_all {
    () => {
        "D--dir\0F--file\0E--env\0I--inherit-env\x000--no-stdin\x001--no-stdout\x002--no-stderr\0L--listen\0\
         O--max-open-files\0T--timeout\0M--max-memory\0A--max-table-elements\0H--max-threads\0S--sealed\0"
    };
}

const OPTIONS: &str = options_of_all!();
const OPTIONS_OF_COMPONENTS: &str = concat!(options_of_all!(), "C--net\0R--allow-ip-name-lookup\0");

/// The options that give grants, with their tags: those of components, or of other programs.
pub fn options(of_components: bool) -> impl Iterator<Item = (u8, &'static [u8])> {
    let options = if of_components { OPTIONS_OF_COMPONENTS } else { OPTIONS };
    let options = options.as_bytes().split(|&byte| byte == 0);
    options.filter_map(|option| option.split_first()).map(|(&tag, name)| (tag, name))
}

/// The option of a record with this tag and first string, by the tag that [`options`] has for it.
pub fn option_of(tag: u8, first: &[u8]) -> u8 {
    match tag {
        INHERITED_VARIABLE => VARIABLE,
        NETWORK if first == NAME_LOOKUP.as_bytes() => NAME_LOOKUP_OPTION,
        tag => tag,
    }
}

/// Whether a tag has the flag [`READ_ONLY`], and the tag without it.
pub fn read_only(tag: u8) -> (bool, u8) {
    let without = tag & !READ_ONLY;
    if matches!(without, DIRECTORY | FILE) { (tag != without, without) } else { (false, tag) }
}

/// Exit status of a program that ran longer than it may.
pub const TIMEOUT_EXIT_STATUS: i32 = 124;

/// The value of a decimal number; `None` where the text is none, or too great.
#[inline(never)]
pub fn decimal(text: &[u8]) -> Option<u64> {
    let digit = |value: u64, byte: &u8| {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 { None } else { value.checked_mul(10)?.checked_add(digit.into()) }
    };
    if text.is_empty() { None } else { text.iter().try_fold(0, digit) }
}

/// A duration in milliseconds: a decimal number of seconds, or of the unit `ms`, `s`, `m` or `h` after it; not 0.
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
pub fn strings(tag: u8) -> usize {
    match read_only(tag).1 {
        INHERITED_ENVIRONMENT | STREAM_OFF..=LAST_STREAM_OFF | SEALED => 0,
        DIRECTORY => 2,
        FILE => 3,
        _ => 1,
    }
}

/// The environment variable that adds grants when a program starts. It holds options of the compiler, separated by
/// white space: `--dir HOST[::GUEST][:ro]`, `--file HOST[::GUEST][:ro]`, `--env NAME[=VALUE]`, `--inherit-env`,
/// `--no-stdin`, `--no-stdout`, `--no-stderr`, `--listen ADDRESS`, `--max-open-files N`, `--timeout DURATION`, and of
/// components `--net HOST:PORT` and `--allow-ip-name-lookup`; and `--show`, by which the program tells its grants and
/// ends. Of several limits the least counts. A backslash takes the next character literally. Ignored where the kernel
/// marks the start as privileged (AT_SECURE: set-uid, file capabilities). The guest never sees the variable itself.
pub const RUN_TIME_VARIABLE: &str = "WASMC_GRANTS";
