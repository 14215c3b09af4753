//! Confinement of the process, before it runs code of the module: a filter of system calls (`seccomp(2)`), and Landlock for
//! what lies outside the granted directories and files. Neither can be undone, and threads started later inherit both.

use super::files::{argument, close};
use super::paths::open_at;
use super::signals::set_action;
use super::syscalls::{syscall0, syscall3, syscall4, syscall5};
use crate::report;
use crate::sys;
use crate::sys::Fd;
use crate::wasi::descriptors::{self, Descriptor, Kind};
use core::mem::MaybeUninit;
use linux_raw_sys::general::{
    __NR_getpid, __NR_landlock_add_rule, __NR_landlock_create_ruleset, __NR_landlock_restrict_self, __NR_prctl,
    __NR_seccomp, O_NOFOLLOW, O_PATH, SIGSYS,
};
use wasmc_abi::confinement::{FILTER_MAX, HEAD_SIZE, Mode, OWN_PROCESS, VIOLATION_EXIT_STATUS};

unsafe extern "C" {
    /// Mode and filter ([`wasmc_abi::symbols::FILTER`]).
    static wasmc_filter: [u8; HEAD_SIZE];
}

fn is_strict() -> bool {
    // SAFETY: the compiler defines the symbol in every program that is linked with this; nothing writes to it.
    unsafe { wasmc_filter[0] == Mode::Strict as u8 }
}

/// Installs the filter (`Builtin::Confine`).
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_confine() {
    /// `struct sock_fprog`.
    #[repr(C)]
    struct Program {
        len: u16,
        instructions: *const MaybeUninit<u64>,
    }
    const SET_MODE_FILTER: usize = 1;
    // SAFETY: as above.
    let len = unsafe { u16::from_le_bytes([wasmc_filter[1], wasmc_filter[2]]) };
    let mut instructions = [MaybeUninit::uninit(); FILTER_MAX];
    for (place, index) in instructions.iter_mut().zip(0..len.into()) {
        // SAFETY: so many instructions follow the head.
        let instruction = unsafe { (&raw const wasmc_filter).add(1).cast::<[u32; 2]>().add(index).read_unaligned() };
        let [code, value] = instruction;
        let value = if value == OWN_PROCESS { process() } else { value };
        place.write(u64::from(value) << 32 | u64::from(code));
    }
    let program = Program { len, instructions: instructions.as_ptr() };
    let _ = set_action(SIGSYS, on_forbidden as *const () as usize);
    gain_no_privileges();
    // SAFETY: the kernel only reads the program.
    if unsafe { syscall3(__NR_seccomp, SET_MODE_FILTER, 0, &raw const program as usize) } != 0 && is_strict() {
        report::fatal("wasmc: the kernel has no filters of system calls, as --confine=strict wants\n", 1)
    }
}

/// The process's number.
fn process() -> u32 {
    // SAFETY: touches no memory.
    unsafe { syscall0(__NR_getpid) as u32 }
}

