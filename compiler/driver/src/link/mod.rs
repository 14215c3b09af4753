//! Links the object, the runtime and native code to an executable, by the built-in linker or by one that the user
//! names.
//!
//! - [`external`]: another linker for ELF, [`macho`]: one for macOS, for which none is built in,
//! - [`ram`]: whether the image fits in the memory of a machine without a system.

mod external;
mod macho;
mod ram;

use crate::error::Error;
use crate::options::{Emit, Options};
use crate::runtimes;
use crate::target::{ObjectFormat, fill_script};
use std::borrow::Cow;
use wasmc_abi::{native, symbols};
use wasmc_link::{GnuProperties, Input, LibraryRequest, LinkRequest};
use wasmc_object::ObjectFile;

const ARCHIVE_MAGIC: &[u8] = b"!<arch>\n";

/// What the program is linked with.
#[derive(Debug)]
pub struct Inputs {
    objects: Vec<Input>,
    archives: Vec<Input>,
    natives: bool,
    features: GnuProperties,
}

impl Inputs {
    /// The user's objects and archives, and the target's runtime after them: that of components, where it is one.
    ///
    /// # Errors
    /// Where there is no runtime, or an object cannot be linked under the options.
    pub fn new(natives: Vec<Input>, is_component: bool, options: &Options) -> Result<Self, Error> {
        let runtime = Cow::Borrowed(runtimes::find(&options.target.runtime, is_component)?);
        // The image declares what holds for all of its code. The module's and the runtime's have it wherever it is
        // asked for.
        let features = if options.codegen.cfi { GnuProperties::of_inputs(&natives)? } else { GnuProperties::NONE };
        let has_natives = !natives.is_empty();
        let is_archive = |input: &Input| input.bytes.starts_with(ARCHIVE_MAGIC);
        let (mut archives, objects): (Vec<Input>, Vec<Input>) = natives.into_iter().partition(is_archive);
        archives.push(Input { name: "<runtime>".into(), bytes: runtime });
        Ok(Self { objects, archives, natives: has_natives, features })
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Input> {
        self.objects.iter().chain(&self.archives)
    }
}

/// Makes a library of an object, with the parts of the runtime that it needs: that of the name `name`, whose one symbol
/// is `symbol`.
///
/// # Errors
/// Where there is no runtime.
pub fn library(program: Vec<ObjectFile>, name: &str, symbol: &str, options: &Options) -> Result<Vec<u8>, Error> {
    let [program] = <[_; 1]>::try_from(program).expect("a library is made of one module");
    let runtime = Cow::Borrowed(runtimes::find(&options.target.runtime, false)?);
    let request = LibraryRequest {
        object: Input { name: "<program>".into(), bytes: program.bytes.into() },
        archives: &[Input { name: "<runtime>".into(), bytes: runtime }],
        symbol: wasmc_abi::context::API,
        name: symbol,
    };
    Ok(match options.emit {
        Emit::SharedLib => {
            let soname = format!("lib{name}.so");
            wasmc_link::shared_library(request, &soname, options.target.architecture, options.jobs)?
        }
        _ => wasmc_link::library(request)?,
    })
}

/// Links an executable, which needs `stack` bytes of memory for its stack with its guard.
///
/// # Errors
/// Where the inputs do not fit together.
pub fn link(program: Vec<ObjectFile>, inputs: Inputs, options: &Options, stack: u64) -> Result<Vec<u8>, Error> {
    let Inputs { objects: others, archives, natives, features } = inputs;
    let memory_address = program.iter().find_map(|object| object.memory_address);
    let mut objects: Vec<Input> =
        program.into_iter().map(|object| Input { name: "<program>".into(), bytes: object.bytes.into() }).collect();
    objects.extend(others);
    let target = &options.target;
    if target.object_format == ObjectFormat::MachO {
        return macho::link(&objects, &archives, options);
    }
    let request = LinkRequest {
        objects,
        archives,
        natives,
        guard_size: native::GUARD,
        script: &fill_script(&target.linker_script, target, memory_address, features),
        architecture: target.architecture,
        entry: symbols::ENTRY,
        page_size: target.page_size,
        file_align: target.file_align,
        memory_address,
        image_base: target.image_base,
        gnu_properties: features,
        strip: options.strip,
        jobs: options.jobs,
    };
    let image = match &options.linker {
        Some(linker) => external::link(linker, request, target, options.strip)?,
        None => wasmc_link::link(request)?,
    };
    ram::check(&image, target, stack)?;
    if options.emit == Emit::Bin { Ok(wasmc_link::flatten(&image)?) } else { Ok(image) }
}
