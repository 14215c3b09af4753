//! Landlock (`landlock(7)`): which files and directories the process can reach. Its rules cannot be undone, and threads
//! started later inherit them.

use super::files::{argument, close};
use super::paths::open_at;
use super::process::set_no_new_privileges;
use super::syscalls::{syscall3, syscall4};
use crate::sys::types::Fd;
use core::ffi::CStr;
use linux_raw_sys::general::{
    __NR_landlock_add_rule, __NR_landlock_create_ruleset, __NR_landlock_restrict_self, O_NOFOLLOW, O_PATH,
};

/// Access rights to files (`linux/landlock.h`). No rule gives those to devices, sockets and pipes, or to execute files.
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
    /// Those that a rule for a file can give.
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

/// A set of rules that the process can confine itself to.
pub struct Ruleset {
    fd: Fd,
    handled: u64,
}

impl Ruleset {
    /// An empty set of rules, which allows nothing. `None` where the kernel has no Landlock of version 2 or later.
    pub fn new() -> Option<Self> {
        /// `struct landlock_ruleset_attr`. Fields that an older kernel does not know must be zero.
        #[repr(C)]
        struct Attributes {
            files: u64,
            net: u64,
            scoped: u64,
        }
        const GET_VERSION: usize = 1;
        /// Abstract sockets and signals reach only processes that are confined alike.
        const ALL_SCOPES: u64 = 3;
        // SAFETY: asks for the version; the kernel touches no memory.
        let version = unsafe { syscall3(__NR_landlock_create_ruleset, 0, 0, GET_VERSION) };
        let handled = handled(version);
        let attributes = Attributes { files: handled, net: 0, scoped: if version >= 6 { ALL_SCOPES } else { 0 } };
        let (address, size) = (&raw const attributes as usize, size_of::<Attributes>());
        // SAFETY: the kernel only reads the structure.
        let fd = unsafe { syscall3(__NR_landlock_create_ruleset, address, size, 0) };
        if handled == 0 || fd < 0 { None } else { Some(Self { fd: fd as Fd, handled }) }
    }

    /// Allows use of what lies beneath a directory; returns whether the kernel took the rule.
    pub fn allow_directory(&self, directory: Fd, read_only: bool) -> bool {
        self.allow(directory, self.rights(read_only))
    }

    /// Allows use of a file in a directory; returns whether the kernel took the rule.
    pub fn allow_file(&self, directory: Fd, name: &CStr, read_only: bool) -> bool {
        let Ok(file) = open_at(directory, name, O_PATH | O_NOFOLLOW, 0) else { return false };
        let done = self.allow(file, self.rights(read_only) & rights::OF_FILES);
        let _ = close(file);
        done
    }

    fn rights(&self, read_only: bool) -> u64 {
        let rights = if read_only { rights::READING } else { rights::ALL };
        rights & self.handled
    }

    fn allow(&self, beneath: Fd, allowed: u64) -> bool {
        /// `struct landlock_path_beneath_attr`
        #[repr(C, packed)]
        struct PathBeneath {
            allowed: u64,
            beneath: Fd,
        }
        const PATH_BENEATH: usize = 1;
        let rule = PathBeneath { allowed, beneath };
        // SAFETY: the kernel only reads the structure.
        unsafe { syscall4(__NR_landlock_add_rule, argument(self.fd), PATH_BENEATH, &raw const rule as usize, 0) == 0 }
    }

    /// Confines the process to the rules; returns whether the kernel did it.
    pub fn restrict_self(&self) -> bool {
        set_no_new_privileges();
        // SAFETY: touches no memory.
        unsafe { syscall3(__NR_landlock_restrict_self, argument(self.fd), 0, 0) == 0 }
    }
}

impl Drop for Ruleset {
    fn drop(&mut self) {
        let _ = close(self.fd);
    }
}
