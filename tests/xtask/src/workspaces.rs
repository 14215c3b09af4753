//! The workspaces of the repository, for the commands that go through all of them.

use std::process::{Command, ExitStatus};

use anyhow::{Context, Result, ensure};

use crate::manifest;

/// The folders of the workspaces: the compiler with its tests and the runtime; the fixtures written in Rust, which are
/// built for another machine, with a profile of their own; drivers of other people's code; examples of libraries, and
/// the guest of one.
pub const WORKSPACES: [&str; 5] = [
    ".",
    "fixtures/programs",
    "fixtures/applications",
    "compiler/build/examples",
    "compiler/build/examples/decoder/guest",
];

/// The cargo that runs this program, started at the root. Given no `--package`, it selects the features of dependencies
/// for the whole workspace, whatever it builds: all commands share one build of them.
pub fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(manifest::root());
    cargo
}

/// Builds the program `name` of the tests and runs it where this one was started.
pub fn run(name: &str, arguments: &[String]) -> Result<ExitStatus> {
    let status = cargo().args(["build", "--quiet", "--release", "--bin", name]).status().context("starting cargo")?;
    ensure!(status.success(), "{name} does not build");
    let program = std::env::current_exe()?.with_file_name(name);
    Command::new(&program).args(arguments).status().with_context(|| format!("starting {}", program.display()))
}

/// [`cargo`] for the workspace `folder`: started there, so that the folder's configuration applies; it builds in
/// `target/FOLDER`.
pub fn cargo_in(folder: &str) -> Command {
    let mut cargo = cargo();
    if folder != "." {
        cargo.current_dir(manifest::root().join(folder));
        cargo.env("CARGO_TARGET_DIR", manifest::root().join("target").join(folder));
    }
    cargo
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every manifest of the repository belongs to a workspace that the commands go through.
    #[test]
    fn no_workspace_is_left_out() {
        let root = manifest::root();
        let mut folders = vec![root.to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).unwrap().map(Result::unwrap) {
                let path = entry.path();
                if path.is_dir() && !path.is_symlink() && !path.ends_with("target") && !path.ends_with(".git") {
                    folders.push(path);
                } else if entry.file_name() == "Cargo.lock" {
                    let workspace = folder.strip_prefix(root).unwrap().to_str().unwrap();
                    let workspace = if workspace.is_empty() { "." } else { workspace };
                    assert!(WORKSPACES.contains(&workspace), "{workspace} is in no list of workspaces");
                }
            }
        }
    }
}
