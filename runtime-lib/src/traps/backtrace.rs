//! The calls that led to an instruction.
//!
//! Compiled functions keep a frame pointer: it points to the caller's frame pointer, which the return address follows.
//! One that calls none may have no frame: only the innermost can be such a one.
//! Where the runtime or native code was interrupted, that register may hold any value, and the stack is searched for
//! the first return address of a call in compiled code.

use super::tables::{Function, Place, Tables};
use crate::report::Message;
use crate::sys::{self, Context};
use core::ops::Range;
use wasmc_abi::trap::NO_FUNCTION;

/// Frames shown; the others are only counted.
const SHOWN: u64 = 32;
const WORD: usize = size_of::<usize>();

/// The functions being executed, innermost first.
pub struct Frames<'a> {
    tables: &'a Tables<'a>,
    /// Address range of the thread's stack.
    stack: Range<usize>,
    next: Option<Frame>,
}

/// A function being executed.
#[derive(Clone, Copy)]
pub struct Frame {
    /// For a caller, the return address of its call.
    pc: usize,
    is_caller: bool,
    /// The return address of a function that has no frame, or not yet: the frame pointer is its caller's.
    unframed_return: Option<usize>,
    /// Frame pointer of the function, and an address below which its frame cannot lie.
    fp: usize,
    sp: usize,
}

impl Frame {
    /// The interrupted instruction, or the return address of a call.
    #[allow(dead_code, reason = "libraries need it, which there are none of on macOS")]
    pub fn pc(self) -> usize {
        self.pc
    }

    /// Index of its function in the module.
    pub fn index(self, tables: &Tables) -> Option<u32> {
        function_of(tables, self)?.index()
    }
}

impl<'a> Frames<'a> {
    /// The frames from the interrupted instruction on, on this stack.
    pub fn new(tables: &'a Tables<'a>, context: &Context, stack: Range<usize>) -> Self {
        let (pc, fp, sp) = (context.program_counter(), context.frame_pointer(), context.stack_pointer());
        let frame = Frame { pc, is_caller: false, unframed_return: None, fp, sp };
        let mut frames = Self { tables, stack, next: None };
        frames.next = match tables.function(pc) {
            Some(function) => {
                let unframed_return = context.unframed_return(function.before, |address| frames.read(address));
                Some(Frame { unframed_return: unframed_return.map(sys::return_address), ..frame })
            }
            None => frames.search(sp),
        };
        frames
    }

    /// The frames of compiled code above an address of this stack, in a call of the runtime.
    #[cfg(feature = "component")]
    pub fn above(tables: &'a Tables<'a>, address: usize, stack: Range<usize>) -> Self {
        let mut frames = Self { tables, stack, next: None };
        frames.next = frames.search(address);
        frames
    }

    fn caller(&self, frame: Frame) -> Option<Frame> {
        if let Some(pc) = frame.unframed_return {
            let caller = Frame { pc, is_caller: true, unframed_return: None, ..frame };
            // Else native code called it, as below.
            return if self.is_call(pc) { Some(caller) } else { self.search(frame.sp) };
        }
        if frame.fp < frame.sp {
            return None;
        }
        let pc = sys::return_address(self.read(frame.fp.checked_add(WORD)?)?);
        let fp = self.read(frame.fp)?;
        let caller = Frame { pc, is_caller: true, unframed_return: None, fp, sp: frame.fp + WORD };
        match self.is_call(pc) {
            true => Some(caller),
            // Native code called compiled code: the caller of the native code lies further up.
            false => self.search(caller.sp),
        }
    }

    /// Whether a call in compiled code can return to an address, which may be the end of the code.
    fn is_call(&self, pc: usize) -> bool {
        self.tables.is_code(pc.wrapping_sub(1))
    }

    /// The first frame of compiled code of which a return address lies above `sp`.
    fn search(&self, sp: usize) -> Option<Frame> {
        let mut slot = sp.max(self.stack.start).next_multiple_of(WORD);
        loop {
            let address = sys::return_address(self.read(slot)?);
            if self.tables.is_return_address(address) {
                // A callee with a frame saved the caller's frame pointer below the return address.
                let fp = self.read(slot - WORD).filter(|&fp| fp > slot && self.stack.contains(&fp))?;
                return Some(Frame { pc: address, is_caller: true, unframed_return: None, fp, sp: slot });
            }
            slot += WORD;
        }
    }

    /// Reads a word of the stack.
    fn read(&self, address: usize) -> Option<usize> {
        if !address.is_multiple_of(WORD) || !self.stack.contains(&address) {
            return None;
        }
        // SAFETY: the word is aligned and lies in the stack, which is mapped and whose thread is interrupted.
        Some(unsafe { core::ptr::with_exposed_provenance::<usize>(address).read() })
    }
}

impl Iterator for Frames<'_> {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        let frame = self.next?;
        self.next = self.caller(frame);
        Some(frame)
    }
}

/// Prints frames, one a line.
pub fn print(message: &mut Message, frames: Frames) {
    message.text("backtrace:\n");
    let tables = frames.tables;
    let mut count = 0;
    for frame in frames {
        if is_start(tables, frame) {
            break;
        }
        // What is compiled in place of calls has the frame of the caller.
        let first = count;
        loop {
            let place = tables.place(frame.pc, frame.is_caller, (count - first) as u32);
            if place.is_none() && count > first {
                break;
            }
            if count < SHOWN {
                print_place(message, count, frame.pc, place);
            }
            count += 1;
        }
    }
    if count > SHOWN {
        message.text("    ... ").decimal(count - SHOWN, 0).text(" more\n");
    }
}

/// The function of a frame. The return address of a call that ends its function is the first byte of the next one.
fn function_of<'a>(tables: &Tables<'a>, frame: Frame) -> Option<Function<'a>> {
    tables.function(frame.pc - usize::from(frame.is_caller))
}

/// Whether a frame is that of the code that started the program.
fn is_start(tables: &Tables, frame: Frame) -> bool {
    frame.index(tables) == Some(NO_FUNCTION)
}

fn print_place(message: &mut Message, number: u64, pc: usize, place: Option<Place>) {
    message.decimal(number, 5).text(": ");
    match place {
        None => message.hexadecimal(pc as u64),
        Some(Place { name, index, offset }) => {
            match name {
                b"" => message.text("function[").decimal(index.into(), 0).text("]"),
                name => message.bytes(name),
            };
            message.text(" (").hexadecimal(offset.into()).text(")")
        }
    };
    message.text("\n");
}
