//! Temporary files and folders. They are removed where a signal ends the command, too: see `cli/signals.rs`.

use std::fs::{self, File, Permissions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tempfile::Builder;

/// What exists now.
static EXISTING: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn existing() -> MutexGuard<'static, Vec<PathBuf>> {
    EXISTING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes all temporary files and folders, for a process that is about to end: whoever makes another waits for that.
pub fn remove_all() {
    remove_each(existing());
}

/// As [`remove_all`], for a thread that may itself be making or removing one: then nothing is done.
pub fn remove_all_at_once() {
    if let Ok(existing) = EXISTING.try_lock() {
        remove_each(existing);
    }
}

fn remove_each(existing: MutexGuard<'_, Vec<PathBuf>>) {
    existing.iter().for_each(|path| remove(path));
    std::mem::forget(existing);
}

/// How often a folder is emptied that another thread still makes files in.
const MAX_TRIES: u32 = 1000;

fn remove(path: &Path) {
    let is_filled_again = || {
        let removed = fs::remove_file(path).or_else(|_| fs::remove_dir_all(path));
        removed.is_err_and(|error| error.kind() == io::ErrorKind::DirectoryNotEmpty)
    };
    for _ in 0..MAX_TRIES {
        if !is_filled_again() {
            break;
        }
    }
}

/// A file or folder that is removed in the end.
#[derive(Debug)]
pub struct Temporary {
    path: PathBuf,
}

impl Temporary {
    /// Makes it under the lock: a signal finds either both, the file and its name, or none.
    fn make<R>(make: impl FnOnce() -> io::Result<(R, PathBuf)>) -> io::Result<(R, Self)> {
        let mut existing = existing();
        let (made, path) = make()?;
        existing.push(path.clone());
        Ok((made, Self { path }))
    }

    /// A folder.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn folder() -> io::Result<Self> {
        let make = || Builder::new().prefix("wasmc-").tempdir().map(|folder| ((), folder.keep()));
        Self::make(make).map(|((), folder)| folder)
    }

    /// A file in `folder`, or where temporary files lie on this system; open for writing.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn file(folder: Option<&Path>, permissions: Permissions) -> io::Result<(File, Self)> {
        let mut builder = Builder::new();
        builder.prefix(".wasmc-").permissions(permissions);
        Self::make(|| {
            let file = folder.map_or_else(|| builder.tempfile(), |folder| builder.tempfile_in(folder))?;
            file.keep().map_err(|error| error.error)
        })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives a file its final name, in one step: whatever had that name before is replaced.
    ///
    /// # Errors
    /// Where that is not possible; then nothing is left.
    pub fn persist(self, path: &Path) -> io::Result<()> {
        let mut existing = existing();
        fs::rename(&self.path, path)?;
        // Its old name may be anyone's from now on.
        existing.retain(|path| *path != self.path);
        drop(existing);
        std::mem::forget(self);
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let mut existing = existing();
        remove(&self.path);
        existing.retain(|path| *path != self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As when a signal comes while a linker's inputs are written.
    #[test]
    fn a_folder_that_files_are_made_in_is_removed() {
        for _ in 0..20 {
            let folder = Temporary::folder().unwrap();
            let path = folder.path().to_owned();
            let writer = std::thread::spawn(move || {
                for number in 0..20_000 {
                    if File::create(path.join(number.to_string())).is_err() {
                        break;
                    }
                }
            });
            while fs::read_dir(folder.path()).unwrap().count() < 20 {}
            remove(folder.path());
            let is_left = folder.path().exists();
            writer.join().unwrap();
            assert!(!is_left);
        }
    }
}
