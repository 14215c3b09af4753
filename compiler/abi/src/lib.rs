//! The contract between compiled code and the runtime.
//!
//! Both sides of every layout, name and number that crosses the boundary are defined here, once: the compiler writes
//! them into objects, the runtime reads them in the running image.
//!
//! What compiled code calls:
//!
//! - [`builtin`]: functions that the runtime has for compiled code, [`host`]: functions that it has for modules to
//!   import,
//! - [`signature`]: their types, [`system_calls`]: what they call of the system.
//!
//! What both sides read:
//!
//! - [`memory`] and [`table`]: the state of linear memories and tables, [`heap`]: objects and references,
//! - [`component`]: what functions of the runtime know of a component that calls them,
//! - [`context`]: instances inside a program of somebody else's; [`reference`]: what their references are to it,
//!   [`snapshot`]: the state of an instance as bytes,
//! - [`thread`]: how further threads of a program begin; [`native`]: what code of the user's has of the program,
//! - [`trap`]: trap codes and the side tables that map program counters to them,
//! - [`exception`]: what an exception is, and how its handler is found,
//! - [`limits`]: sizes that a program has,
//! - [`profile`]: how often its parts have run,
//! - [`grants`]: what a program may reach; [`embedded`]: directories that are part of it; [`confinement`]: what it
//!   gives up of the system,
//! - [`errno`]: error numbers of WASI,
//! - [`bare`]: what a program without a system is started with,
//! - [`script`]: programs that call one function after the other and report how each call ended,
//! - [`symbols`]: names of the symbols that one side defines and the other references.
#![no_std]

pub mod bare;
pub mod builtin;
pub mod component;
pub mod confinement;
pub mod context;
pub mod embedded;
pub mod errno;
pub mod exception;
pub mod grants;
pub mod heap;
pub mod host;
pub mod leb128;
pub mod limits;
pub mod memory;
pub mod native;
pub mod preview2;
pub mod profile;
pub mod reference;
pub mod script;
pub mod signature;
pub mod snapshot;
pub mod symbols;
pub mod system_calls;
pub mod table;
pub mod thread;
pub mod trap;
