//! WASI, by guest programs under `fixtures/wasi`, where they need more than `fixtures/programs/programs.toml` can give.

mod attacks;
mod files;
mod fuzz;
mod robustness;
mod sockets;

use crate::support::{Bench, finish, root, text, wasmc};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, Output};

/// A program compiled with an empty folder `scratch` granted as `/scratch`.
pub struct Program {
    /// Holds the image and the folder.
    pub bench: Bench,
    image: PathBuf,
}

impl Program {
    /// Compiles `fixtures/wasi/NAME.wasm`.
    pub fn new(name: &str) -> Self {
        let bench = Bench::new();
        let scratch = bench.path("scratch");
        std::fs::create_dir(&scratch).unwrap();
        let grants = ["--dir", &format!("{}::/scratch", scratch.display()), "--env=NAME=value"];
        let image = bench.compile(&module(name), &grants);
        Self { bench, image }
    }

    /// A command that starts it.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.image);
        command.args(args);
        command
    }

    /// As [`Program::command`], with every signal doing what it does by default: those that start the tests may ignore
    /// some, as `nohup` and shells in the background do.
    pub fn command_heeding_signals(&self, args: &[&str]) -> Command {
        let mut command = Command::new("env");
        command.arg("--default-signal").arg(&self.image).args(args);
        command
    }
}

/// The path of a module.
pub fn module(name: &str) -> PathBuf {
    root().join("fixtures/wasi").join(name).with_extension("wasm")
}

/// The program succeeded without any message.
pub fn assert_silent(output: &Output) {
    assert_eq!(text(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0), "{}", output.status);
}

#[test]
fn signals_do_what_the_specification_says() {
    let program = Program::new("raise");
    // Number in WASI, and in Linux: from SIGCHLD (17 there) on they differ by one.
    let ends = (1..=12).map(|number| (number, number)).chain([14, 15].map(|number| (number, number)));
    let ends = ends.chain([23, 24, 25, 26, 28, 29, 30].map(|number| (number, number + 1)));
    for (number, linux) in ends {
        let letter = char::from(b'a' + number as u8 - 1);
        let output = finish(&mut program.command_heeding_signals(&[&letter.to_string()]));
        assert_eq!(output.status.signal(), Some(linux), "signal {number}: {}", text(&output.stderr));
        assert_eq!(text(&output.stdout), "before\n", "signal {number}");
    }
    for (number, name) in [(13, "pipe"), (16, "chld"), (17, "cont"), (22, "urg"), (27, "winch")] {
        let letter = char::from(b'a' + number - 1);
        let output = finish(&mut program.command(&[&letter.to_string()]));
        assert_silent(&output);
        assert_eq!(text(&output.stdout), "before\nafter\n", "{name}");
    }
}

#[test]
fn what_a_version_lacks_or_types_otherwise_is_refused() {
    let bench = Bench::new();
    let refused = |module: &str, name: &str, params: &str, says: &str| {
        let text_of_module = format!(
            r#"(module (import "{module}" "{name}" (func $f {params}(result i32))) (memory (export "memory") 1)
                (func (export "_start") (drop (call $f (i32.const 0) (i32.const 0) (i32.const 0)))))"#
        );
        let output = finish(wasmc().arg(bench.write("module.wat", text_of_module)).arg("-o").arg(bench.path("image")));
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains(says), "{stderr}");
    };
    let three = "(param i32 i32 i32) ";
    refused("wasi_unstable", "sock_accept", three, "not part of WASI snapshot 0");
    refused("wasi_unstable", "fd_fly", three, "not part of WASI snapshot 0");
    refused("wasi_unstable", "fd_seek", three, "in WASI snapshot 0 it is (i32, i64, i32, i32) -> i32");
    refused("wasi_snapshot_preview1", "fd_fly", three, "not part of WASI preview 1");
}
