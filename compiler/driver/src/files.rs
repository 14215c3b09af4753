//! Reading inputs and writing outputs.

use crate::error::{Error, reason};
use crate::temporary::Temporary;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The most symbolic links followed before they count as a loop.
const MAX_LINKS: usize = 40;

/// Whether a path stands for standard input or output.
pub fn is_standard(path: &Path) -> bool {
    path == Path::new("-")
}

/// What messages call a file.
pub fn display_name(path: &Path) -> String {
    if is_standard(path) { "<standard input>".into() } else { path.display().to_string() }
}

/// Reads a file, or standard input for `-`.
///
/// # Errors
/// Where it cannot be read.
pub fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let result = if is_standard(path) {
        io::stdin().lock().read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|mut file| file.read_to_end(&mut bytes))
    };
    result.map_err(|cause| Error::new(format!("cannot read {}: {}", display_name(path), reason(&cause))))?;
    Ok(bytes)
}

/// Writes a whole file: it replaces a regular one in one step, and is written in place to anything else.
///
/// # Errors
/// Where it cannot be written; an existing file is then unchanged, and no other is left.
pub fn write(path: &Path, bytes: &[u8], executable: bool) -> Result<(), Error> {
    let result = if is_standard(path) {
        io::stdout().lock().write_all(bytes).and_then(|()| io::stdout().flush())
    } else {
        follow_links(path).and_then(|path| match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            Ok(metadata) if !metadata.is_file() => write_in_place(&path, bytes),
            _ => replace(&path, bytes, executable),
        })
    };
    let name = if is_standard(path) { Path::new("standard output") } else { path };
    result.map_err(|cause| Error::writing(name, &cause))
}

/// The path at the end of a chain of symbolic links, which need not exist: an output that is a link stays one. A link
/// that neither the user nor root has made may lead anywhere, and is not followed.
fn follow_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_path_buf();
    for _ in 0..MAX_LINKS {
        let Ok(metadata) = fs::symlink_metadata(&path) else { return Ok(path) };
        if !metadata.is_symlink() {
            return Ok(path);
        }
        if metadata.uid() != rustix::process::geteuid().as_raw() && metadata.uid() != 0 {
            return Err(io::Error::other("it is a symbolic link that another user has made"));
        }
        // The target of a link in /proc is not always a path.
        if fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file()) {
            return Ok(path);
        }
        path = folder(&path).join(fs::read_link(&path)?);
    }
    Err(io::Error::other("too many symbolic links"))
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."))
}

fn write_in_place(path: &Path, bytes: &[u8]) -> io::Result<()> {
    OpenOptions::new().write(true).open(path)?.write_all(bytes)
}

fn replace(path: &Path, bytes: &[u8], executable: bool) -> io::Result<()> {
    let (mut file, temporary) = Temporary::file(Some(folder(path)), permissions(executable))?;
    file.write_all(bytes)?;
    temporary.persist(path)
}

/// Before the umask applies.
fn permissions(executable: bool) -> Permissions {
    Permissions::from_mode(if executable { 0o755 } else { 0o644 })
}

/// The path of an output that no option names: the input's without its extension, or with another.
///
/// # Errors
/// Where that would be the input itself, or it comes from standard input.
pub fn default_output(input: &Path, extension: &str) -> Result<PathBuf, Error> {
    let name = input.file_name().filter(|_| !is_standard(input));
    let output = name.map(|name| Path::new(name).with_extension(extension)).filter(|output| !is_same(input, output));
    output.ok_or_else(|| {
        Error::new(format!("there is no name for the output of {}", display_name(input)))
            .help("give one with `-o PATH`")
    })
}

/// The path of a static library that no option names: `libNAME.a` beside the input.
///
/// # Errors
/// As [`default_output`].
pub fn default_library(input: &Path, extension: &str) -> Result<PathBuf, Error> {
    let output = default_output(input, extension)?;
    let name = output.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(output.with_file_name(format!("lib{name}")))
}

/// Whether two paths lead to the same existing file.
pub fn is_same(first: &Path, second: &Path) -> bool {
    match (fs::canonicalize(first), fs::canonicalize(second)) {
        (Ok(first), Ok(second)) => first == second,
        _ => false,
    }
}
