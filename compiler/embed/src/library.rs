//! The library of one module.

use core::mem::MaybeUninit;
use wasmc_abi::context::{Api, Export, Module, VERSION};

/// As many words as [`Library::fault`] takes on any architecture.
const REGISTERS: usize = 34;

/// The library of one module, as bindings refer to it.
///
/// ```ignore
/// mod guest {
///     // What bindings begin with: the symbol of their library, and the number that it must have.
///     wasmc_embed::library!("guest_api", 0x1234);
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Library {
    pub(crate) api: &'static Api,
    fingerprint: u64,
}

impl Library {
    /// The library that `api` is the symbol of; bindings made with it know its `fingerprint`.
    ///
    /// # Safety
    /// `api` must come from a library that wasmc has made, of this version or another.
    pub const unsafe fn new(api: &'static Api, fingerprint: u64) -> Self {
        Self { api, fingerprint }
    }

    /// Gives the library memory for all its instances, on targets without a system, before the first one is made.
    ///
    /// ```ignore
    /// guest::library().provide(memory);
    /// ```
    pub fn provide(self, memory: &'static mut [MaybeUninit<u8>]) {
        // SAFETY: the memory is the library's from now on.
        unsafe { (self.api.provide)(memory.as_mut_ptr().cast(), memory.len()) };
    }

    /// Tells the library of an exception of the processor, on targets without a system: `registers` are those that were
    /// interrupted ([`Api::fault`] says in which order), `address` is what could not be accessed, or `None` where the
    /// instruction was illegal. Returns whether it was a trap of a guest: then the program is to go on with the
    /// registers as they are now.
    ///
    /// # Safety
    /// The registers must be those of what this exception has interrupted.
    pub unsafe fn fault(self, registers: &mut [usize; REGISTERS], address: Option<usize>) -> bool {
        let is_access = address.is_some().into();
        // SAFETY: the caller passes the registers that were interrupted; there are as many as any architecture has.
        unsafe { (self.api.fault)(registers.as_mut_ptr(), is_access, address.unwrap_or(0)) != 0 }
    }

    /// Whether library and bindings belong together.
    pub(crate) fn is_matched(self) -> bool {
        self.api.version == VERSION && self.module().fingerprint == self.fingerprint
    }

    /// What is compiled.
    pub(crate) fn module(self) -> &'static Module {
        // SAFETY: whoever made this promised a library, which has a module.
        unsafe { &*self.api.module }
    }

    /// What is exported, by its number.
    #[inline(always)]
    pub(crate) fn export(self, number: usize) -> &'static Export {
        let module = self.module();
        assert!((number as u64) < module.exports_len, "bindings name exports of their module");
        // SAFETY: the number was just found to be below the number of exports.
        unsafe { &*module.exports.add(number) }
    }
}
