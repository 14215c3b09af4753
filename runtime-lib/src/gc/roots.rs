//! What is reached without any object: through the stack, globals, tables, element segments.
//!
//! Any word of the stack, or of a register that a call keeps, may be a reference, or lead into an object: code holds
//! the addresses of elements, too. What such a word leads to stays where it is. So code need not tell where it keeps
//! references, and keeps them in registers.

use super::trace::Tracer;
use super::units::{Block, Place, Use, flag};
use crate::handles::Handles;
use crate::sys::{self, REFERENCE_SIZE};
use crate::{regions, thread};
use core::ffi::c_void;
use core::ops::Range;
use core::ptr::with_exposed_provenance;
use wasmc_abi::context::Context;
use wasmc_abi::heap::{ALIGN, EXTERNALIZED, EXTERNS, HeapTables};
use wasmc_abi::table::Table;

/// The stack of the code whose objects these are.
#[derive(Clone, Copy)]
pub enum Stack {
    /// The one that the collector runs on.
    Own,
    /// That of a context, which has called the collector on the stack of its embedder. What the embedder's functions
    /// keep of the context's registers lies on the context's stack: `Builtin::ContextImportKeeping` puts it there.
    OfContext(*const Context),
}

impl Tracer<'_> {
    /// Pins what the stack may lead to.
    #[inline(never)]
    pub fn visit_stack(&mut self, stack: Stack) {
        let registers = sys::kept_registers();
        let start = (&raw const registers).addr();
        match stack {
            Stack::Own => {
                self.visit_ambiguous_words(start..thread::of_address(start).stack().end);
                // What exceptions carry has no type there, and some of them are free.
                self.visit_ambiguous_words(regions::EXCEPTIONS.range());
            }
            Stack::OfContext(context) => {
                // SAFETY: the context is that of the heap; its code waits.
                let Context { stack, host_stack, guest_stack, each_kept, .. } = unsafe { &*context };
                // The runtime's own frames, with registers that it has saved; then the guest's.
                self.visit_ambiguous_words(start..*host_stack);
                self.visit_ambiguous_words(*guest_stack..stack.end);
                if let Some(each_kept) = each_kept {
                    let block = context.cast_mut().wrapping_add(1).cast();
                    // SAFETY: the function calls `visit_kept` with this tracer, and memory that it can read.
                    unsafe { each_kept(block, visit_kept, (&raw mut *self).cast()) };
                }
            }
        }
    }

    /// Reaches what the embedder of a context has handles of: what may be new, or `all`.
    pub fn visit_handles(&mut self, code: Stack, all: bool) {
        let Stack::OfContext(context) = code else { return };
        // SAFETY: the context is that of the heap; its code waits.
        let handles = unsafe { (*context).handles.cast::<Handles>().as_ref() };
        if let Some(handles) = handles {
            handles.update_objects(all, |word| self.visit(word as usize) as u64);
        }
    }

    fn visit_ambiguous_words(&mut self, addresses: Range<usize>) {
        for address in addresses.step_by(size_of::<usize>()) {
            // SAFETY: the word lies in the stack, above where the frame of `visit_stack` ends, or in a region.
            let word = unsafe { with_exposed_provenance::<usize>(address).read_volatile() };
            // What is above 32 bits in a register that holds 32 of them is any value; an external reference has bits
            // of its own above its address.
            let bits = if REFERENCE_SIZE == 4 { u64::from(u32::MAX) } else { !EXTERNALIZED };
            self.visit_ambiguous(word & bits as usize);
        }
    }

    /// Keeps the object that an address leads into, where there is one.
    fn visit_ambiguous(&mut self, address: usize) {
        if !self.space.contains(address) {
            return;
        }
        let place = self.space.place(address);
        let block = place.block();
        match self.space.find_use(block) {
            Use::Young => {
                self.parse(block);
                let object = self.space.last_set(&self.space.marks, place);
                if let Some(object) = object.filter(|&object| self.is_inside(object, place)) {
                    self.pin(object);
                }
            }
            Use::Old if self.marks => {
                let object = self.space.last_set(&self.space.starts, place);
                if let Some(object) = object.filter(|&object| self.is_inside(object, place)) {
                    self.mark(object);
                }
            }
            Use::LargeYoung | Use::LargeOld => self.reach_large(block.start()),
            Use::Rest => {
                let first = Block(self.space.extents.get(block.0 as usize));
                self.reach_large(first.start());
            }
            Use::Old | Use::Free => {}
        }
    }

    /// Whether a place behind the start of an object lies in it.
    pub fn is_inside(&self, object: Place, place: Place) -> bool {
        place < object.after(self.types.size_of(self.space, object))
    }

    /// Notes where the objects of a young block begin.
    fn parse(&mut self, block: Block) {
        if self.space.has(block, flag::PARSED) {
            return;
        }
        self.space.set_flag(block, flag::PARSED);
        let end = block.start().after(self.space.extents.get(block.0 as usize) as usize);
        let mut object = block.start();
        while object < end {
            self.space.set(&self.space.marks, object);
            object = object.after(self.types.size_of(self.space, object).max(ALIGN as usize));
        }
    }

    /// Visits the references that an instance holds, whose state lies in `block`, or at 0 where addresses are absolute.
    pub fn visit_instance(&mut self, tables: &HeapTables, block: usize) {
        for index in 0..tables.roots_len as usize {
            // SAFETY: the compiler lists `roots_len` pieces.
            let roots = unsafe { &*tables.roots.add(index) };
            self.visit_words(block + (roots.words & !EXTERNS), roots.len as usize, roots.words & EXTERNS != 0);
        }
        for index in 0..tables.tables_len as usize {
            // SAFETY: the compiler lists the addresses of `tables_len` tables of the program.
            let (table, are_externs) = HeapTables::table(unsafe { *tables.tables.add(index) }, block);
            // SAFETY: as above; compiled code waits, and so does not change the structure.
            let Table { elements, len, .. } = unsafe { &*table };
            self.visit_words(elements.addr(), *len as usize, are_externs);
        }
    }

    fn visit_words(&mut self, address: usize, count: usize, are_externs: bool) {
        for index in 0..count {
            let word = address + index * size_of::<u64>();
            if are_externs { self.visit_extern(word) } else { self.visit_word(word) }
        }
    }
}

/// Pins what a part of the exceptions that a context keeps may lead to.
///
/// # Safety
/// `tracer` must refer to a [`Tracer`] that nothing else uses, and the words between the addresses be readable.
unsafe extern "C" fn visit_kept(tracer: *mut c_void, start: usize, end: usize) {
    // SAFETY: the caller promises a tracer.
    unsafe { &mut *tracer.cast::<Tracer<'_>>() }.visit_ambiguous_words(start..end);
}
