//! What the user allows the program: grants in the image, and those given when the program is started.
//!
//! Both are records as [`wasmc_abi::grants`] describes them; those given at the start are first translated to such
//! records.

use super::descriptors::{self, Descriptor};
use super::limits;
#[cfg(feature = "component")]
use super::reached::Reached;
use crate::errno::Errno;
use crate::report::Message;
use crate::sys;
use crate::sys::FileType;
use core::ffi::CStr;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};
use wasmc_abi::grants::{
    DIRECTORY, END, FILE, INHERITED_VARIABLE, LAST_STREAM_OFF, READ_ONLY, RUN_TIME_VARIABLE, SEALED, STREAM_OFF,
    VARIABLE, is_for_start, options, read_only, strings,
};
#[cfg(feature = "component")]
use wasmc_abi::grants::{NAME_LOOKUP, NAME_LOOKUP_OPTION, NETWORK, option_of};

unsafe extern "C" {
    /// The program's grants ([`wasmc_abi::symbols::GRANTS`]).
    static wasmc_grants: u8;
}

/// Records made of the variable with the run-time grants; null where it is not set.
static RUN_TIME: AtomicPtr<u8> = AtomicPtr::new(null_mut());

/// One grant.
pub struct Record {
    /// One of the tags of `wasmc_abi::grants`.
    pub tag: u8,
    /// The first string, empty where the tag has none.
    pub first: &'static CStr,
    /// The second string, empty where the tag has none.
    pub second: &'static CStr,
    /// The third string, empty where the tag has none.
    pub third: &'static CStr,
}

struct Records {
    next: *const u8,
}

impl Records {
    fn string(&mut self) -> &'static CStr {
        // SAFETY: `next` points to a NUL-terminated string of the record, which nothing changes or unmaps.
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
        // SAFETY: `next` points to a tag and never moves past END.
        let tag = unsafe { *self.next };
        if tag == END {
            return None;
        }
        // SAFETY: this tag was not END, so its strings or another tag follow.
        self.next = unsafe { self.next.add(1) };
        let mut record = Record { tag, first: c"", second: c"", third: c"" };
        let fields = [&mut record.first, &mut record.second, &mut record.third];
        for field in fields.into_iter().take(strings(tag)) {
            *field = self.string();
        }
        Some(record)
    }
}

/// All grants, those of the image first.
pub fn records() -> impl Iterator<Item = Record> {
    let in_image = Records { next: &raw const wasmc_grants };
    in_image.chain(Records { next: RUN_TIME.load(Relaxed) })
}

/// Opens what the grants name (`Builtin::WasiInit`). On failure reports which one and ends the process.
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_wasi_init() {
    for fd in 0..3 {
        insert(Descriptor::standard(fd));
    }
    read_run_time_grants();
    for record in records() {
        let first = record.first.to_bytes();
        match read_only(record.tag) {
            (read_only, tag @ (DIRECTORY | FILE)) => insert_preopen(&record, tag, read_only),
            (_, tag @ STREAM_OFF..=LAST_STREAM_OFF) => descriptors::turn_off((tag - STREAM_OFF).into()),
            (_, tag) if sys::KEEPS_LIMITS => {
                limits::add(tag, first).unwrap_or_else(|()| refuse("this is no limit:", first, "see wasmc --help"))
            }
            _ => {}
        }
    }
}

/// Opens a granted directory, or the one that holds a granted file. A file that is a symbolic link is refused: a
/// process that can replace it could grant another file. The directories before it are the choice of the user.
fn insert_preopen(record: &Record, tag: u8, read_only: bool) {
    let host = sys::open_granted(record.first).unwrap_or_else(|error| cannot_open(record.first, error.message()));
    let directory = Descriptor::granted(host, record.second.to_bytes(), read_only);
    if tag == DIRECTORY {
        return insert(directory);
    }
    let problem = match sys::status_at(host, record.third).map(|status| status.kind) {
        Ok(FileType::SymbolicLink) => "symbolic link: grant what it leads to",
        Ok(FileType::Directory) => "directory: use --dir",
        // SAFETY: in a record, the third string follows the NUL of the second.
        Ok(_) => return insert(unsafe { directory.named_file() }),
        Err(error) => error.message(),
    };
    cannot_open(record.third, problem)
}

#[cold]
fn cannot_open(name: &CStr, problem: &str) -> ! {
    refuse("cannot open what is granted:", name.to_bytes(), problem)
}

fn insert(descriptor: Descriptor) {
    if descriptors::insert(descriptor).is_err() {
        refuse("cannot open what is granted:", descriptor.preopen.unwrap_or_default(), Errno::NOMEM.message())
    }
}

/// Reports what is wrong with a grant and ends the process.
#[cold]
pub fn refuse(problem: &str, name: &[u8], reason: &str) -> ! {
    let mut message = Message::new();
    message.text("wasmc: ").text(problem).text(" '").bytes(name).text("': ").text(reason).text("\n").flush();
    sys::exit(1)
}

/// The part of `NAME=VALUE` before the first `=`.
pub fn name_of(variable: &[u8]) -> &[u8] {
    let end = variable.iter().position(|&byte| byte == b'=').unwrap_or(variable.len());
    variable.get(..end).unwrap_or_default()
}

