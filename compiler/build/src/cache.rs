//! What need not be compiled again: beside each output lies what it was made of.

use crate::command;
use crate::error::Error;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// Runs the compiler, unless `output` was made of the same module by the same compiler with the same arguments.
///
/// Outputs are replaced in one step, each before its key: whoever builds the same at the same time finds either the old
/// pair or the new one, or an output without its key, which is made again.
///
/// # Errors
/// As [`command::run`].
pub fn run(module: &Path, output: &Path, arguments: &[OsString]) -> Result<(), Error> {
    let reading = |error| Error::new(format!("error: cannot read {}: {error}", module.display()));
    let key = key(&fs::read(module).map_err(reading)?, arguments);
    let path = key_path(output);
    if output.exists() && fs::read_to_string(&path).is_ok_and(|known| known == key) {
        return Ok(());
    }
    let _ = fs::remove_file(&path);
    // What has not changed in a module that has is not compiled again, either.
    let functions = output.with_file_name(".functions");
    command::run(&[arguments, &["--cache".into(), functions.into()]].concat())?;
    let temporary = path.with_extension(format!("key.{}", std::process::id()));
    let written = fs::write(&temporary, key).and_then(|()| fs::rename(&temporary, &path));
    written.map_err(|error| Error::new(format!("error: cannot write {}: {error}", path.display())))
}

fn key_path(output: &Path) -> PathBuf {
    let name = output.file_name().unwrap_or_default().to_string_lossy().into_owned();
    output.with_file_name(format!(".{name}.key"))
}

/// What an output depends on, as text.
fn key(module: &[u8], arguments: &[OsString]) -> String {
    format!("{}\n{arguments:?}\n{} bytes {:032x}\n", command::identity(), module.len(), hash(module))
}

/// A number that depends on every byte: 128 bits of FNV-1a, over words.
fn hash(bytes: &[u8]) -> u128 {
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let words = bytes.chunks(8).map(|chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_le_bytes(word)
    });
    words.fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash, word| {
        let mixed = (hash ^ u128::from(word)).wrapping_mul(PRIME);
        mixed ^ (mixed >> 71)
    })
}

#[cfg(test)]
mod tests {
    use super::hash;

    #[test]
    fn every_byte_counts() {
        let bytes: Vec<u8> = (0..100).collect();
        for changed in 0..bytes.len() {
            let mut other = bytes.clone();
            other[changed] ^= 0x80;
            assert_ne!(hash(&other), hash(&bytes));
        }
        assert_ne!(hash(&[0; 8]), hash(&[0; 16]));
    }
}
