//! `wasi:cli`

use super::Answer;
use super::handles::{InputStream, OutputStream, TerminalInput, TerminalOutput};
use crate::error::Error;
use crate::wasi::Wasi;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub fn cli_environment_get_environment(wasi: &mut Wasi, (): ()) -> Answer<Vec<(String, String)>> {
    let pair = |variable: &Vec<u8>| {
        let end = variable.iter().position(|&byte| byte == b'=').unwrap_or(variable.len());
        (text(&variable[..end]), text(variable.get(end + 1..).unwrap_or_default()))
    };
    Ok(wasi.variables.iter().map(pair).collect())
}

pub fn cli_environment_get_arguments(wasi: &mut Wasi, (): ()) -> Answer<Vec<String>> {
    Ok(wasi.arguments.iter().map(|argument| text(argument)).collect())
}

/// The names of granted directories say where they are: there is no other directory to begin with.
pub fn cli_environment_initial_cwd(_: &mut Wasi, (): ()) -> Answer<Option<String>> {
    Ok(None)
}

pub fn cli_exit_exit(_: &mut Wasi, (status,): (Result<(), ()>,)) -> Answer<()> {
    Err(Error::exit(status.is_err().into()))
}

pub fn cli_exit_exit_with_code(_: &mut Wasi, (status,): (u8,)) -> Answer<()> {
    Err(Error::exit(status.into()))
}

pub fn cli_stdin_get_stdin(wasi: &mut Wasi, (): ()) -> Answer<InputStream> {
    Ok(wasi.resources.permanent(0))
}

pub fn cli_stdout_get_stdout(wasi: &mut Wasi, (): ()) -> Answer<OutputStream> {
    Ok(wasi.resources.permanent(1))
}

pub fn cli_stderr_get_stderr(wasi: &mut Wasi, (): ()) -> Answer<OutputStream> {
    Ok(wasi.resources.permanent(2))
}

/// What the host reads and writes is no terminal, as far as anybody here knows.
pub fn cli_terminal_stdin_get_terminal_stdin(_: &mut Wasi, (): ()) -> Answer<Option<TerminalInput>> {
    Ok(None)
}

pub fn cli_terminal_stdout_get_terminal_stdout(_: &mut Wasi, (): ()) -> Answer<Option<TerminalOutput>> {
    Ok(None)
}

pub fn cli_terminal_stderr_get_terminal_stderr(_: &mut Wasi, (): ()) -> Answer<Option<TerminalOutput>> {
    Ok(None)
}
