//! Bugs of the compiler, reported like any other error.

use crate::error::Error;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::{Mutex, PoisonError};

/// Message and location of the first panic.
static FIRST: Mutex<Option<String>> = Mutex::new(None);

/// Calls `work`; a panic in it, on any thread, becomes an error.
pub fn caught(work: impl FnOnce() -> Result<(), Error>) -> Result<(), Error> {
    panic::set_hook(Box::new(remember));
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let what = FIRST.lock().unwrap_or_else(PoisonError::into_inner).take();
        let error = Error::new(format!("internal compiler error: {}", what.unwrap_or("panic".into())));
        Err(error.help(format!(
            "this is a bug in wasmc {}: please report it, with the module and the command line",
            env!("CARGO_PKG_VERSION")
        )))
    })
}

fn remember(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("panic");
    let place = info.location().map_or(String::new(), |place| format!(" ({}:{})", place.file(), place.line()));
    FIRST.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(format!("{message}{place}"));
}