fn read_run_time_grants() {
    // SAFETY: the compiler defines the symbol in every program; nothing writes to it.
    if sys::is_privileged() || unsafe { wasmc_grants } == SEALED {
        return;
    }
    let Some(variable) = sys::environment().named(RUN_TIME_VARIABLE.as_bytes()) else { return };
    let options = variable.get(RUN_TIME_VARIABLE.len() + 1..).unwrap_or_default();
    // A record takes at most its text twice (where the name on the host is also the guest's), a tag, `./` and three
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

/// Prints all grants, each as the option that gives it, and ends the process.
#[cold]
fn show() -> ! {
    let mut message = Message::new();
    for record in records() {
        let (read_only, tag) = read_only(record.tag);
        #[cfg(feature = "component")]
        if option_of(tag, record.first.to_bytes()) == NAME_LOOKUP_OPTION {
            message.text("--allow-ip-name-lookup\n");
            continue;
        }
        let named = if tag == INHERITED_VARIABLE { VARIABLE } else { tag };
        let name = grant_options().find(|(tag, _)| *tag == named).map_or(&b""[..], |(_, name)| name);
        let is_path = strings(tag) > 1;
        message.bytes(name);
        if strings(tag) > 0 {
            message.text(" ");
            print_text(&mut message, record.first, is_path);
            print_text(&mut message, record.third, is_path);
        }
        if is_path {
            message.text("::");
            print_text(&mut message, record.second, is_path);
            message.text(if read_only { ":ro" } else { "" });
        }
        message.text("\n");
    }
    message.flush();
    sys::exit(0)
}

/// Appends text as it is written in an option, with backslashes before white space and separators.
fn print_text(message: &mut Message, text: &CStr, is_path: bool) {
    for &byte in text.to_bytes() {
        if byte.is_ascii_whitespace() || byte == b'\\' || is_path && byte == b':' {
            message.text("\\");
        }
        message.bytes(&[byte]);
    }
}

/// Splits text at white space; a backslash makes the next byte literal. It stays in the text, unless no byte follows.
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
        self.rest = rest.get(len..).unwrap_or_default();
        Some(rest.get(..len).unwrap_or(rest.split_last()?.1))
    }
}

fn grant_options() -> impl Iterator<Item = (u8, &'static [u8])> {
    options(cfg!(feature = "component"))
}

struct Writer {
    next: *mut u8,
    room: usize,
    /// Whether to print the grants.
    show: bool,
}

impl Writer {
    fn option<'a>(&mut self, option: &'a [u8], options: &mut Options<'a>) {
        let (name, value) = match option.iter().position(|&byte| byte == b'=') {
            Some(at) => (option.get(..at).unwrap_or_default(), option.get(at + 1..)),
            None => (option, None),
        };
        let known = grant_options().find(|&(tag, known)| known == name && is_for_start(tag));
        let tag = match known {
            Some((tag, _)) => tag,
            None if name == b"--show" => END,
            None => refuse(RUN_TIME_VARIABLE, option, "unknown option"),
        };
        let takes_value = tag != END && strings(tag) > 0;
        #[cfg(feature = "component")]
        let takes_value = takes_value && tag != NAME_LOOKUP_OPTION;
        let text = match value {
            Some(_) if !takes_value => refuse(RUN_TIME_VARIABLE, option, "no value is expected"),
            None if takes_value => match options.next() {
                Some(text) => text,
                None => refuse(RUN_TIME_VARIABLE, name, "a value is missing"),
            },
            value => value.unwrap_or_default(),
        };
        match tag {
            END => self.show = true,
            DIRECTORY | FILE => self.paths(tag, text),
            VARIABLE if !text.contains(&b'=') => self.record(INHERITED_VARIABLE, text),
            #[cfg(feature = "component")]
            NAME_LOOKUP_OPTION => self.record(NETWORK, NAME_LOOKUP.as_bytes()),
            #[cfg(feature = "component")]
            NETWORK if Reached::parse(text).is_none() => refuse(RUN_TIME_VARIABLE, text, "HOST:PORT is expected"),
            _ if takes_value => self.record(tag, text),
            _ => self.put(tag),
        }
    }

    /// `HOST[::GUEST][:ro]`
    fn paths(&mut self, tag: u8, value: &[u8]) {
        let (names, read_only) = match value.strip_suffix(b":ro") {
            Some(names) if !names.ends_with(b":") && !is_open(names) => (names, true),
            _ => (value, false),
        };
        let (host, guest) = match separator(names) {
            Some(at) => (names.get(..at).unwrap_or_default(), names.get(at + 2..).unwrap_or_default()),
            None => (names, names),
        };
        if host.is_empty() || guest.is_empty() {
            refuse(RUN_TIME_VARIABLE, value, "HOST[::GUEST][:ro] is expected");
        }
        let tag = if read_only { tag | READ_ONLY } else { tag };
        if strings(tag) == 2 {
            self.record(tag, host);
            return self.string(guest);
        }
        let start = host.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
        let (directory, name) = (host.get(..start).unwrap_or_default(), host.get(start..).unwrap_or_default());
        if matches!(name, b"" | b"." | b"..") {
            refuse(RUN_TIME_VARIABLE, value, "directory: use --dir");
        }
        self.record(tag, if start == 0 { b"./" } else { directory });
        self.string(guest);
        self.string(name);
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
            // SAFETY: `room` bytes from `next` on belong to the writer, and there was more than one.
            unsafe {
                self.next.write(byte);
                self.next = self.next.add(1);
            }
        }
    }
}

/// Whether text ends with a backslash that makes the next byte literal.
fn is_open(text: &[u8]) -> bool {
    text.iter().rev().take_while(|&&byte| byte == b'\\').count() % 2 == 1
}

/// The position of the first `::` without a backslash before it.
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
