//! The library of one module.

use wasmc_abi::context::{Api, Export, Module, VERSION};

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
