//! Compiles a program in every way and counts what each executes.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use object::{Object as _, ObjectSection as _};

use super::counter::{Counted, Counter, Counts};
use super::machine::Machine;
use crate::peers::{Invocation, Wasmtime};
use crate::process;
use crate::toolchain::{Source, build_native};

/// A program with its inputs.
pub struct Subject<'a> {
    pub name: &'a str,
    pub wasm: PathBuf,
    /// Whether it has SIMD.
    pub has_vectors: bool,
    /// The source of the native build, where there is one.
    pub source: Option<&'a Source>,
    pub invocation: Invocation,
}

/// The compilers, and what counts their programs on one machine.
pub struct Bench<'a> {
    pub machine: &'a Machine,
    pub wasmc: &'a Path,
    pub wasmtime: Option<Wasmtime>,
    pub counter: &'a Counter,
    /// Where programs are written.
    pub folder: PathBuf,
    /// More options of wasmc.
    pub options: Vec<String>,
}

/// What was counted of one program.
pub struct Row {
    pub name: String,
    pub ours: Counts,
    pub native: Option<Counts>,
    pub wasmtime: Option<Counts>,
    /// The bytes of code that the module became, without the runtime.
    pub text: u64,
}

impl Bench<'_> {
    /// Compiles a program in every way and counts it. All outputs must be the same.
    pub fn measure(&self, subject: &Subject) -> Result<Row> {
        let context = |compiler| format!("{} of {} on {}", subject.name, compiler, self.machine.name);
        let ours = self.ours(subject).with_context(|| context("wasmc"))?;
        let counts_of = |compiler, counted: Result<Counted>| {
            let counted = counted.with_context(|| context(compiler))?;
            ensure!(counted.stdout == ours.stdout, "{}: the output differs from ours", context(compiler));
            Ok(counted.counts)
        };
        let native = subject.source.map(|source| counts_of("native code", self.native(subject, source)));
        let wasmtime = self.wasmtime.as_ref().map(|wasmtime| counts_of("Wasmtime", self.wasmtime(subject, wasmtime)));
        Ok(Row {
            name: subject.name.to_owned(),
            ours: ours.counts,
            native: native.transpose()?,
            wasmtime: wasmtime.transpose()?,
            text: self.text_size(subject)?,
        })
    }

    /// Compiles and counts with wasmc alone.
    pub fn ours(&self, subject: &Subject) -> Result<Counted> {
        let artifact = self.executable(subject)?;
        self.counter.count(self.machine.emulator, &[OsString::from(artifact)], &subject.invocation)
    }

    /// Compiles with wasmc.
    pub fn executable(&self, subject: &Subject) -> Result<PathBuf> {
        let artifact = self.artifact(subject, "wasmc");
        self.wasmc(subject, "exe", &artifact)?;
        Ok(artifact)
    }

    fn native(&self, subject: &Subject, source: &Source) -> Result<Counted> {
        let artifact = build_native(source, self.machine.native)?.context("it cannot be built for this CPU")?;
        self.counter.count(self.machine.emulator, &[OsString::from(artifact)], &subject.invocation)
    }

    fn wasmtime(&self, subject: &Subject, wasmtime: &Wasmtime) -> Result<Counted> {
        let artifact = self.artifact(subject, "wasmtime");
        let emulator = [self.machine.emulator, &["-L", self.machine.root]].concat();
        // Compiling takes long in an emulator: where this machine is of that kind, it is told what the other one has.
        let is_here = self.machine.target.starts_with(std::env::consts::ARCH);
        let compiler = if is_here {
            wasmtime.compiler_for_baseline(&subject.wasm, &artifact)
        } else {
            wasmtime.compiler(&emulator, &subject.wasm, &artifact)
        };
        process::tool(compiler)?;
        self.counter.count(&emulator, &wasmtime.program(&artifact), &subject.invocation)
    }

    /// The bytes of code that the module became: an object has nothing of the runtime.
    fn text_size(&self, subject: &Subject) -> Result<u64> {
        let artifact = self.artifact(subject, "o");
        self.wasmc(subject, "obj", &artifact)?;
        let bytes = fs::read(&artifact)?;
        let file = object::File::parse(&*bytes)?;
        Ok(file.section_by_name(".text").context("the object has no .text")?.size())
    }

    fn wasmc(&self, subject: &Subject, emit: &str, artifact: &Path) -> Result<()> {
        let mut command = Command::new(self.wasmc);
        command.args(["--target", self.machine.target, "--cpu", self.machine.cpu, "--emit", emit]);
        command.args(&self.options);
        command.arg(&subject.wasm).arg("-o").arg(artifact);
        process::tool(command)?;
        Ok(())
    }

    fn artifact(&self, subject: &Subject, kind: &str) -> PathBuf {
        self.folder.join(format!("{}.{kind}", subject.name))
    }
}

impl Row {
    /// The row without what the empty program takes.
    pub fn without(mut self, start_up: &Row) -> Self {
        let subtract = |counts: Option<Counts>, of: Option<Counts>| Some(counts?.without(of?));
        self.ours = self.ours.without(start_up.ours);
        self.native = subtract(self.native, start_up.native);
        self.wasmtime = subtract(self.wasmtime, start_up.wasmtime);
        self
    }
}

/// One count divided by another, where both are something.
pub fn ratio(ours: u64, other: u64) -> Option<f64> {
    (ours > 0 && other > 0).then(|| ours as f64 / other as f64)
}
