//! The release as an archive: a folder with everything in it.

use anyhow::Result;
use flate2::{Compression, GzBuilder};

use super::{DATE, File, Release, SHELLS, development};

/// The archive's name.
pub fn name(release: &Release) -> String {
    format!("{}.tar.gz", folder(release))
}

/// The folder in it.
pub fn folder(release: &Release) -> String {
    format!("wasmc-{}-{}", release.version, release.host)
}

/// The archive's bytes.
pub fn pack(release: &Release) -> Result<Vec<u8>> {
    let mut files = vec![
        File { name: "wasmc".into(), bytes: release.command.clone(), is_executable: true },
        File::new("README.md", release.readme.clone()),
        File::new("man/wasmc.1", release.manual.clone()),
        File::new("lib/libwasmc_wasi.a", release.wasi.clone()),
    ];
    for ((_, name, _), text) in SHELLS.iter().zip(&release.completions) {
        files.push(File::new(format!("completions/{name}"), text.clone()));
    }
    files.extend(release.headers.iter().map(|file| File::new(format!("include/{}", file.name), file.bytes.clone())));
    files.extend(development::files(&release.version, "wasmc")?);
    files.extend(release.licences.iter().map(|file| File::new(file.name.clone(), file.bytes.clone())));
    files.sort_by(|one, other| one.name.cmp(&other.name));

    let gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    let mut archive = tar::Builder::new(gzip);
    for file in &files {
        let mut header = tar::Header::new_ustar();
        header.set_size(file.bytes.len() as u64);
        header.set_mode(if file.is_executable { 0o755 } else { 0o644 });
        header.set_mtime(DATE);
        archive.append_data(&mut header, format!("{}/{}", folder(release), file.name), file.bytes.as_slice())?;
    }
    Ok(archive.into_inner()?.finish()?)
}
