//! Runs libwild on files in memory.

use crate::error::{Error, Unresolved};
use crate::file_system::{self, InMemory};
use crate::inputs;
use crate::request::LinkRequest;
use crate::target::Architecture;
use libwild::error::Warning;
use libwild::{Args, Linker};
use std::borrow::Cow;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

/// How its warning about an undefined symbol begins and goes on.
const UNDEFINED: (&str, &str) = ("Undefined symbol ", ", referenced by ");

type Warnings = Arc<Mutex<Vec<String>>>;

/// The linked file: right addresses and contents, but not yet laid out as an executable should be.
pub fn link(request: &LinkRequest<'_>) -> Result<Vec<u8>, Error> {
    let (files, paths) = files(request);
    let warnings = Warnings::default();
    let options = arguments(request, &paths);
    let result = run(files, &options, Arc::clone(&warnings), request.jobs)?;
    let unresolved = unresolved(&warnings.lock().unwrap_or_else(PoisonError::into_inner), &paths);
    if !unresolved.is_empty() {
        return Err(Error::Unresolved(unresolved));
    }
    let output = result.map_err(|error| explain(&error.to_string(), request, &paths))?;
    output.ok_or_else(|| Error::Linker("no output was written".into()))
}

/// Links an object, which needs nothing of others, to a shared library of this name.
pub fn link_shared(object: Vec<u8>, soname: &str, target: Architecture, jobs: NonZeroUsize) -> Result<Vec<u8>, Error> {
    const INPUT: &str = "/library.o";
    let mut files = InMemory::new(4 * object.len() as u64 + (64 << 20));
    files.add(INPUT.into(), Cow::Owned(object));
    let options = [
        &["ld", "-flavor", "gnu", "-m", target.emulation(), "-shared", "-o", file_system::OUTPUT][..],
        &["--gc-sections", "--build-id=none", "--no-identity-comment", "--hash-style=gnu", "-z", "text"],
        &["--no-undefined", "-soname", soname, INPUT],
    ];
    let result = run(files, &options.concat(), Warnings::default(), jobs)?;
    let output = result.map_err(|error| Error::Linker(error.to_string()))?;
    output.ok_or_else(|| Error::Linker("no output was written".into()))
}

type Output = libwild::error::Result<Option<Vec<u8>>>;

/// Runs the linker with these words, the first of which is its name.
fn run(files: InMemory, words: &[&str], warnings: Warnings, jobs: NonZeroUsize) -> Result<Output, Error> {
    let get = || words.iter().copied();
    let failed = |error: libwild::error::Error| Error::Linker(error.to_string());
    let mut args = Args::new(get).map_err(failed)?;
    args.on_warning(Box::new(move |warning: Warning| {
        warnings.lock().unwrap_or_else(PoisonError::into_inner).push(warning.warning().into());
    }));
    args.parse(get).map_err(failed)?;
    let threads = rayon_core::ThreadPoolBuilder::new().num_threads(jobs.get()).build();
    let threads = threads.map_err(|error| Error::Linker(format!("cannot start threads: {error}")))?;
    Ok(threads.install(|| {
        let linker = Linker::with_file_system(files);
        linker.run(&args)?;
        Ok(linker.file_system().take_output())
    }))
}

/// Path of an input and the name by which messages call it.
struct InputPath {
    path: String,
    name: String,
}

fn files(request: &LinkRequest<'_>) -> (InMemory, Vec<InputPath>) {
    let inputs = || request.objects.iter().chain(&request.archives);
    let size: usize = inputs().map(|input| input.bytes.len()).sum();
    let mut files = InMemory::new(4 * size as u64 + (64 << 20));
    let mut paths = Vec::new();
    for (index, input) in inputs().enumerate() {
        let path = format!("/input{index}");
        files.add(path.clone(), inputs::keep_got_loads(input, request.architecture));
        paths.push(InputPath { path, name: input.name.clone() });
    }
    files.add(file_system::SCRIPT.into(), Cow::Owned(request.script.as_bytes().to_vec()));
    (files, paths)
}

fn arguments<'r>(request: &LinkRequest<'r>, inputs: &'r [InputPath]) -> Vec<&'r str> {
    let fixed = ["ld", "-flavor", "gnu", "-m", request.architecture.emulation(), "-static", "-o", file_system::OUTPUT];
    // Segments are made later (`crate::image`): no page alignment here. Undefined symbols are collected from the
    // warnings, because an error would name only the first.
    let options = [
        "--nmagic",
        "--gc-sections",
        "--build-id=none",
        "--no-identity-comment",
        "--no-demangle",
        "--warn-unresolved-symbols",
        "--script",
        file_system::SCRIPT,
        "--entry",
        request.entry,
    ];
    let paths = inputs.iter().map(|input| input.path.as_str());
    fixed.into_iter().chain(options).chain(paths).collect()
}

fn unresolved(warnings: &[String], inputs: &[InputPath]) -> Vec<Unresolved> {
    let mut all: Vec<Unresolved> = warnings.iter().filter_map(|each| parse_undefined(each, inputs)).collect();
    all.sort();
    all.dedup();
    all
}

fn parse_undefined(warning: &str, inputs: &[InputPath]) -> Option<Unresolved> {
    let (symbol, rest) = warning.strip_prefix(UNDEFINED.0)?.split_once(UNDEFINED.1)?;
    let referrer = rest.lines().last().unwrap_or_default().trim();
    Some(Unresolved { symbol: symbol.into(), referrer: with_names(referrer, inputs) })
}

/// `text` with the names of inputs in place of their paths.
fn with_names(text: &str, inputs: &[InputPath]) -> String {
    // From the last to the first, as `/input1` begins `/input10`.
    inputs.iter().rev().fold(text.to_owned(), |text, input| text.replace(&input.path, &input.name))
}

fn explain(message: &str, request: &LinkRequest<'_>, paths: &[InputPath]) -> Error {
    inputs::absolute_addressing(request.objects.iter().chain(&request.archives), request.architecture)
        .unwrap_or_else(|| Error::Linker(with_names(message, paths).trim_end().to_owned()))
}