/// Without this, only the privileged may confine themselves.
fn gain_no_privileges() {
    const PR_SET_NO_NEW_PRIVS: usize = 38;
    // SAFETY: touches no memory.
    unsafe { syscall5(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
}

/// What a filter has SIGSYS sent for.
const SYS_SECCOMP: i32 = 1;

/// `siginfo_t` for SIGSYS.
#[repr(C)]
struct Forbidden {
    signal: i32,
    error: i32,
    code: i32,
    padding: i32,
    caller: usize,
    number: u32,
}

extern "C" fn on_forbidden(_: u32, info: &Forbidden) {
    if info.code != SYS_SECCOMP {
        // Someone sent the signal: it does what it always does.
        super::signals::set_default(SIGSYS);
        let _ = sys::raise(SIGSYS);
        return;
    }
    // Written for size, as it is in nearly every program.
    let mut digits = *b"          \n";
    let mut number = info.number;
    let mut start = digits.len() - 1;
    for place in digits.iter_mut().rev().skip(1) {
        *place = b'0' + (number % 10) as u8;
        number /= 10;
        start -= 1;
        if number == 0 {
            break;
        }
    }
    let _ = sys::write_error(b"wasmc: ended by a system call that the program does not need (--confine): number ");
    let _ = sys::write_error(digits.get(start..).unwrap_or_default());
    sys::exit(VIOLATION_EXIT_STATUS)
}

/// Rights to files (`linux/landlock.h`). Devices, sockets, pipes and executing are nobody's.
mod rights {
    pub const WRITE_FILE: u64 = 1 << 1;
    pub const READ_FILE: u64 = 1 << 2;
    pub const READ_DIR: u64 = 1 << 3;
    pub const REMOVE_DIR: u64 = 1 << 4;
    pub const REMOVE_FILE: u64 = 1 << 5;
    pub const MAKE_DIR: u64 = 1 << 7;
    pub const MAKE_REG: u64 = 1 << 8;
    pub const MAKE_SYM: u64 = 1 << 12;
    pub const REFER: u64 = 1 << 13;
    pub const TRUNCATE: u64 = 1 << 14;
    /// Those that make sense for a file.
    pub const OF_FILES: u64 = READ_FILE | WRITE_FILE | TRUNCATE;
    pub const READING: u64 = READ_FILE | READ_DIR;
    pub const ALL: u64 =
        READING | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SYM | REFER | TRUNCATE;
}

/// All rights that a version knows; the first version could not move files between directories and is not used.
fn handled(version: isize) -> u64 {
    match version {
        ..2 => 0,
        2 => (1 << 14) - 1,
        3 | 4 => (1 << 15) - 1,
        _ => (1 << 16) - 1,
    }
}

/// Has the kernel refuse to open, make or remove anything outside what is granted, and anything to be changed beneath
/// those that are read-only (`Builtin::ConfineFiles`).
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_confine_files() {
    const GET_VERSION: usize = 1;
    // SAFETY: asks for the version alone.
    let version = unsafe { syscall3(__NR_landlock_create_ruleset, 0, 0, GET_VERSION) };
    if !restrict(version) && is_strict() {
        report::fatal("wasmc: the kernel has no Landlock of version 2 or later, as --confine=strict wants\n", 1)
    }
}

fn restrict(version: isize) -> bool {
    /// `struct landlock_ruleset_attr`. What older kernels do not know of it must be zero.
    #[repr(C)]
    struct Attributes {
        files: u64,
        net: u64,
        scoped: u64,
    }
    /// Abstract sockets and signals stay among those that are confined alike.
    const ALL_SCOPES: u64 = 3;
    let files = handled(version);
    let attributes = Attributes { files, net: 0, scoped: if version >= 6 { ALL_SCOPES } else { 0 } };
    let (address, size) = (&raw const attributes as usize, size_of::<Attributes>());
    // SAFETY: the kernel only reads the structure.
    let rules = unsafe { syscall3(__NR_landlock_create_ruleset, address, size, 0) };
    if files == 0 || rules < 0 {
        return false;
    }
    let rules = rules as Fd;
    let mut complete = true;
    descriptors::each(&mut |descriptor| {
        let wanted = if descriptor.read_only { rights::READING } else { rights::ALL } & files;
        complete &= match descriptor.kind {
            Kind::Directory => allow(rules, descriptor.host, wanted),
            Kind::NamedFile => allow_file(rules, descriptor, wanted & rights::OF_FILES),
            _ => true,
        };
    });
    gain_no_privileges();
    // SAFETY: touches no memory. A grant that has no rule would be lost.
    let done = complete && unsafe { syscall3(__NR_landlock_restrict_self, argument(rules), 0, 0) } == 0;
    let _ = close(rules);
    done
}

/// As [`allow`], for a file alone.
fn allow_file(rules: Fd, descriptor: &Descriptor, allowed: u64) -> bool {
    let Ok(file) = open_at(descriptor.host, descriptor.file_name(), O_PATH | O_NOFOLLOW, 0) else { return false };
    let done = allow(rules, file, allowed);
    let _ = close(file);
    done
}

/// Allows what lies beneath a directory, or a file, to be used.
fn allow(rules: Fd, directory: Fd, allowed: u64) -> bool {
    /// `struct landlock_path_beneath_attr`
    #[repr(C, packed)]
    struct Beneath {
        allowed: u64,
        directory: Fd,
    }
    const PATH_BENEATH: usize = 1;
    let rule = Beneath { allowed, directory };
    // SAFETY: the kernel only reads the structure.
    unsafe { syscall4(__NR_landlock_add_rule, argument(rules), PATH_BENEATH, &raw const rule as usize, 0) == 0 }
}
