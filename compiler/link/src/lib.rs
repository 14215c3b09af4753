//! Objects, the runtime and a linker script to an image. Knows no WebAssembly.
//!
//! One straight line:
//!
//! - `inputs` looks at what is given, `memory` takes the contents of linear memory out of it;
//! - `features` tells what all code keeps to, where the image is to say so;
//! - `wild` resolves symbols, drops what nothing reaches, lays out addresses by the script and applies relocations: libwild, in
//!   this process, on `buffers` instead of files;
//! - `image` takes that file apart (`sections`) and writes the executable: `segments` by what they permit, packed in the
//!   file, without the pages of zeroes that the kernel provides anyway; `tables` for debuggers (`symbols`);
//! - `verify` reads the result again and checks what must hold for every image, whoever linked it; `macho` does so for executables
//!   that only other linkers can make;
//! - `flat` makes raw memory of an image, for machines without a loader.

mod buffers;
mod error;
mod features;
mod flat;
mod image;
mod inputs;
mod macho;
mod memory;
mod request;
mod sections;
mod segments;
mod symbols;
mod tables;
mod verify;
mod wild;

pub use error::{Error, Unresolved};
pub use features::CodeFeatures;
pub use flat::flatten;
pub use macho::verify as verify_macho;
pub use request::{Architecture, Input, LinkRequest, PageSize};
pub use verify::{Expectations, verify};

/// Links a request to a static executable.
///
/// # Errors
/// Where inputs are not what they should be or do not fit together.
pub fn link(mut request: LinkRequest<'_>) -> Result<Vec<u8>, Error> {
    inputs::check(&request)?;
    let memory = memory::take(&mut request.objects, request.memory_address)?;
    let linked = wild::link(&request)?;
    let image = image::rewrite(&linked, memory.as_ref(), &request.expectations(), request.strip)?;
    verify(&image, &request.expectations())?;
    Ok(image)
}

/// Makes an image of what another linker made of the same inputs and script.
///
/// # Errors
/// Where that file is not a static executable as the script describes it.
pub fn adopt(linked: &[u8], expected: &Expectations, strip: bool) -> Result<Vec<u8>, Error> {
    let image = image::rewrite(linked, None, expected, strip)?;
    verify(&image, expected)?;
    Ok(image)
}
