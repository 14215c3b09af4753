//! The object and what it is linked with to an executable, by the linker inside or by one that the user names.

use crate::options::{Emit, Options};
use crate::target::{ObjectFormat, Target, fill_script};
use crate::{Error, bare, cfi, macho, runtimes};
use std::borrow::Cow;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use wasmc_abi::symbols;
use wasmc_link::{GnuProperties, Input, LinkRequest};
use wasmc_object::ObjectFile;

const ARCHIVE_MAGIC: &[u8] = b"!<arch>\n";

/// What the program is linked with.
#[derive(Debug)]
pub struct Inputs {
    objects: Vec<Input>,
    archives: Vec<Input>,
    features: GnuProperties,
}

impl Inputs {
    /// The user's objects and archives, and the target's runtime behind them.
    ///
    /// # Errors
    /// Where there is no runtime, or an object cannot be linked under the options.
    pub fn new(natives: Vec<Input>, options: &Options) -> Result<Self, Error> {
        let runtime = Cow::Borrowed(runtimes::find(&options.target.runtime)?);
        let features = cfi::features(options, &natives)?;
        let is_archive = |input: &Input| input.bytes.starts_with(ARCHIVE_MAGIC);
        let (mut archives, objects): (Vec<Input>, Vec<Input>) = natives.into_iter().partition(is_archive);
        archives.push(Input { name: "<runtime>".into(), bytes: runtime });
        Ok(Self { objects, archives, features })
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Input> {
        self.objects.iter().chain(&self.archives)
    }
}

/// Links an executable.
///
/// # Errors
/// Where the inputs do not fit together.
pub fn link(program: ObjectFile, inputs: Inputs, options: &Options) -> Result<Vec<u8>, Error> {
    let Inputs { mut objects, archives, features } = inputs;
    let memory_address = program.memory_address;
    objects.insert(0, Input { name: "<program>".into(), bytes: program.bytes.into() });
    let target = &options.target;
    if target.object_format == ObjectFormat::MachO {
        return macho::link(&objects, &archives, options);
    }
    let request = LinkRequest {
        objects,
        archives,
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
        Some(linker) => link_by(linker, &request, target, options.strip)?,
        None => wasmc_link::link(request)?,
    };
    bare::check_room(&image, options)?;
    if options.emit == Emit::Bin { Ok(wasmc_link::flatten(&image)?) } else { Ok(image) }
}

/// Links with another linker, from a folder of temporary files.
fn link_by(linker: &Path, request: &LinkRequest<'_>, target: &Target, strip: bool) -> Result<Vec<u8>, Error> {
    let failed = |cause: io::Error| Error::new(format!("cannot prepare files for {}: {cause}", linker.display()));
    let folder = tempfile::Builder::new().prefix("wasmc-").tempdir().map_err(failed)?;
    let script = folder.path().join("script.ld");
    let output = folder.path().join("image");
    let template = &target.external_linker_script;
    let text = fill_script(template, target, request.memory_address, request.gnu_properties);
    fs::write(&script, text).map_err(failed)?;
    let inputs = write_inputs(&request.objects, &request.archives, folder.path()).map_err(failed)?;
    run(Command::new(linker).args(arguments(request, &script, &output)).args(inputs), linker)?;
    let linked = fs::read(&output).map_err(|error| Error::reading(&output, &error))?;
    Ok(wasmc_link::adopt(&linked, &request.expectations(), strip)?)
}

fn arguments(request: &LinkRequest<'_>, script: &Path, output: &Path) -> Vec<OsString> {
    // GNU ld would make 32-bit absolute addresses of loads from the global offset table (--no-relax).
    let options =
        ["-static", "--gc-sections", "--build-id=none", "--no-relax", "-z", "noexecstack", "--entry", request.entry];
    let mut arguments: Vec<OsString> = options.iter().map(OsString::from).collect();
    arguments.extend(["-T".into(), script.into(), "-o".into(), output.into()]);
    arguments
}

/// Writes inputs to files and returns their paths.
pub(crate) fn write_inputs(objects: &[Input], archives: &[Input], folder: &Path) -> io::Result<Vec<PathBuf>> {
    let objects = objects.iter().map(|input| (input, "o"));
    let archives = archives.iter().map(|input| (input, "a"));
    let mut paths = Vec::new();
    for (index, (input, extension)) in objects.chain(archives).enumerate() {
        let path = folder.join(format!("{index}.{extension}"));
        fs::write(&path, &input.bytes)?;
        paths.push(path);
    }
    Ok(paths)
}

/// Runs a linker.
pub(crate) fn run(command: &mut Command, linker: &Path) -> Result<(), Error> {
    let linker = linker.display();
    let output = command.output().map_err(|cause| Error::new(format!("cannot start {linker}: {cause}")))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Error::new(format!("{linker} failed ({}):\n{}", output.status, said.trim_end())))
}
