//! Whether the archive and the wheel work where nothing else is installed.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use flate2::read::GzDecoder;
use object::{Architecture, Object as _};

use super::{Release, SHELLS};
use crate::{manifest, process};

/// Unpacks the archive, compiles with the command in it, and looks for the rest.
pub fn archive(archive: &Path, release: &Release) -> Result<()> {
    let folder = tempfile::tempdir()?;
    tar::Archive::new(GzDecoder::new(File::open(archive)?)).unpack(folder.path())?;
    let root = folder.path().join(super::archive::folder(release));
    let completions = SHELLS.map(|(_, name, _)| format!("completions/{name}"));
    let texts = ["README.md", "LICENSE-APACHE", "LICENSE-MIT", "THIRD-PARTY-LICENSES", "man/wasmc.1"];
    let native = ["include/wasmc.h", "lib/libwasmc_wasi.a"];
    for name in completions.iter().map(String::as_str).chain(texts).chain(native) {
        let length = fs::metadata(root.join(name)).with_context(|| format!("the archive lacks {name}"))?.len();
        ensure!(length > 0, "{name} in the archive is empty");
    }
    builds_by_cmake(&root, folder.path())?;
    compiles(&root.join("wasmc"), folder.path())
}

/// Builds a host in C with the package for CMake in `prefix`, where CMake is installed, and asks pkg-config.
fn builds_by_cmake(prefix: &Path, folder: &Path) -> Result<()> {
    let Some(cmake) = process::find("cmake") else {
        println!("skipped: cmake is not installed");
        return Ok(());
    };
    let (source, build) = (manifest::root().join("compiler/build/examples/c_host"), folder.join("c_host"));
    let mut configure = Command::new(&cmake);
    configure.arg("-S").arg(&source).arg("-B").arg(&build).arg(format!("-DCMAKE_PREFIX_PATH={}", prefix.display()));
    process::tool(configure)?;
    let mut make = Command::new(&cmake);
    make.arg("--build").arg(&build);
    process::tool(make)?;
    process::tool(Command::new(build.join("c_host")))?;
    if let Some(config) = process::find("pkg-config") {
        let mut config = Command::new(config);
        config.env("PKG_CONFIG_PATH", prefix.join("share/pkgconfig")).args(["--variable=wasmc", "wasmc"]);
        let named = String::from_utf8(process::tool(config)?.stdout)?;
        ensure!(Path::new(named.trim()).exists(), "pkg-config names {named}, which is not there");
    }
    Ok(())
}

/// Installs the wheel into an empty virtual environment, without an index, and compiles with the command.
pub fn wheel(wheel: &Path) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let environment = folder.path().join("environment");
    let mut python = Command::new("python3");
    python.args(["-m", "venv"]).arg(&environment);
    process::tool(python)?;
    let mut pip = Command::new(environment.join("bin/pip"));
    pip.args(["install", "--quiet", "--no-index", "--disable-pip-version-check"]).arg(wheel);
    process::tool(pip)?;
    compiles(&environment.join("bin/wasmc"), folder.path())
}

/// Compiles a program for another machine, with nothing in the environment but an empty `PATH`, and runs it where there
/// is an emulator.
fn compiles(wasmc: &Path, folder: &Path) -> Result<()> {
    let program = manifest::programs(Some("hello"))?.into_iter().next().context("there is no fixture `hello`")?;
    let module = folder.join("app.wasm");
    fs::copy(manifest::programs_folder().join(&program.wasm), &module)?;
    let output = folder.join("app");
    let mut command = Command::new(wasmc);
    command.env_clear().env("PATH", "").arg(&module).args(["--target", "aarch64-linux", "-o"]).arg(&output);
    process::tool(command)?;
    let image = fs::read(&output)?;
    ensure!(
        object::File::parse(image.as_slice())?.architecture() == Architecture::Aarch64,
        "{} is not for aarch64",
        output.display()
    );
    if let Some(emulator) = process::find("qemu-aarch64") {
        let run = program.run.first().context("`hello` has no run")?;
        let expected = run.stdout.as_ref().context("`hello` has no output")?;
        let mut command = Command::new(emulator);
        command.arg(&output);
        let stdout = process::tool(command)?.stdout;
        let expected = fs::read(manifest::programs_folder().join(expected))?;
        ensure!(stdout == expected, "{} prints something else than expected", output.display());
    }
    Ok(())
}
