//! Linking by another linker: what it reads and writes are temporary files.

use crate::error::Error;
use crate::files::Unfinished;
use crate::target::{Target, fill_script};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use wasmc_link::{Input, LinkRequest};

/// Links an ELF image from a folder of temporary files.
///
/// # Errors
/// Where the linker cannot be run, fails, or makes an image that is not as it must be.
pub fn link(linker: &Path, request: &LinkRequest<'_>, target: &Target, strip: bool) -> Result<Vec<u8>, Error> {
    let failed = |cause: io::Error| Error::new(format!("cannot prepare files for {}: {cause}", linker.display()));
    let folder = tempfile::Builder::new().prefix("wasmc-").tempdir().map_err(failed)?;
    let _unfinished = Unfinished::new(folder.path());
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

/// Writes inputs to files in a folder and returns their paths.
///
/// # Errors
/// Where one cannot be written.
pub fn write_inputs(objects: &[Input], archives: &[Input], folder: &Path) -> io::Result<Vec<PathBuf>> {
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
///
/// # Errors
/// With what it wrote to standard error, where it fails.
pub fn run(command: &mut Command, linker: &Path) -> Result<(), Error> {
    let linker = linker.display();
    let output = command.output().map_err(|cause| Error::new(format!("cannot start {linker}: {cause}")))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Error::new(format!("{linker} failed ({}):\n{}", output.status, said.trim_end())))
}
