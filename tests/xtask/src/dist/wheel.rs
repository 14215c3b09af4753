//! The release as a Python wheel: `pip install` puts the command on PATH. There is no Python code in it.

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use object::Endianness;
use object::elf::FileHeader64;
use object::read::elf::FileHeader as _;
use sha2::{Digest as _, Sha256};

use super::{File, Release, SHELLS, development, zip};

/// The wheel's name.
pub fn name(release: &Release) -> Result<String> {
    Ok(format!("wasmc-{}-{}.whl", release.version, tag(release)?))
}

/// What it runs on, as wheels say it: any Python 3, any C interface of Python, and the system's C library from the
/// version on that the command needs.
fn tag(release: &Release) -> Result<String> {
    let (architecture, _) = release.host.split_once('-').context("a host has an architecture")?;
    ensure!(release.host.contains("-linux-gnu"), "wheels are made on Linux with glibc, not on {}", release.host);
    let minor = glibc_minor(&release.command)?;
    Ok(format!("py3-none-manylinux_2_{minor}_{architecture}"))
}

/// The newest minor version of glibc 2 whose symbols an executable refers to.
fn glibc_minor(executable: &[u8]) -> Result<u32> {
    let header = FileHeader64::<Endianness>::parse(executable)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, executable)?;
    let (libraries, link) = sections.gnu_verneed(endian, executable)?.context("the command needs no glibc")?;
    let strings = sections.strings(endian, executable, link)?;
    let mut minors = Vec::new();
    for library in libraries {
        for version in library?.1 {
            let name = String::from_utf8_lossy(version?.name(endian, strings)?);
            let minor: Option<u32> =
                name.strip_prefix("GLIBC_2.").and_then(|rest| rest.split('.').next()?.parse().ok());
            minors.extend(minor);
        }
    }
    minors.into_iter().max().context("the command needs no version of glibc")
}

/// The wheel's bytes.
pub fn pack(release: &Release) -> Result<Vec<u8>> {
    let name = format!("wasmc-{}", release.version);
    let (data, info) = (format!("{name}.data"), format!("{name}.dist-info"));
    let mut files = vec![
        File { name: format!("{data}/scripts/wasmc"), bytes: release.command.clone(), is_executable: true },
        File::new(format!("{data}/data/share/man/man1/wasmc.1"), release.manual.clone()),
    ];
    for ((.., place), text) in SHELLS.iter().zip(&release.completions) {
        files.push(File::new(format!("{data}/data/{place}"), text.clone()));
    }
    for file in &release.headers {
        files.push(File::new(format!("{data}/data/include/{}", file.name), file.bytes.clone()));
    }
    for file in development::files(&release.version, "bin/wasmc")? {
        files.push(File::new(format!("{data}/data/{}", file.name), file.bytes));
    }
    // The description of the wheel comes last, as its format recommends.
    for file in &release.licences {
        files.push(File::new(format!("{info}/licenses/{}", file.name), file.bytes.clone()));
    }
    files.push(File::new(format!("{info}/METADATA"), metadata(release)?));
    let tag = tag(release)?;
    let wheel = format!("Wheel-Version: 1.0\nGenerator: wasmc xtask\nRoot-Is-Purelib: false\nTag: {tag}\n");
    files.push(File::new(format!("{info}/WHEEL"), wheel));
    let record = record(&files, &format!("{info}/RECORD"));
    files.push(record);
    zip::pack(&files)
}

fn metadata(release: &Release) -> Result<String> {
    let mut text = format!(
        "Metadata-Version: 2.4\nName: wasmc\nVersion: {}\nSummary: {}\nLicense-Expression: {}\n",
        release.version, release.description, release.license
    );
    for file in &release.licences {
        text += &format!("License-File: {}\n", file.name);
    }
    text += "Requires-Python: >=3.7\nDescription-Content-Type: text/markdown\n\n";
    text += str::from_utf8(&release.readme)?;
    Ok(text)
}

/// The list of all files with their hashes; itself it has none.
fn record(files: &[File], name: &str) -> File {
    let mut text = String::new();
    for file in files {
        let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(&file.bytes));
        text += &format!("{},sha256={hash},{}\n", file.name, file.bytes.len());
    }
    text += &format!("{name},,\n");
    File::new(name, text)
}
