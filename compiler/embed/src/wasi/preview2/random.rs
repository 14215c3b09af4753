//! `wasi:random`
//!
//! What need not be secure is taken from the same source.

use super::Answer;
use crate::component::Violation;
use crate::wasi::Wasi;

/// Most bytes that one call makes, which the host keeps until the guest has them.
const MOST: u64 = 64 << 20;

fn word(wasi: &mut Wasi) -> Answer<u64> {
    let mut bytes = [0; 8];
    (wasi.random)(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

pub fn random_random_get_random_bytes(wasi: &mut Wasi, (len,): (u64,)) -> Answer<Vec<u8>> {
    if len > MOST {
        return Err(Violation("more random bytes than one call makes").into());
    }
    let mut bytes = vec![0; len as usize];
    (wasi.random)(&mut bytes)?;
    Ok(bytes)
}

pub fn random_random_get_random_u64(wasi: &mut Wasi, (): ()) -> Answer<u64> {
    word(wasi)
}

pub fn random_insecure_get_insecure_random_bytes(wasi: &mut Wasi, len: (u64,)) -> Answer<Vec<u8>> {
    random_random_get_random_bytes(wasi, len)
}

pub fn random_insecure_get_insecure_random_u64(wasi: &mut Wasi, (): ()) -> Answer<u64> {
    word(wasi)
}

pub fn random_insecure_seed_insecure_seed(wasi: &mut Wasi, (): ()) -> Answer<(u64, u64)> {
    Ok((word(wasi)?, word(wasi)?))
}
