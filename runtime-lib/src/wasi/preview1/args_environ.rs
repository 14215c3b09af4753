//! `args_*` and `environ_*`: lists of strings, as an array of addresses and a buffer.

use super::answer;
use crate::errno::{Errno, Result};
use crate::sys;
use crate::wasi::environment;
use crate::wasi::guest::{self, Address};

/// Passes every string to a visitor.
type Each = for<'a> fn(&'a mut (dyn FnMut(&'static [u8]) + 'a)) -> Result<()>;

fn arguments(visit: &mut dyn FnMut(&'static [u8])) -> Result<()> {
    sys::arguments().for_each(visit);
    Ok(())
}

/// Writes the number of strings and the number of their bytes, NULs included.
fn sizes(each: Each, count_to: Address, bytes_to: Address) -> Result<()> {
    let (mut count, mut bytes) = (0_u64, 0_u64);
    each(&mut |string| {
        count += 1;
        bytes += string.len() as u64 + 1;
    })?;
    guest::write(count_to, u32::try_from(count).map_err(|_| Errno::OVERFLOW)?)?;
    guest::write(bytes_to, u32::try_from(bytes).map_err(|_| Errno::OVERFLOW)?)
}

/// Writes the strings and their addresses.
fn strings(each: Each, mut pointer: Address, mut buffer: Address) -> Result<()> {
    let mut result = Ok(());
    each(&mut |string| {
        if result.is_ok() {
            result = string_to(string, &mut pointer, &mut buffer);
        }
    })?;
    result
}

fn string_to(string: &[u8], pointer: &mut Address, buffer: &mut Address) -> Result<()> {
    guest::write(*pointer, *buffer)?;
    guest::write_bytes(*buffer, string)?;
    let end = guest::offset(*buffer, string.len() as u64)?;
    guest::write(end, 0_u8)?;
    // After the last string this address may wrap; only another string would be written there.
    *buffer = end.wrapping_add(1);
    *pointer = pointer.wrapping_add(4);
    Ok(())
}

#[unsafe(no_mangle)]
extern "C" fn wasi_snapshot_preview1_args_sizes_get(count_to: Address, bytes_to: Address) -> i32 {
    answer(sizes(arguments, count_to, bytes_to))
}

#[unsafe(no_mangle)]
extern "C" fn wasi_snapshot_preview1_args_get(pointers: Address, buffer: Address) -> i32 {
    answer(strings(arguments, pointers, buffer))
}

#[unsafe(no_mangle)]
extern "C" fn wasi_snapshot_preview1_environ_sizes_get(count_to: Address, bytes_to: Address) -> i32 {
    answer(sizes(environment::each, count_to, bytes_to))
}

#[unsafe(no_mangle)]
extern "C" fn wasi_snapshot_preview1_environ_get(pointers: Address, buffer: Address) -> i32 {
    answer(strings(environment::each, pointers, buffer))
}
