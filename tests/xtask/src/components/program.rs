//! A program: how it is made, what it is given, and what it must do.

use std::path::Path;

use anyhow::Result;

/// Makes a component at a path; where a tool is missing, returns how to install it instead.
pub type Build = Box<dyn Fn(&Path) -> Result<Option<String>>>;

/// A component, compiled once and run several times.
pub struct Program {
    pub name: String,
    pub built_by: String,
    pub build: Build,
    /// Options of wasmc, in which `{scratch}` is a folder that is empty but for `files`.
    pub options: Vec<String>,
    /// Names and contents of files in that folder.
    pub files: Vec<(String, String)>,
    pub checks: Vec<Check>,
    /// Where its start is measured: arguments of a run that does little.
    pub measured: Option<&'static [&'static str]>,
}

/// A run of a program.
#[derive(Default)]
pub struct Check {
    /// Arguments, in which `{port}` is that of servers that send back what comes.
    pub args: Vec<String>,
    pub stdin: Vec<u8>,
    pub stdout: Vec<u8>,
    pub status: i32,
}

impl Program {
    /// A program that is given nothing.
    pub fn new(
        name: impl Into<String>,
        built_by: impl Into<String>,
        build: impl Fn(&Path) -> Result<Option<String>> + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            built_by: built_by.into(),
            build: Box::new(build),
            options: Vec::new(),
            files: Vec::new(),
            checks: Vec::new(),
            measured: None,
        }
    }

    /// The name of the component's file.
    pub fn file_name(&self) -> String {
        let words: String =
            self.name.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '_' }).collect();
        format!("{words}.wasm")
    }
}

impl Check {
    /// A run with these arguments that prints these lines.
    pub fn new(args: &[&str], stdout: &str) -> Self {
        let args = args.iter().map(ToString::to_string).collect();
        Self { args, stdout: stdout.into(), ..Self::default() }
    }
}
