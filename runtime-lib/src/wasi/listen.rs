//! Listening sockets that were granted: made at start-up, and preopened after the directories.

use super::{descriptors, grants};
use crate::sys;
use wasmc_abi::grants::LISTEN;

/// Makes the sockets (`Builtin::ListenInit`). On failure reports which one and ends the process.
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_listen_init() {
    for record in grants::records().filter(|record| record.tag == LISTEN) {
        let text = record.first.to_bytes();
        let Some(address) = sys::ListenAddress::parse(text) else {
            grants::refuse("cannot listen on", text, "no address with a port")
        };
        let inserted =
            sys::listen(&address).and_then(|host| descriptors::insert(descriptors::Descriptor::listening(host)));
        if let Err(error) = inserted {
            grants::refuse("cannot listen on", text, error.message())
        }
    }
}
