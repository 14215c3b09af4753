//! What the user allows the program: baked into the image by the compiler, and added when the program is started.
//!
//! Grants of both kinds are records as `wasmc_abi::grants` describes them; those given at the start are translated into
//! such records first.

use super::descriptors::{self, Descriptor};
use super::limits::Limits;
use crate::errno::Errno;
use crate::report::Message;
use crate::{process, sys};
use core::ffi::CStr;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};
use wasmc_abi::grants::{
    DIRECTORY, DIRECTORY_READ_ONLY, END, INHERITED_ENVIRONMENT, INHERITED_VARIABLE, LISTEN, MAX_OPEN_FILES,
    RUN_TIME_VARIABLE, STREAM_OFF, TIMEOUT, VARIABLE, strings,
};

unsafe extern "C" {
    /// The program's grants ([`wasmc_abi::symbols::GRANTS`]).
    static wasmc_grants: u8;
}

/// Records made of the run-time variable; null where it is not set.
static RUN_TIME: AtomicPtr<u8> = AtomicPtr::new(null_mut());

/// One grant.
pub struct Record {
    /// One of the tags of `wasmc_abi::grants`.
    pub tag: u8,
    /// The first string, empty where the tag has none.
    pub first: &'static CStr,
    /// The second string, empty where the tag has none.
    pub second: &'static CStr,
}

struct Records {
    next: *const u8,
}

impl Records {
    fn string(&mut self) -> &'static CStr {
        // SAFETY: `next` stands before a string of the record, which a NUL ends; nothing changes or unmaps it.
        let string = unsafe { CStr::from_ptr(self.next.cast()) };
        // SAFETY: the next string or record follows the NUL.
        self.next = unsafe { self.next.add(string.count_bytes() + 1) };
        string
    }
}

impl Iterator for Records {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        if self.next.is_null() {
            return None;
        }
        // SAFETY: `next` stands before a tag and does not move beyond END.
        let tag = unsafe { *self.next };
        if tag == END {
            return None;
        }
        // SAFETY: this was not the end.
        self.next = unsafe { self.next.add(1) };
        let first = if strings(tag) > 0 { self.string() } else { c"" };
        let second = if strings(tag) > 1 { self.string() } else { c"" };
        Some(Record { tag, first, second })
    }
}

/// All grants, those of the image first.
pub fn records() -> impl Iterator<Item = Record> {
    let baked = Records { next: &raw const wasmc_grants };
    baked.chain(Records { next: RUN_TIME.load(Relaxed) })
}

/// Opens what the grants name ([`wasmc_abi::symbols::WASI_INIT`]). On failure says which one and ends the process.
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_wasi_init() {
    sys::ignore_broken_pipes();
    for fd in 0..3 {
        insert(Descriptor::standard(fd));
    }
    read_run_time_grants();
    let mut limits = Limits::NONE;
    for record in records() {
        let first = record.first.to_bytes();
        match record.tag {
            DIRECTORY | DIRECTORY_READ_ONLY => {
                let host = sys::open_granted(record.first)
                    .unwrap_or_else(|error| refuse("cannot open the granted directory", first, error.message()));
                insert(Descriptor::granted(host, record.second.to_bytes(), record.tag == DIRECTORY_READ_ONLY));
            }
            STREAM_OFF => descriptors::turn_off(first),
            tag if sys::KEEPS_LIMITS => {
                limits.add(tag, first).unwrap_or_else(|()| refuse("this is no limit:", first, "see wasmc --help"))
            }
            _ => {}
        }
    }
    if sys::KEEPS_LIMITS {
        limits.set();
    }
}

fn insert(descriptor: Descriptor) {
    if descriptors::insert(descriptor).is_err() {
        refuse("cannot open the granted directory", descriptor.preopen.unwrap_or_default(), Errno::NOMEM.message())
    }
}

/// Says what is wrong with a grant and ends the process.
#[cold]
pub fn refuse(problem: &str, name: &[u8], reason: &str) -> ! {
    let mut message = Message::new();
    message.text("wasmc: ").text(problem).text(" '").bytes(name).text("': ").text(reason).text("\n").flush();
    sys::exit(1)
}

/// The value of a variable of the environment at the start.
pub fn variable(name: &[u8]) -> Option<&'static [u8]> {
    process::environment().find(|variable| name_of(variable) == name)
}

/// The part of `NAME=VALUE` before the first `=`.
pub fn name_of(variable: &[u8]) -> &[u8] {
    let end = variable.iter().position(|&byte| byte == b'=').unwrap_or(variable.len());
    variable.get(..end).unwrap_or_default()
}

fn read_run_time_grants() {
    if sys::is_privileged() {
        return;
    }
    let Some(variable) = variable(RUN_TIME_VARIABLE.as_bytes()) else { return };
    let options = variable.get(RUN_TIME_VARIABLE.len() + 1..).unwrap_or_default();
    // A record takes at most its text twice (where the directory's name on the host is also the guest's), a tag and two
    // NULs, and its option has at least six bytes.
    let room = options.len() * 2 + 16;
    let Ok(address) = sys::map_zeroed(room) else {
        refuse("cannot read", RUN_TIME_VARIABLE.as_bytes(), Errno::NOMEM.message())
    };
    let base: *mut u8 = core::ptr::with_exposed_provenance_mut(address);
    let mut writer = Writer { next: base, room, show: false };
    let mut options = Options { rest: options };
    while let Some(option) = options.next() {
        writer.option(option, &mut options);
    }
    // The mapping is zeroed: END follows the last record.
    RUN_TIME.store(base, Relaxed);
    if writer.show {
        show()
    }
}

