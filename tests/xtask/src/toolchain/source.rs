//! Where a program comes from.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::crates::Crates;
use crate::manifest::{self, Application, Language, Program};

/// The source of a program.
pub struct Source {
    pub name: String,
    pub language: Language,
    /// The folder that compilers are started in: of a program in Rust, that of its package.
    pub folder: PathBuf,
    pub files: Vec<PathBuf>,
    include: Vec<PathBuf>,
    /// For the compiler, whatever it compiles for.
    pub flags: Vec<String>,
    /// For the module alone.
    pub wasm_flags: Vec<String>,
}

impl Source {
    /// A program of our own.
    pub fn of_program(program: &Program) -> Result<Self> {
        Ok(Source {
            name: program.name.clone(),
            language: program.language()?,
            folder: manifest::programs_folder(),
            files: vec![program.source.clone()],
            include: Vec::new(),
            flags: Vec::new(),
            wasm_flags: program.flags.clone(),
        })
    }

    /// A program in C of one file, which needs nothing.
    pub fn of_one_file(name: &str, file: PathBuf) -> Self {
        Source {
            name: name.to_owned(),
            language: Language::C,
            folder: manifest::root().to_owned(),
            files: vec![file],
            include: Vec::new(),
            flags: Vec::new(),
            wasm_flags: Vec::new(),
        }
    }

    /// A driver with the files of others that it needs.
    pub fn of_application(application: &Application, crates: &Crates) -> Result<Self> {
        let name = &application.name;
        let drivers: &[String] = match application.language {
            Language::C => &[format!("c/{name}.c")],
            Language::Rust => &[format!("rust/{name}.rs")],
            Language::Go => &[format!("go/{name}.go"), "go/drive.go".to_owned()],
            Language::Cpp | Language::Text => &[],
        };
        let mut files: Vec<PathBuf> = drivers.iter().map(PathBuf::from).collect();
        for pattern in &application.files {
            files.extend(crates.files(pattern).with_context(|| name.clone())?);
        }
        let include = application.include.iter().map(|path| crates.path(path)).collect::<Result<_>>()?;
        let mut flags = application.flags.clone();
        if application.language == Language::C {
            // Warnings of others are theirs.
            flags.push("-w".to_owned());
        }
        Ok(Source {
            name: name.clone(),
            language: application.language,
            folder: manifest::applications_folder(),
            files,
            include,
            flags,
            wasm_flags: application.wasm_flags.clone(),
        })
    }

    /// Whether the module has vector instructions, which not every compiler takes.
    pub fn has_vectors(&self) -> bool {
        self.wasm_flags.iter().any(|flag| flag == "-msimd128")
    }

    /// Tells a C compiler what to compile.
    pub fn add_to(&self, compiler: &mut Command) {
        for folder in &self.include {
            compiler.arg("-I").arg(folder);
        }
        compiler.args(&self.flags).args(&self.files).current_dir(&self.folder);
    }
}
