//! Guests of hosts that are not written in Rust, whose imports these have answered here.

use super::canonical::{Callee, Canonical, Handles, Options, Violation};
use super::instance::{lift_arguments, lower_result};
use super::shared::Shared;
use super::types::{Lift, Lower};
use crate::error::Error;
use crate::library::Library;
use crate::memory::Memory;
use crate::trap::Trap;
use crate::value::Slot;
use alloc::sync::Arc;
use core::ffi::c_void;
use core::mem::transmute;
use core::ptr::NonNull;
use wasmc_abi::context::{ExportKind, FAILED, GuestFunction, SUSPENDED};

/// A guest that waits for a function of its host's.
#[derive(Debug)]
pub struct RawGuest {
    library: Library,
    block: NonNull<u8>,
    /// What its imports are called with.
    data: *mut c_void,
    /// The code of a call that has ended otherwise than by returning, or 0.
    ended: u32,
}

impl RawGuest {
    /// The guest that has this block and whose imports are called with `data`.
    ///
    /// # Safety
    /// The block must be that of an instance of the library, which nobody else uses meanwhile, and `data` what its
    /// imports can be called with.
    pub unsafe fn new(library: Library, block: NonNull<u8>, data: *mut c_void) -> Self {
        Self { library, block, data, ended: 0 }
    }

    /// The code of a call of the guest's that has ended otherwise than by returning, if one has.
    pub fn ended(&self) -> Option<u32> {
        Some(self.ended).filter(|&code| code != 0)
    }

    /// Answers a call of an import, of these core values, by `function`; returns the core value of its result.
    ///
    /// # Errors
    /// Where it fails, or the guest breaks the canonical ABI.
    pub fn answer<P: Lift, R: Lower>(
        &mut self,
        (options, handles, budget): (&Options, Option<&Handles>, u64),
        values: &[u64],
        function: impl FnOnce(P) -> Result<R, Error>,
    ) -> Result<u64, Error> {
        let shared = Arc::new(Shared::new());
        let mut guest = Canonical { callee: self, options, handles, shared, budget };
        let (params, place) = lift_arguments::<P, R>(&mut guest, values)?;
        let result = function(params)?;
        Ok(lower_result(&mut guest, &result, place)?)
    }
}

impl Callee for RawGuest {
    fn memory(&mut self, export: usize) -> Memory<'_> {
        let export = self.library.export(export);
        assert!(export.kind == ExportKind::Memory, "bindings know their module");
        // SAFETY: the compiler writes offsets in the block, of which this is that of a memory; nobody else uses it.
        unsafe { Memory::new(self.library.api, self.block, self.block.add(export.offset as usize).cast()) }
    }

    fn call(&mut self, export: usize, values: &mut [Slot]) -> Result<(), Trap> {
        let export = self.library.export(export);
        assert!(
            export.kind == ExportKind::Function && export.ty as usize <= values.len(),
            "bindings know their module"
        );
        let (api, block) = (self.library.api, self.block.as_ptr());
        // SAFETY: an export of this kind has a function of this type, with room for what it takes and returns; whoever
        // made this promised the rest.
        let code = unsafe {
            let function = transmute::<*const u8, GuestFunction>(export.function);
            (api.enter)(block, self.data, function, values.as_mut_ptr().cast())
        };
        self.ended = match code {
            0 => return Ok(()),
            SUSPENDED => {
                // SAFETY: the call that has just returned is suspended.
                unsafe { (api.forget)(block) };
                FAILED
            }
            code => code,
        };
        Err(Violation("a call of the guest has not returned").into())
    }
}
