//! What an instance finds by functions of WASI.

use crate::answers::WasmcWasi;
use crate::streams::{Hosted, Reader, Writer};
use std::ffi::{CStr, OsStr, c_char, c_void};
use std::io::{self, Cursor};
use std::mem::take;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::slice;
use wasmc_embed::component::HostResource;
use wasmc_embed::wasi::{Clock, Wasi};

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_wasi_new() -> Box<WasmcWasi> {
    Box::new(WasmcWasi::new())
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_wasi_free(_: Option<Box<WasmcWasi>>) {}

/// Grants something more.
fn grant(to: &mut WasmcWasi, more: impl FnOnce(Wasi) -> Wasi) {
    to.wasi = more(take(&mut to.wasi));
}

/// # Safety
/// `text` must end with a NUL byte.
unsafe fn bytes<'a>(text: *const c_char) -> &'a [u8] {
    // SAFETY: the caller promises it.
    unsafe { CStr::from_ptr(text) }.to_bytes()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_wasi_argument(wasi: &mut WasmcWasi, argument: *const c_char) {
    // SAFETY: the host passes a string.
    let argument = unsafe { bytes(argument) };
    grant(wasi, |wasi| wasi.argument(argument));
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_wasi_variable(wasi: &mut WasmcWasi, name: *const c_char, value: *const c_char) {
    // SAFETY: the host passes strings.
    let (name, value) = unsafe { (bytes(name), bytes(value)) };
    grant(wasi, |wasi| wasi.variable(name, value));
}

/// Functions that grant a standard stream: what they are given besides, and what they call.
macro_rules! streams {
    ($($symbol:ident($($param:ident: $ty:ty),*) $method:ident($($argument:expr)?);)*) => { $(
        #[unsafe(no_mangle)]
        pub extern "C" fn $symbol(wasi: &mut WasmcWasi $(, $param: $ty)*) {
            grant(wasi, |wasi| wasi.$method($($argument)?));
        }
    )* };
}

streams! {
    wasmc_wasi_stdin(function: Reader, data: *mut c_void) stdin(Hosted { function, data });
    wasmc_wasi_stdout(function: Writer, data: *mut c_void) stdout(Hosted { function, data });
    wasmc_wasi_stderr(function: Writer, data: *mut c_void) stderr(Hosted { function, data });
    wasmc_wasi_inherit_stdin() stdin(io::stdin());
    wasmc_wasi_inherit_stdout() stdout(io::stdout());
    wasmc_wasi_inherit_stderr() stderr(io::stderr());
    wasmc_wasi_capture_stdout() capture_stdout();
    wasmc_wasi_capture_stderr() capture_stderr();
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_wasi_stdin_bytes(wasi: &mut WasmcWasi, bytes: *const u8, len: usize) {
    // SAFETY: the host passes so many bytes.
    let bytes = if len == 0 { Vec::new() } else { unsafe { slice::from_raw_parts(bytes, len) }.to_vec() };
    grant(wasi, |wasi| wasi.stdin(Cursor::new(bytes)));
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_wasi_captured_stdout(wasi: &WasmcWasi, len: &mut usize) -> *const u8 {
    let captured = wasi.wasi.captured_stdout();
    *len = captured.len();
    captured.as_ptr()
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_wasi_captured_stderr(wasi: &WasmcWasi, len: &mut usize) -> *const u8 {
    let captured = wasi.wasi.captured_stderr();
    *len = captured.len();
    captured.as_ptr()
}

/// `EINVAL`, for an error that has no number.
const INVALID: i32 = 22;

/// # Safety
/// Both names must end with a NUL byte.
unsafe fn directory(wasi: &mut WasmcWasi, host: *const c_char, guest: *const c_char, is_read_only: bool) -> i32 {
    // SAFETY: the caller promises it.
    let (host, guest) = unsafe { (Path::new(OsStr::from_bytes(bytes(host))), bytes(guest)) };
    let granted = wasi.wasi.grant_directory(host, &String::from_utf8_lossy(guest), is_read_only);
    granted.map_or_else(|error| error.raw_os_error().unwrap_or(INVALID), |()| 0)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_wasi_directory(wasi: &mut WasmcWasi, host: *const c_char, guest: *const c_char) -> i32 {
    // SAFETY: the host passes strings.
    unsafe { directory(wasi, host, guest, false) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_wasi_read_only_directory(
    wasi: &mut WasmcWasi,
    host: *const c_char,
    guest: *const c_char,
) -> i32 {
    // SAFETY: the host passes strings.
    unsafe { directory(wasi, host, guest, true) }
}

/// Grants something of the network; what is granted so far stays where the text is none.
fn network(granted: io::Result<()>) -> i32 {
    granted.map_or(INVALID, |()| 0)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_wasi_net(wasi: &mut WasmcWasi, reached: *const c_char) -> i32 {
    // SAFETY: the host passes a string.
    network(wasi.wasi.grant_net(&String::from_utf8_lossy(unsafe { bytes(reached) })))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_wasi_listen(wasi: &mut WasmcWasi, address: *const c_char) -> i32 {
    // SAFETY: the host passes a string.
    network(wasi.wasi.grant_listen(&String::from_utf8_lossy(unsafe { bytes(address) })))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_wasi_allow_ip_name_lookup(wasi: &mut WasmcWasi) {
    grant(wasi, Wasi::allow_ip_name_lookup);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_wasi_clocks(
    wasi: &mut WasmcWasi,
    function: unsafe extern "C" fn(data: *mut c_void, number: u32) -> u64,
    data: *mut c_void,
) {
    let clock = Hosted { function, data };
    grant(wasi, |wasi| {
        wasi.clocks(move |number| {
            let clock = &clock;
            // SAFETY: it is the host's.
            unsafe { (clock.function)(clock.data, (number == Clock::Monotonic).into()) }
        })
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_wasi_random(
    wasi: &mut WasmcWasi,
    function: unsafe extern "C" fn(data: *mut c_void, bytes: *mut u8, len: usize),
    data: *mut c_void,
) {
    let random = Hosted { function, data };
    grant(wasi, |wasi| {
        wasi.random(move |bytes| {
            let random = &random;
            // SAFETY: it is the host's, and there is room for so many bytes.
            unsafe { (random.function)(random.data, bytes.as_mut_ptr(), bytes.len()) };
            Ok(())
        })
    });
}

/// Says where the host knows a stream, if there is one.
fn stream<R: HostResource>(made: Result<R, wasmc_embed::Error>, representation: &mut u32) -> bool {
    made.map(|stream| *representation = stream.number()).is_ok()
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_wasi_input_stream(
    wasi: &mut WasmcWasi,
    function: Reader,
    data: *mut c_void,
    representation: &mut u32,
) -> bool {
    stream(wasi.wasi.input_stream(Hosted { function, data }), representation)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_wasi_output_stream(
    wasi: &mut WasmcWasi,
    function: Writer,
    data: *mut c_void,
    representation: &mut u32,
) -> bool {
    stream(wasi.wasi.output_stream(Hosted { function, data }), representation)
}
