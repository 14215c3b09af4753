//! WASI 0.2: the functions that components import, one file per interface or two that belong together.
//!
//! Each function has the flat signature of its type, after the record of whoever calls it. The area for its result is
//! checked before anything is done. What the caller must not do traps: an address out of bounds, a handle that it does
//! not have, a number that stands for nothing.
//!
//! - [`cli`], [`clocks`], [`filesystem`] with [`filesystem_names`] and [`filesystem_lists`], [`io`], [`io_streams`],
//!   [`random`], [`tcp`], [`udp`], [`lookup`] with [`dns`]: interfaces,
//! - [`network`]: what those of sockets share; [`transfer`]: reading and writing streams; [`waiting`]: what resources
//!   wait for,
//! - [`resources`]: resources of the runtime's; [`state`]: what they are; [`errors`]: error codes.

mod cli;
mod clocks;
mod dns;
mod errors;
mod filesystem;
mod filesystem_lists;
mod filesystem_names;
mod io;
mod io_streams;
mod lookup;
mod network;
mod random;
mod resources;
mod state;
mod tcp;
mod transfer;
mod udp;
mod waiting;

use cli::*;
use clocks::*;
use filesystem::*;
use filesystem_lists::*;
use filesystem_names::*;
use io::*;
use io_streams::*;
pub use lookup::wasmc_names_init;
use lookup::*;
use network::*;
use random::*;
use tcp::*;
use udp::*;
use wasmc_abi::preview2::function;

/// A function without a definition does not compile, nor does a definition whose type is not that of its row.
macro_rules! check {
    ($($symbol:ident)*) => { $(const _: function::$symbol = $symbol;)* };
}

wasmc_abi::preview2_functions!(check);
