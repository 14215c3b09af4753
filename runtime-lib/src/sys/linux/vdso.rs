//! Reads clocks without a system call, by the function that the kernel maps into every process.
//!
//! The vDSO is an ELF shared object in memory (`man 7 vdso`). It is searched once, when a clock is first read.

use super::process::auxiliary;
use core::ffi::CStr;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use linux_raw_sys::general::timespec;

#[cfg(target_arch = "aarch64")]
const NAME: &CStr = c"__kernel_clock_gettime";
#[cfg(not(target_arch = "aarch64"))]
const NAME: &CStr = c"__vdso_clock_gettime";

/// Not searched yet.
const UNKNOWN: usize = 0;
/// Searched and not found.
const MISSING: usize = 1;

static FUNCTION: AtomicUsize = AtomicUsize::new(UNKNOWN);

/// Calls the function of the vDSO; `None` where there is none or it fails.
pub fn clock_gettime(clock: i32, time: &mut timespec) -> Option<()> {
    let mut address = FUNCTION.load(Relaxed);
    if address == UNKNOWN {
        address = find().unwrap_or(MISSING);
        FUNCTION.store(address, Relaxed);
    }
    if address == MISSING {
        return None;
    }
    // SAFETY: `find` returns the address of the symbol [`NAME`], which is a function of this type.
    let function = unsafe { core::mem::transmute::<usize, extern "C" fn(i32, *mut timespec) -> i32>(address) };
    (function(clock, time) == 0).then_some(())
}

const PT_LOAD: u32 = 1;
const PT_DYNAMIC: u32 = 2;
const DT_STRTAB: usize = 5;
const DT_SYMTAB: usize = 6;
const SYMBOL_SIZE: usize = 24;

/// Reads a value of the image.
///
/// # Safety
/// The address must lie in the image.
unsafe fn read<T: Copy>(address: usize) -> T {
    // SAFETY: the caller promises that the address lies in the image; the read needs no alignment.
    unsafe { core::ptr::with_exposed_provenance::<T>(address).read_unaligned() }
}

fn find() -> Option<usize> {
    let image = auxiliary(linux_raw_sys::auxvec::AT_SYSINFO_EHDR)?;
    // SAFETY: AT_SYSINFO_EHDR is the address of an ELF image; the offsets are those of Elf64_Ehdr.
    let (headers, size, count): (u64, u16, u16) = unsafe { (read(image + 32), read(image + 54), read(image + 56)) };
    let (mut bias, mut dynamic) = (None, None);
    for index in 0..usize::from(count) {
        let header = image + headers as usize + index * usize::from(size);
        // SAFETY: the ELF header tells where the program headers lie; the offsets are those of Elf64_Phdr.
        let (kind, offset, address): (u32, u64, u64) = unsafe { (read(header), read(header + 8), read(header + 16)) };
        match kind {
            PT_LOAD if bias.is_none() => bias = Some((image + offset as usize).wrapping_sub(address as usize)),
            PT_DYNAMIC => dynamic = Some(image + offset as usize),
            _ => {}
        }
    }
    search(bias?, dynamic?)
}

/// Searches the symbol table, which ends where the string table begins.
fn search(bias: usize, mut dynamic: usize) -> Option<usize> {
    let (mut names, mut symbols) = (None, None);
    loop {
        // SAFETY: the dynamic section ends with the tag DT_NULL, where the loop stops.
        let [tag, value]: [usize; 2] = unsafe { read(dynamic) };
        match tag {
            0 => break,
            DT_STRTAB => names = Some(bias.wrapping_add(value)),
            DT_SYMTAB => symbols = Some(bias.wrapping_add(value)),
            _ => {}
        }
        dynamic += 16;
    }
    let (names, symbols) = (names?, symbols?);
    let count = names.checked_sub(symbols)? / SYMBOL_SIZE;
    for symbol in (0..count).map(|index| symbols + index * SYMBOL_SIZE) {
        // SAFETY: the symbol table ends where the string table begins; the offsets are those of Elf64_Sym.
        let (name, value): (u32, u64) = unsafe { (read(symbol), read(symbol + 8)) };
        let name = core::ptr::with_exposed_provenance(names + name as usize);
        // SAFETY: names in a string table are NUL-terminated.
        if unsafe { CStr::from_ptr(name) } == NAME {
            return Some(bias.wrapping_add(value as usize));
        }
    }
    None
}
