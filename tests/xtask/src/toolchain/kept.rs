//! What takes long to build is kept, until what it is built from changes.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use sha2::{Digest as _, Sha256};

/// Has `build` write `artifact`, where it is missing or was built from something else. `made_from` says everything
/// that it depends on, such as a command and a digest of its inputs.
pub fn kept(artifact: &Path, made_from: &str, build: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let mut name = artifact.file_name().context("an artifact has a name")?.to_owned();
    name.push(".from");
    let note = artifact.with_file_name(name);
    if artifact.is_file() && fs::read_to_string(&note).is_ok_and(|text| text == made_from) {
        return Ok(());
    }
    fs::create_dir_all(artifact.parent().context("an artifact lies in a folder")?)?;
    let _ = fs::remove_file(&note);
    build(artifact)?;
    fs::write(note, made_from)?;
    Ok(())
}

/// The digest of bytes, in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::kept;
    use std::fs;

    #[test]
    fn what_is_made_from_the_same_is_not_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let artifact = folder.path().join("artifact");
        let mut times = 0;
        let mut make = |from: &str| {
            kept(&artifact, from, |path| {
                times += 1;
                Ok(fs::write(path, from)?)
            })
            .unwrap();
            assert_eq!(fs::read_to_string(&artifact).unwrap(), from);
        };
        ["one", "one", "two", "two", "one"].into_iter().for_each(&mut make);
        assert_eq!(times, 3);
    }
}
