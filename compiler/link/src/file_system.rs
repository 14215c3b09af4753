//! The linker's file system: inputs and output are in memory, and nothing else exists.

use libwild::{FileSystem, FileType, InputFileData, OutputFileData, OutputOptions};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The output's path.
pub const OUTPUT: &str = "/image";
/// The script's path.
pub const SCRIPT: &str = "/script";

type Bytes = Arc<Cow<'static, [u8]>>;

/// Inputs by path, and one output.
#[derive(Debug, Default)]
pub struct InMemory {
    inputs: HashMap<PathBuf, Bytes>,
    /// An output may not be larger.
    limit: u64,
    output: Arc<Mutex<Option<Vec<u8>>>>,
}

impl InMemory {
    /// No inputs; refuses to make an output of more than `limit` bytes.
    pub fn new(limit: u64) -> Self {
        Self { limit, ..Self::default() }
    }

    /// Adds an input at `path`.
    pub fn add(&mut self, path: String, bytes: Cow<'static, [u8]>) {
        self.inputs.insert(path.into(), Arc::new(bytes));
    }

    /// The output, where one was finished.
    pub fn take_output(&self) -> Option<Vec<u8>> {
        self.output.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl FileSystem for InMemory {
    type Input = InputBytes;
    type Output = OutputBytes;

    fn open_input(&self, path: &Path, _prepopulate: bool) -> libwild::error::Result<(InputBytes, Option<Arc<File>>)> {
        match self.inputs.get(path) {
            Some(bytes) => Ok((InputBytes(Arc::clone(bytes)), None)),
            None => Err(no_such_file(path)),
        }
    }

    fn file_type(&self, path: &Path) -> libwild::error::Result<FileType> {
        if self.inputs.contains_key(path) { Ok(FileType::File) } else { Err(no_such_file(path)) }
    }

    fn canonicalize(&self, path: &Path) -> libwild::error::Result<PathBuf> {
        Ok(path.to_path_buf())
    }

    fn remove_file(&self, path: &Path) -> libwild::error::Result<()> {
        Err(no_such_file(path))
    }

    fn rename_file(&self, path: &Path, _new_path: &Path) -> libwild::error::Result<()> {
        Err(no_such_file(path))
    }

    fn create_output(&self, _path: Arc<Path>, options: OutputOptions) -> libwild::error::Result<OutputBytes> {
        if options.size > self.limit {
            let size = options.size;
            return Err(libwild::error!("the script spreads the image over a file of {size} bytes"));
        }
        Ok(OutputBytes { bytes: vec![0; options.size as usize], finished: Arc::clone(&self.output) })
    }

    fn write_auxiliary(&self, path: &Path, _bytes: &[u8]) -> libwild::error::Result {
        Err(no_such_file(path))
    }
}

fn no_such_file(path: &Path) -> libwild::error::Error {
    let path = path.display();
    libwild::error!("{path}: no such file")
}

/// An input's contents.
#[derive(Debug)]
pub struct InputBytes(Bytes);

impl InputFileData for InputBytes {
    fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The output while it is being written.
#[derive(Debug)]
pub struct OutputBytes {
    bytes: Vec<u8>,
    finished: Arc<Mutex<Option<Vec<u8>>>>,
}

impl OutputFileData for OutputBytes {
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    fn finish(self) -> libwild::error::Result {
        *self.finished.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.bytes);
        Ok(())
    }
}
