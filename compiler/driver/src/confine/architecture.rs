//! Numbers and names of system calls, and the kernel's numbers of architectures.

use std::str::FromStr;
use syscalls::{aarch64, riscv64, x86_64};
use wasmc_link::Architecture;

/// An architecture as the kernel's system calls know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallArchitecture(pub Architecture);

impl CallArchitecture {
    /// `AUDIT_ARCH_*` (`linux/audit.h`): the ELF machine, with bits for 64-bit words and little-endian ones.
    pub fn audit(self) -> u32 {
        const WORDS_64: u32 = 0x8000_0000;
        const LITTLE_ENDIAN: u32 = 0x4000_0000;
        let machine = match self.0 {
            Architecture::X86_64 => 62,
            Architecture::Aarch64 => 183,
            Architecture::Riscv64 => 243,
        };
        machine | WORDS_64 | LITTLE_ENDIAN
    }

    /// The number of the call with this name; `None` where the architecture has no such call.
    pub fn number(self, name: &str) -> Option<u32> {
        match self.0 {
            Architecture::X86_64 => x86_64::Sysno::from_str(name).ok().map(|call| call as u32),
            Architecture::Aarch64 => {
                // The kernel has it under two names.
                let name = if name == "newfstatat" { "fstatat" } else { name };
                aarch64::Sysno::from_str(name).ok().map(|call| call as u32)
            }
            Architecture::Riscv64 => riscv64::Sysno::from_str(name).ok().map(|call| call as u32),
        }
    }

    /// The name of the call with this number.
    pub fn name(self, number: u32) -> Option<&'static str> {
        let number = number as usize;
        match self.0 {
            Architecture::X86_64 => x86_64::Sysno::new(number).map(|call| call.name()),
            Architecture::Aarch64 => aarch64::Sysno::new(number).map(|call| call.name()).map(|name| match name {
                "fstatat" => "newfstatat",
                name => name,
            }),
            Architecture::Riscv64 => riscv64::Sysno::new(number).map(|call| call.name()),
        }
    }
}
