//! Objects, the runtime and a linker script to an image. Knows no WebAssembly.
//!
//! One straight line:
//!
//! - `inputs` checks objects and archives; `linear_memory` takes the contents of linear memory out of them;
//! - of native objects, `archives` selects those that take part, `own_sections` finds a place for sections that the
//!   script does not know, `frames` finds functions that skip the guard below the stack, and `constants` has weak
//!   symbols that nothing defines be 0; `zeroes` keeps sections of zeroes from those with contents;
//! - `gnu_property` tells what all code declares, where the image must declare it;
//! - `wild` resolves symbols, drops what nothing reaches, lays out addresses by the script and applies relocations:
//!   libwild, in this process, on files in memory (`file_system`);
//! - `image` takes the linked file apart (`sections`) and writes the executable: `segments` by what they permit, packed
//!   in the file (`layout`), without the pages of zeroes that the kernel provides anyway; `section_headers` and
//!   `symbol_table` for debuggers;
//! - `verify` reads the result again and checks what must hold for every image, whoever linked it; `macho` does so for
//!   executables that only other linkers can make;
//! - `library` makes no image, but one object with a single symbol for programs that somebody else links;
//! - `shared` makes a shared library of that object;
//! - `flat_binary` makes raw memory of an image, for machines without a loader.

mod archives;
mod constants;
mod error;
mod file_system;
mod flat_binary;
mod frames;
mod gnu_property;
mod image;
mod inputs;
mod layout;
mod library;
mod linear_memory;
mod macho;
mod own_sections;
mod request;
mod section_headers;
mod sections;
mod segments;
mod shared;
mod symbol_table;
mod target;
#[cfg(test)]
mod tests;
mod verify;
mod wild;
mod zeroes;

pub use error::{Error, Unresolved};
pub use flat_binary::flatten;
pub use gnu_property::GnuProperties;
pub use inputs::{Input, Member};
pub use library::{LibraryRequest, library};
pub use macho::verify as verify_macho;
pub use own_sections::OwnSections;
pub use request::LinkRequest;
pub use shared::shared_library;
pub use target::{Architecture, PageSize};
pub use verify::{Expectations, verify};

/// Links a request to a static executable.
///
/// # Errors
/// Where an input is malformed or for another architecture, or inputs do not fit together.
pub fn link(mut request: LinkRequest<'_>) -> Result<Vec<u8>, Error> {
    let own = prepare(&mut request)?;
    let memory = linear_memory::take(&mut request.objects, request.memory_address)?;
    let script = own.fill(request.script, true);
    let linked = wild::link(&LinkRequest { script: &script, ..request.clone() })?;
    let image = image::rewrite(&linked, memory.as_ref(), &request.expectations(), request.strip)?;
    verify(&image, &request.expectations())?;
    verify::verify_contents(&image, &linked)?;
    Ok(image)
}

/// Checks what a request links, and has all of the user's objects be like our own, whatever compiler made them. Returns
/// their sections, which the script must place.
///
/// # Errors
/// Where an input is malformed or for another architecture, or has what no image can have.
pub fn prepare(request: &mut LinkRequest<'_>) -> Result<OwnSections, Error> {
    inputs::check(&request.objects, &request.archives, request.architecture)?;
    // Also where nothing native is linked: the linker never gives back what it allocates for each member of an archive.
    request.objects = archives::select(std::mem::take(&mut request.objects), &request.archives, request.entry);
    request.archives.clear();
    if !request.natives {
        return Ok(OwnSections::default());
    }
    let own = OwnSections::of(&request.objects)?;
    zeroes::write_out(&mut request.objects, |section| own.has_contents(section));
    for object in request.objects.iter().filter(|object| object.is_native()) {
        frames::check(object, request.guard_size, request.architecture)?;
    }
    constants::settle(&mut request.objects, &own, request.architecture);
    Ok(own)
}

/// Makes an image of the executable that another linker made of the same inputs and script.
///
/// # Errors
/// Where that file is not a static executable as the script describes it.
pub fn adopt(linked: &[u8], expected: &Expectations, strip: bool) -> Result<Vec<u8>, Error> {
    let image = image::rewrite(linked, None, expected, strip)?;
    verify(&image, expected)?;
    verify::verify_contents(&image, linked)?;
    Ok(image)
}
