//! What messages call functions, and where they come from.

use super::Plan;
use crate::Error;
use crate::key::FunctionKey;
use wasmc_frontend::Shown;

impl Plan<'_> {
    /// Offset in the module, in bytes, of the body a function was made from; 0 where there is none.
    pub fn body_offset(&self, key: FunctionKey) -> u32 {
        match key {
            FunctionKey::Wasm(index) => self.module.body(index).map_or(0, |body| body.range().start as u32),
            _ => 0,
        }
    }

    /// Bytes of the body a function was made from; 0 where there is none.
    pub fn body_size(&self, key: FunctionKey) -> u64 {
        let body = match key {
            FunctionKey::Wasm(index) => self.module.body(index),
            _ => None,
        };
        body.map_or(0, |body| body.range().end - body.range().start)
    }

    pub(crate) fn function_error(&self, key: FunctionKey, message: String) -> Error {
        Error::Function { function: self.shown(key), offset: self.body_offset(key).into(), message }
    }

    /// What messages call a function.
    pub fn shown(&self, key: FunctionKey) -> String {
        match key {
            FunctionKey::Wasm(index) | FunctionKey::ImportStub(index) | FunctionKey::Trampoline(index) => {
                let name = self.module.function_name(index);
                format!("function {index}{}", name.map_or(String::new(), |name| format!(" `{}`", Shown(&name))))
            }
            FunctionKey::Instantiate | FunctionKey::Prepare | FunctionKey::Main | FunctionKey::Thread => {
                "start-up".into()
            }
        }
    }
}
