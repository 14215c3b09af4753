//! From an exception that is thrown to its handler.
//!
//! Frames are searched outwards, by the frame pointers that all functions which call others keep, for a call with a
//! handler of the exception's tag; nothing is changed before one is found. On the way, the registers that each function
//! saves for its caller are read back, so that the handler finds them as its own call would have left them.
//!
//! - [`mod@tables`]: what the compiler says of functions and handlers,
//! - [`kept`]: exceptions that references refer to, [`owner`]: whose they are.

pub mod kept;
pub mod owner;
mod tables;

use crate::report::Message;
use crate::sys::{self, Unwound};
use crate::thread;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::Relaxed};
use tables::{Tables, Tag};
use wasmc_abi::exception::{Exception, Header, PAYLOAD, UnwindTables};

static TABLES: AtomicPtr<*const UnwindTables> = AtomicPtr::new(null_mut());
static TABLES_LEN: AtomicUsize = AtomicUsize::new(0);
/// What says which exceptions nothing catches, a [`Report`]; null where somebody else does. As it is a symbol, nobody
/// concludes which function that is, so that libraries go without it.
#[unsafe(export_name = "wasmc_report_exception")]
static REPORT: AtomicPtr<()> = AtomicPtr::new(null_mut());
const WORD: usize = size_of::<usize>();

type Report = fn(&Tables<'_>, tag: u32, exception: u64);

/// Remembers where handlers are (`Builtin::UnwindInit`).
///
/// # Safety
/// `tables` must point to `len` pointers to tables that stay as they are and describe the program's code.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_unwind_init(tables: *const *const UnwindTables, len: u64) {
    REPORT.store(report as Report as *mut (), Relaxed);
    // SAFETY: the caller promises valid tables.
    unsafe { begin_quietly(tables, len) };
}

/// As [`wasmc_unwind_init`], in a program of somebody else's, to whom exceptions are told that nothing catches.
///
/// # Safety
/// As for [`wasmc_unwind_init`].
#[inline(always)]
pub unsafe fn begin_quietly(tables: *const *const UnwindTables, len: u64) {
    TABLES.store(tables.cast_mut(), Relaxed);
    TABLES_LEN.store(len as usize, Relaxed);
}

/// Name and types of the tag of an exception, and where what it carries lies, if that is not in its word.
#[allow(dead_code, reason = "libraries need it, which there are none of on macOS")]
pub fn describe(exception: u64) -> Option<(&'static [u8], &'static [u8], Option<usize>)> {
    let tag = tables().tag(tag_of(exception))?;
    let carried = match Exception::of(exception) {
        Exception::Immediate(..) => None,
        Exception::At(address) => Some(address + PAYLOAD as usize),
    };
    Some((tag.name, tag.types, carried))
}

fn tables() -> Tables<'static> {
    // SAFETY: the caller of `wasmc_unwind_init`, which is called before anything throws, promised valid tables.
    unsafe { Tables::new(TABLES.load(Relaxed), TABLES_LEN.load(Relaxed)) }
}

/// Makes of the registers at a call that throws `unwound.exception` those with which its handler begins. Returns
/// `false`, having said which exception it is, where there is none.
#[unsafe(export_name = "wasmc_find_handler")]
pub extern "C" fn find_handler(unwound: &mut Unwound) -> bool {
    let tables = tables();
    let tag = tag_of(unwound.exception);
    unwound.pc = sys::return_address(unwound.pc);
    // The return address of a call that ends its function is the first byte of the next one.
    while let Some(function) = tables.function(unwound.pc - 1) {
        if let Some((frame, code)) = function.handler(unwound.pc, tag) {
            (unwound.pc, unwound.sp) = (code, unwound.fp - frame);
            return true;
        }
        for save in function.saves() {
            if let Some(register) = unwound.registers.get_mut(usize::from(save.register)) {
                *register = read(unwound.fp - save.below as usize);
            }
        }
        unwound.pc = sys::return_address(read(unwound.fp + WORD));
        unwound.fp = read(unwound.fp);
    }
    let report = REPORT.load(Relaxed);
    if !report.is_null() {
        // SAFETY: only this type of function is put there.
        let report = unsafe { core::mem::transmute::<*mut (), Report>(report) };
        report(&tables, tag, unwound.exception);
    }
    false
}

/// Reads a word of a frame.
fn read(address: usize) -> usize {
    // SAFETY: the frames of functions in the tables are as the compiler says, down to the one that is searched.
    unsafe { core::ptr::with_exposed_provenance::<usize>(address).read() }
}

/// What an exception begins with, where it is not in its word.
fn header(address: usize) -> *const Header {
    core::ptr::with_exposed_provenance(address)
}

fn tag_of(exception: u64) -> u32 {
    match Exception::of(exception) {
        Exception::Immediate(tag, _) => tag,
        // SAFETY: exceptions are made by compiled code and by `kept` alone.
        Exception::At(address) => unsafe { (*header(address)).tag },
    }
}

/// Says which exception nothing catches, unless somebody waits for how the program ends.
fn report(tables: &Tables, tag: u32, exception: u64) {
    let here = 0_u8;
    if !thread::of_address((&raw const here).addr()).recovery_point.load(Relaxed).is_null() {
        return;
    }
    let mut message = Message::new();
    message.text("wasm exception: ");
    match tables.tag(tag) {
        Some(tag) => {
            message.bytes(tag.name).text("(");
            print_values(&mut message, &tag, exception);
            message.text(")");
        }
        None => {
            message.text("tag[").decimal(tag.into(), 0).text("]");
        }
    }
    message.text("\n").flush();
}

fn print_values(message: &mut Message, tag: &Tag, exception: u64) {
    let mut at = PAYLOAD as usize;
    let types = tag.types.split(|&byte| byte == b' ').filter(|name| !name.is_empty());
    for (number, name) in types.enumerate() {
        if number > 0 {
            message.text(", ");
        }
        let size: usize = match name {
            b"i32" | b"f32" => 4,
            b"v128" => 16,
            _ => 8,
        };
        at = at.next_multiple_of(size);
        let low = match Exception::of(exception) {
            Exception::Immediate(_, carried) => carried.into(),
            Exception::At(address) => word(address + at, size),
        };
        match name {
            b"i32" => signed(message, i64::from(low as i32)),
            b"i64" => signed(message, low as i64),
            b"f32" | b"f64" => message.bytes(name).text(" ").hexadecimal(low),
            // Vectors do not fit into the word.
            b"v128" => match Exception::of(exception) {
                Exception::At(address) => {
                    let high = word(address + at + 8, 8);
                    message.text("v128 ").hexadecimal(low).text(" ").hexadecimal(high)
                }
                Exception::Immediate(..) => message,
            },
            _ => message.bytes(name),
        };
        at += size;
    }
}

/// The first 4 or 8 bytes of a value.
fn word(address: usize, size: usize) -> u64 {
    let at = core::ptr::with_exposed_provenance::<u8>(address);
    match size {
        // SAFETY: the exception carries a value of four bytes there.
        4 => unsafe { at.cast::<u32>().read().into() },
        // SAFETY: the exception carries a value of at least eight bytes there.
        _ => unsafe { at.cast::<u64>().read() },
    }
}

fn signed(message: &mut Message, value: i64) -> &mut Message {
    if value < 0 {
        message.text("-");
    }
    message.decimal(value.unsigned_abs(), 0)
}
