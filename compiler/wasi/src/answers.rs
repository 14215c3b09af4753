//! What headers call for functions of WASI that their hosts do not implement. All of these structures are those of the
//! headers (`guest.h` and `wasi.h`), for the version that both sides compare.

use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr::{NonNull, null};
use std::slice;
use wasmc_embed::component::{Encoding, Handles, Options, RawGuest};
use wasmc_embed::wasi::Wasi;
use wasmc_embed::wasi::preview2::{drop_resource, table};
use wasmc_embed::{Api, Error, FAILED, Library};

/// `WASMC_WASI_VERSION`
const VERSION: u32 = 1;
/// `WASMC_OK`
const OK: u32 = 0;
/// `WASMC_VIOLATION`
const VIOLATION: u32 = 0x40001;
/// Core values that a header passes.
const VALUES: usize = 17;

/// `wasmc_wasi`
#[derive(Debug)]
#[repr(C)]
pub struct WasmcWasi {
    functions: &'static Functions,
    /// What functions work on.
    pub wasi: Wasi,
    /// Why the last call has failed.
    failure: CString,
    /// The status with which the component has ended itself.
    exited: Option<i32>,
}

/// `wasmc_wasi_functions_`
#[derive(Debug)]
#[repr(C)]
struct Functions {
    version: u32,
    answer: unsafe extern "C" fn(&mut WasmcWasi, &mut Guest, *const c_char, &mut [u64; VALUES]) -> u32,
    dropped: extern "C" fn(&mut WasmcWasi, u32, &mut *const c_char) -> u32,
}

static FUNCTIONS: Functions = Functions { version: VERSION, answer, dropped };

/// `wasmc_lifted_`
#[derive(Debug)]
#[repr(C)]
struct Lifted {
    memory: i32,
    realloc: i32,
    encoding: u32,
    tables_len: u32,
    tables: *const [u32; 2],
}

/// `wasmc_guest_`
#[derive(Debug)]
#[repr(C)]
struct Guest {
    api: &'static Api,
    block: NonNull<u8>,
    data: *mut c_void,
    options: &'static Lifted,
    /// `wasmc_handles_`
    handles: &'static [i32; 6],
    budget: u64,
    status: u32,
    violation: *const c_char,
}

impl Lifted {
    fn options(&self) -> Options {
        let encoding = [Encoding::Utf8, Encoding::Utf16, Encoding::CompactUtf16].into_iter();
        let mut encoding = encoding.filter(|&encoding| encoding as u32 == self.encoding);
        Options {
            memory: usize::try_from(self.memory).ok(),
            realloc: usize::try_from(self.realloc).ok(),
            encoding: encoding.next().unwrap_or(Encoding::Utf8),
            tables: match self.tables_len {
                0 => &[],
                // SAFETY: the header has a constant of so many.
                len => unsafe { slice::from_raw_parts(self.tables, len as usize) },
            },
        }
    }
}

/// The numbers of the exports that work on handles, where the component has any.
fn handles(numbers: &[i32; 6]) -> Option<Handles> {
    let [own, borrow, take, representation, enter, exit] = numbers.map(usize::try_from);
    Some(Handles {
        own: own.ok()?,
        borrow: borrow.ok()?,
        take: take.ok()?,
        representation: representation.ok()?,
        enter: enter.ok()?,
        exit: exit.ok()?,
    })
}

impl WasmcWasi {
    /// One that grants nothing.
    pub fn new() -> Self {
        Self { functions: &FUNCTIONS, wasi: Wasi::new(), failure: CString::default(), exited: None }
    }

    /// Notes how a call has failed; returns the status, and sets what the component has done that it may not.
    fn failed(&mut self, error: &Error, violation: &mut *const c_char) -> u32 {
        self.exited = error.exit_status();
        if self.exited.is_some() {
            *violation = null();
            return FAILED;
        }
        self.failure = CString::new(error.to_string()).unwrap_or_default();
        *violation = self.failure.as_ptr();
        VIOLATION
    }
}

/// # Safety
/// The guest must be one whose import is called, with these values, and `name` that of a function.
unsafe extern "C" fn answer(
    wasi: &mut WasmcWasi,
    guest: &mut Guest,
    name: *const c_char,
    values: &mut [u64; VALUES],
) -> u32 {
    wasi.exited = None;
    // SAFETY: the header passes the name of a function.
    let function = unsafe { CStr::from_ptr(name) }.to_str().ok().and_then(table::function);
    let Some(function) = function else {
        return wasi.failed(&Error::new("the library of WASI is another than the header's"), &mut guest.violation);
    };
    // SAFETY: the header has compared library and guest, and nobody else uses the guest while its import is answered.
    let mut raw = unsafe { RawGuest::new(Library::new(guest.api, 0), guest.block, guest.data) };
    let handles = handles(guest.handles);
    let called = (&guest.options.options(), handles.as_ref(), guest.budget);
    match (function.answer)(&mut wasi.wasi, (&mut raw, called, values)) {
        Ok(value) => {
            values[0] = value;
            OK
        }
        Err(error) => raw.ended().unwrap_or_else(|| wasi.failed(&error, &mut guest.violation)),
    }
}

extern "C" fn dropped(wasi: &mut WasmcWasi, number: u32, violation: &mut *const c_char) -> u32 {
    match drop_resource(&mut wasi.wasi, number) {
        Ok(()) => OK,
        Err(error) => match wasi.failed(&error, violation) {
            // As a failure of an import is returned.
            VIOLATION => FAILED,
            status => status,
        },
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_wasi_exited(wasi: &WasmcWasi, status: Option<&mut i32>) -> bool {
    if let (Some(exited), Some(status)) = (wasi.exited, status) {
        *status = exited;
    }
    wasi.exited.is_some()
}
