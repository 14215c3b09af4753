//! Objects, the runtime and a linker script to an image. Knows no WebAssembly.
//!
//! Three steps, one straight line:
//!
//! 1. [`wild`] resolves symbols, drops what nothing reaches, lays out addresses by the script and applies relocations: libwild, in
//!    this process, on buffers instead of files ([`buffers`]);
//! 2. [`image`] takes that file apart and writes the executable: segments by what they permit, packed in the file, without
//!    the pages of zeroes that the kernel provides anyway;
//! 3. [`verify`] reads the result again and checks what must hold for every image, whoever linked it.

mod buffers;
mod error;
mod image;
mod inputs;
mod request;
mod sections;
mod segments;
mod symbols;
mod tables;
mod verify;
mod wild;

pub use error::{Error, Unresolved};
pub use request::{Architecture, Input, LinkRequest, PageSize};
pub use verify::{Expectations, verify};

/// Links `request` to a static executable.
pub fn link(request: &LinkRequest<'_>) -> Result<Vec<u8>, Error> {
    let linked = wild::link(request)?;
    let image = image::rewrite(&linked, request.page_size, request.strip)?;
    verify(&image, &request.expectations())?;
    Ok(image)
}
