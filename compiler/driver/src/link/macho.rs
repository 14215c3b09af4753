//! Linking for macOS: by its own linker or by LLVM's, against a list of what the runtime uses of the system library.

use super::external::{run, write_inputs};
use crate::error::Error;
use crate::files::Unfinished;
use crate::options::Options;
use crate::runtimes;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use wasmc_link::{Architecture, Input};

/// Name of the executable while it is linked, which its signature contains.
const OUTPUT: &str = "program";

/// Links an executable.
///
/// # Errors
/// Where there is no linker, or the inputs do not fit together.
pub fn link(objects: &[Input], archives: &[Input], options: &Options) -> Result<Vec<u8>, Error> {
    let linker = match &options.linker {
        Some(linker) => linker.clone(),
        None => find(&options.target.name)?,
    };
    let failed = |cause: io::Error| Error::new(format!("cannot prepare files for {}: {cause}", linker.display()));
    let folder = tempfile::Builder::new().prefix("wasmc-").tempdir().map_err(failed)?;
    let _unfinished = Unfinished::new(folder.path());
    let output = folder.path().join(OUTPUT);
    let exported = folder.path().join("exported");
    fs::write(folder.path().join("libSystem.tbd"), wasmc_linker_scripts::LIB_SYSTEM).map_err(failed)?;
    fs::write(&exported, "").map_err(failed)?;
    let inputs = write_inputs(objects, archives, folder.path()).map_err(failed)?;
    let mut command = Command::new(&linker);
    command.args(flavour(&linker)).args(arguments(options)).args(inputs);
    command.arg("-exported_symbols_list").arg(exported);
    command.arg("-L").arg(folder.path()).args(["-lSystem", "-o"]).arg(&output);
    run(&mut command, &linker)?;
    let image = fs::read(&output).map_err(|error| Error::reading(&output, &error))?;
    wasmc_link::verify_macho(&image, options.target.architecture)?;
    Ok(image)
}

/// Under its general name, LLVM's linker must be told which linker to act as.
fn flavour(linker: &Path) -> &'static [&'static str] {
    let name = linker.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    if name == "rust-lld" || name == "lld" || name.starts_with("lld-") { &["-flavor", "darwin"] } else { &[] }
}

fn arguments(options: &Options) -> Vec<OsString> {
    let architecture = match options.target.architecture {
        Architecture::Aarch64 => "arm64",
        Architecture::X86_64 => "x86_64",
        Architecture::Riscv64 => unreachable!("no such objects have been written"),
    };
    let version = version(options);
    // Without the system's library folders (`-Z`). The second version is that of the development kit.
    let mut arguments = vec!["-arch", architecture, "-platform_version", "macos", &version, &version, "-Z"];
    arguments.extend(["-dead_strip", "-adhoc_codesign", "-e", "_main"]);
    if options.strip {
        arguments.extend(["-x", "-S"]);
    }
    arguments.into_iter().map(OsString::from).collect()
}

/// The oldest version of macOS that the target supports.
fn version(options: &Options) -> String {
    match options.target.codegen.triple.operating_system {
        target_lexicon::OperatingSystem::MacOSX(Some(oldest)) => format!("{}.{}", oldest.major, oldest.minor),
        _ => "11.0".into(),
    }
}

/// A linker on PATH.
fn find(target: &str) -> Result<PathBuf, Error> {
    /// Versions in the names that distributions give LLVM's programs.
    const VERSIONS: std::ops::RangeInclusive<u32> = 14..=30;
    // A linker called `ld` links for its own system.
    let own = runtimes::NATIVE.ends_with("-macos").then(|| "ld".to_string());
    let versions = VERSIONS.rev().map(|version| format!("ld64.lld-{version}"));
    let names = own.into_iter().chain(["ld64.lld".into()]).chain(versions).chain(["rust-lld".into()]);
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    let mut candidates = names.flat_map(|name| folders.iter().map(move |folder| folder.join(&name)));
    candidates.find(|candidate| candidate.is_file()).ok_or_else(|| {
        let error = Error::new(format!("no linker for target `{target}`: there is no `ld64.lld` on PATH"));
        error.help(
            "install LLVM's linker (`apt-get install lld`, `brew install lld`), or name one: `--linker rust-lld`; \
             `--emit obj` needs none",
        )
    })
}