/// Tells all grants, each as the option that gives it, and ends the process.
#[cold]
fn show() -> ! {
    let mut message = Message::new();
    for Record { tag, first, second } in records() {
        let (before, behind) = match tag {
            DIRECTORY => ("--dir ", ""),
            DIRECTORY_READ_ONLY => ("--dir ", ":ro"),
            STREAM_OFF => ("--no-std", ""),
            LISTEN => ("--listen ", ""),
            MAX_OPEN_FILES => ("--max-open-files ", ""),
            TIMEOUT => ("--timeout ", ""),
            INHERITED_ENVIRONMENT => ("--inherit-env", ""),
            _ => ("--env ", ""),
        };
        let shown = match (tag, first.to_bytes()) {
            (STREAM_OFF, b"0") => &b"in"[..],
            (STREAM_OFF, b"1") => b"out",
            (STREAM_OFF, _) => b"err",
            (_, text) => text,
        };
        message.text(before).bytes(shown);
        if strings(tag) > 1 {
            message.text("::").bytes(second.to_bytes());
        }
        message.text(behind).text("\n");
    }
    message.flush();
    sys::exit(0)
}

/// Splits text at white space; a backslash takes the next byte literally and stays in.
struct Options<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Options<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let start = self.rest.iter().position(|byte| !byte.is_ascii_whitespace())?;
        let rest = self.rest.get(start..)?;
        let mut len = 0;
        while let Some(byte) = rest.get(len).filter(|byte| !byte.is_ascii_whitespace()) {
            len += if *byte == b'\\' { 2 } else { 1 };
        }
        let (option, rest) = rest.split_at(len.min(rest.len()));
        self.rest = rest;
        Some(option)
    }
}

struct Writer {
    next: *mut u8,
    room: usize,
    /// Whether the grants are to be told.
    show: bool,
}

impl Writer {
    fn option<'a>(&mut self, option: &'a [u8], options: &mut Options<'a>) {
        let (name, value) = match option.iter().position(|&byte| byte == b'=') {
            Some(at) => (option.get(..at).unwrap_or_default(), option.get(at + 1..)),
            None => (option, None),
        };
        // What stands behind the name: a value, or what is meant without one.
        let (tag, meant) = match name {
            b"--dir" => (DIRECTORY, None),
            b"--env" => (VARIABLE, None),
            b"--inherit-env" => (INHERITED_ENVIRONMENT, Some(&b""[..])),
            b"--no-stdin" => (STREAM_OFF, Some(&b"0"[..])),
            b"--no-stdout" => (STREAM_OFF, Some(&b"1"[..])),
            b"--no-stderr" => (STREAM_OFF, Some(&b"2"[..])),
            b"--listen" => (LISTEN, None),
            b"--max-open-files" => (MAX_OPEN_FILES, None),
            b"--timeout" => (TIMEOUT, None),
            b"--show" => (END, Some(&b""[..])),
            _ => refuse(RUN_TIME_VARIABLE, option, "unknown option"),
        };
        let text = match (value, meant) {
            (None, Some(meant)) => meant,
            (Some(_), Some(_)) => refuse(RUN_TIME_VARIABLE, option, "unknown option"),
            (value, None) => match value.or_else(|| options.next()) {
                Some(text) => text,
                None => refuse(RUN_TIME_VARIABLE, name, "a value is missing"),
            },
        };
        match tag {
            DIRECTORY => self.directory(text),
            VARIABLE => self.record(if text.contains(&b'=') { VARIABLE } else { INHERITED_VARIABLE }, text),
            INHERITED_ENVIRONMENT => self.put(tag),
            END => self.show = true,
            _ => self.record(tag, text),
        }
    }

    /// `HOST[::GUEST][:ro]`
    fn directory(&mut self, value: &[u8]) {
        let (names, read_only) = match value.strip_suffix(b":ro") {
            Some(names) if !names.ends_with(b":") && !names.ends_with(b"\\") => (names, true),
            _ => (value, false),
        };
        let (host, guest) = match separator(names) {
            Some(at) => (names.get(..at).unwrap_or_default(), names.get(at + 2..).unwrap_or_default()),
            None => (names, names),
        };
        if host.is_empty() || guest.is_empty() {
            refuse(RUN_TIME_VARIABLE, value, "HOST[::GUEST][:ro] is expected");
        }
        self.put(if read_only { DIRECTORY_READ_ONLY } else { DIRECTORY });
        self.string(host);
        self.string(guest);
    }

    /// A record with one string.
    #[inline(never)]
    fn record(&mut self, tag: u8, value: &[u8]) {
        self.put(tag);
        self.string(value);
    }

    /// Writes text without its backslashes, and a NUL.
    #[inline(never)]
    fn string(&mut self, text: &[u8]) {
        let mut literal = false;
        for &byte in text {
            if byte == b'\\' && !literal {
                literal = true;
            } else {
                self.put(byte);
                literal = false;
            }
        }
        self.put(0);
    }

    #[inline(never)]
    fn put(&mut self, byte: u8) {
        // One byte is kept for END.
        if self.room > 1 {
            self.room -= 1;
            // SAFETY: there was room.
            unsafe {
                self.next.write(byte);
                self.next = self.next.add(1);
            }
        }
    }
}

/// Where `::` without a backslash before it begins.
fn separator(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match text.get(at..)? {
            [b'\\', ..] => at += 2,
            [b':', b':', ..] => return Some(at),
            [] => return None,
            _ => at += 1,
        }
    }
}
