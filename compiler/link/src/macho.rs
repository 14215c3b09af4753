//! Checks of executables for macOS: what must hold for every one, whoever linked it.

use crate::error::Error;
use crate::target::Architecture;
use object::LittleEndian as LE;
use object::macho::{self, MachHeader64};
use object::read::macho::{LoadCommandVariant, MachHeader, Segment};

/// The only library that an executable depends on.
const SYSTEM: &[u8] = b"/usr/lib/libSystem.B.dylib";
/// Addresses at which nothing is mapped, so that no 32-bit number is a valid pointer.
const PAGE_ZERO: u64 = 1 << 32;

fn invariant(what: &str) -> Error {
    Error::Invariant(what.into())
}

/// Checks an executable: position independent, signed, without a segment that is both writable and executable,
/// dependent on the system library alone.
///
/// # Errors
/// [`Error::Invariant`] with the first of them that does not hold.
pub fn verify(image: &[u8], architecture: Architecture) -> Result<(), Error> {
    let broken = |error: object::read::Error| Error::Invariant(error.to_string());
    let header = MachHeader64::<LE>::parse(image, 0).map_err(broken)?;
    let wanted = match architecture {
        Architecture::X86_64 => macho::CPU_TYPE_X86_64,
        Architecture::Aarch64 => macho::CPU_TYPE_ARM64,
        Architecture::Riscv64 => return Err(invariant("no such system runs on RISC-V")),
    };
    if header.cputype(LE) != wanted || header.filetype(LE) != macho::MH_EXECUTE {
        return Err(invariant("it is no executable for this architecture"));
    }
    let flags = header.flags(LE);
    if !flags.contains(macho::MH_PIE) || flags.contains(macho::MH_ALLOW_STACK_EXECUTION) {
        return Err(invariant("it cannot be loaded anywhere, or its stack is executable"));
    }
    let mut found = Found::default();
    let mut commands = header.load_commands(LE, image, 0).map_err(broken)?;
    while let Some(command) = commands.next().map_err(broken)? {
        match command.variant().map_err(broken)? {
            LoadCommandVariant::Segment64(segment, _) => found.segment(segment)?,
            LoadCommandVariant::EntryPoint(_) => found.entry = true,
            LoadCommandVariant::Dylib(library) => {
                if command.string(LE, library.dylib.name).map_err(broken)? != SYSTEM {
                    return Err(invariant("it depends on another library than the system's"));
                }
                found.system = true;
            }
            LoadCommandVariant::BuildVersion(version, _) => {
                found.version = version.platform.get(LE) == macho::PLATFORM_MACOS;
            }
            LoadCommandVariant::LinkeditData(data) if data.cmd.get(LE) == macho::LC_CODE_SIGNATURE => {
                found.signature = true;
            }
            _ => {}
        }
    }
    found.complete()
}

#[derive(Default)]
struct Found {
    entry: bool,
    system: bool,
    version: bool,
    signature: bool,
    page_zero: bool,
}

impl Found {
    fn segment(&mut self, segment: &macho::SegmentCommand64<LE>) -> Result<(), Error> {
        let both = macho::VM_PROT_WRITE | macho::VM_PROT_EXECUTE;
        let protection = segment.maxprot.get(LE) | segment.initprot.get(LE);
        if protection.contains(both) {
            return Err(invariant("a segment is writable and executable"));
        }
        if segment.name() == b"__PAGEZERO" {
            self.page_zero = segment.vmsize.get(LE) >= PAGE_ZERO && protection.0 == 0;
        }
        Ok(())
    }

    fn complete(self) -> Result<(), Error> {
        let parts = [
            (self.entry, "it has no entry point"),
            (self.system, "it does not name the system library"),
            (self.version, "it does not say which system it is for"),
            (self.signature, "it is not signed"),
            (self.page_zero, "the lowest 4 GiB are not out of bounds"),
        ];
        match parts.iter().find(|(is_there, _)| !is_there) {
            Some((_, what)) => Err(invariant(what)),
            None => Ok(()),
        }
    }
}
