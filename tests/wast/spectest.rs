//! The module that scripts import from without defining it.

use super::suites::Language;

/// The binary of the module that scripts import from without defining it.
///
/// # Errors
/// Where its text is malformed.
pub fn binary(language: &Language) -> Result<Vec<u8>, String> {
    let mut text = include_str!("spectest.wat").to_string();
    if language.supports("memory64") {
        text += "(table (export \"table64\") i64 10 20 funcref)\n";
    }
    if language.supports("threads") {
        text += "(memory (export \"shared_memory\") 1 2 shared)\n";
    }
    let binary = wasmc_frontend::to_binary(text.as_bytes()).map_err(|error| error.to_string())?;
    Ok(binary.into_owned())
}
