//! `wasi:cli`

use super::resources::{self, Input, Opened, Output, Position, Resource};
use crate::component::{Area, Caller, Filled, List, Own, Text, trap};
use crate::errno::Result;
use crate::sys::{self, Fd, FileType, Whence};
use crate::wasi::grants::name_of;
use crate::wasi::rights::{FD_READ, FD_WRITE};
use crate::wasi::{descriptors, environment};
use wasmc_abi::component::Canonical;
use wasmc_abi::preview2::numbers;

/// Passes every value to a visitor.
type Each<'a, T> = &'a dyn Fn(&mut dyn FnMut(T)) -> Result<()>;

/// Gives the caller a list of what `each` passes on; the caller's memory holds nothing of it before it is known how
/// much there is.
fn list<T: crate::component::Lower>(caller: Caller, area: Area<Filled>, each: Each<T>) {
    let mut count = 0;
    let counted = each(&mut |_| count += 1);
    let mut list = List::<T>::new(caller, count);
    if counted.and_then(|()| each(&mut |value| list.push(caller, value))).is_err() {
        trap("out of memory for the environment");
    }
    area.put(caller, list.end());
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_cli_environment_get_environment(canonical: &Canonical, to: u32) {
    let caller = Caller::enter(canonical);
    let area = Area::new(caller, to);
    list(caller, area, &|visit: &mut dyn FnMut((Text<'static>, Text<'static>))| {
        environment::each(&mut |variable| {
            let name = name_of(variable);
            let value = variable.get(name.len() + 1..).unwrap_or_default();
            visit((Text(name), Text(value)));
        })
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_cli_environment_get_arguments(canonical: &Canonical, to: u32) {
    let caller = Caller::enter(canonical);
    let area = Area::new(caller, to);
    list(caller, area, &|visit: &mut dyn FnMut(Text<'static>)| {
        sys::arguments().for_each(|argument| visit(Text(argument)));
        Ok(())
    });
}

/// The names of granted directories say where they are: there is no other directory to begin with.
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_cli_environment_initial_cwd(canonical: &Canonical, to: u32) {
    let caller = Caller::enter(canonical);
    Area::<Option<Text>>::new(caller, to).put(caller, None);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_cli_exit_exit(canonical: &Canonical, status: u32) {
    Caller::enter(canonical);
    match status {
        0 | 1 => sys::exit(status as i32),
        _ => trap("invalid expected discriminant"),
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_cli_exit_exit_with_code(canonical: &Canonical, status: u32) {
    Caller::enter(canonical);
    // The upper bits of a byte's flat value do not count.
    sys::exit(i32::from(status as u8))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_cli_stdin_get_stdin(canonical: &Canonical) -> u32 {
    let caller = Caller::enter(canonical);
    let closed = descriptors::get(0, FD_READ).is_err();
    let stream = Input { opened: Opened::permanent(0), offset: None, closed };
    resources::own(numbers::INPUT_STREAM, Resource::Input(stream)).give(caller)
}

/// Standard output or error. Where the program does not get it, writing fails.
fn output(canonical: &Canonical, fd: u32) -> u32 {
    let caller = Caller::enter(canonical);
    let closed = descriptors::get(fd, FD_WRITE).is_err();
    let stream = Output { opened: Opened::permanent(fd), position: Position::None, closed };
    resources::own(numbers::OUTPUT_STREAM, Resource::Output(stream)).give(caller)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_cli_stdout_get_stdout(canonical: &Canonical) -> u32 {
    output(canonical, 1)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_cli_stderr_get_stderr(canonical: &Canonical) -> u32 {
    output(canonical, 2)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_cli_terminal_input_drop_terminal_input(canonical: &Canonical, handle: u32) {
    resources::drop_handle(Caller::enter(canonical), handle, numbers::TERMINAL_INPUT);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_cli_terminal_output_drop_terminal_output(canonical: &Canonical, handle: u32) {
    resources::drop_handle(Caller::enter(canonical), handle, numbers::TERMINAL_OUTPUT);
}

/// Whether a file is a terminal, as C libraries find it out in preview 1: a character device without a position.
fn is_terminal(host: Fd) -> bool {
    let is_device = sys::status(host).is_ok_and(|status| status.kind == FileType::CharacterDevice);
    is_device && sys::seek(host, 0, Whence::Current).is_err()
}

/// A standard stream's terminal, where it is one.
fn terminal(canonical: &Canonical, (fd, number): (u32, u32), to: u32) {
    let caller = Caller::enter(canonical);
    let area = Area::<Option<Own>>::new(caller, to);
    let stream = descriptors::get(fd, 0).ok().filter(|stream| stream.host >= 0);
    let is_terminal = stream.is_some_and(|stream| is_terminal(stream.host));
    area.put(caller, is_terminal.then(|| resources::own(number, Resource::Token)));
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_cli_terminal_stdin_get_terminal_stdin(canonical: &Canonical, to: u32) {
    terminal(canonical, (0, numbers::TERMINAL_INPUT), to);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_cli_terminal_stdout_get_terminal_stdout(canonical: &Canonical, to: u32) {
    terminal(canonical, (1, numbers::TERMINAL_OUTPUT), to);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_cli_terminal_stderr_get_terminal_stderr(canonical: &Canonical, to: u32) {
    terminal(canonical, (2, numbers::TERMINAL_OUTPUT), to);
}
