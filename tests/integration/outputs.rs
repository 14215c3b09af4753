//! Where the output goes: links, limits of files, signals, several compilations at once.

use crate::support::{Bench, finish, text, wasmc};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, lchown, symlink};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::Duration;

const EMPTY: &str = r#"(module (func (export "_start")))"#;

#[test]
fn a_link_is_followed_where_the_user_or_root_has_made_it() {
    let bench = Bench::new();
    let module = bench.write("module.wat", EMPTY);
    let (link, target) = (bench.path("link"), bench.path("target"));
    symlink("target", &link).unwrap();
    let compile = || finish(wasmc().arg(&module).arg("-o").arg(&link));
    assert!(compile().status.success());
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink() && target.is_file());
    // Only root can give a link away.
    if lchown(&link, Some(65534), None).is_err() {
        eprintln!("skipped: links cannot be given away here");
        return;
    }
    fs::write(&target, "mine").unwrap();
    let output = compile();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("a symbolic link that another user has made"), "{}", text(&output.stderr));
    assert_eq!(fs::read(&target).unwrap(), b"mine");
}

#[test]
fn a_file_larger_than_the_system_allows_is_an_error_that_leaves_nothing() {
    let bench = Bench::new();
    let module = bench.write("module.wat", EMPTY);
    let folder = bench.path("out");
    fs::create_dir(&folder).unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"ulimit -f 0; exec "$0" "$@""#]).arg(wasmc().get_program());
    let output = finish(shell.arg(&module).arg("-o").arg(folder.join("image")));
    assert_eq!(output.status.code(), Some(1), "{}: {}", output.status, text(&output.stderr));
    assert!(text(&output.stderr).contains("cannot write"), "{}", text(&output.stderr));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn a_signal_leaves_no_temporary_files() {
    let bench = Bench::new();
    let module = bench.write("module.wat", EMPTY);
    let temporary = bench.path("temporary");
    fs::create_dir(&temporary).unwrap();
    // A linker that takes its time: meanwhile its inputs are temporary files.
    let linker = bench.write("linker", "#!/bin/sh\nexec sleep 20\n");
    fs::set_permissions(&linker, Permissions::from_mode(0o755)).unwrap();
    let count = || fs::read_dir(&temporary).unwrap().count();
    for signal in ["HUP", "INT", "TERM"] {
        let mut command = Command::new("env");
        command.arg("--default-signal").arg(wasmc().get_program()).arg(&module).arg("-o").arg(bench.path("image"));
        command.arg("--linker").arg(&linker).env("TMPDIR", &temporary);
        let mut child = command.stdin(Stdio::null()).spawn().unwrap();
        for _ in 0..1000 {
            if count() > 0 {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(count(), 1, "the linker's folder");
        let kill = format!("kill -{signal} {}", child.id());
        assert!(finish(Command::new("sh").args(["-c", &kill])).status.success());
        let status = child.wait().unwrap();
        assert!(status.signal().is_some(), "{status}");
        assert_eq!(count(), 0, "after SIG{signal}");
    }
}

#[test]
fn a_signal_that_the_starter_ignores_does_not_end_a_compilation() {
    let bench = Bench::new();
    let module = bench.write("module.wat", EMPTY);
    let linker = bench.write("linker", "#!/bin/sh\nkill -HUP $PPID; sleep 0.2; exit 3\n");
    fs::set_permissions(&linker, Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new("env");
    command.arg("--ignore-signal=HUP").arg(wasmc().get_program()).arg(&module).arg("-o").arg(bench.path("image"));
    let output = finish(command.arg("--linker").arg(&linker));
    assert_eq!(output.status.code(), Some(1), "{}: {}", output.status, text(&output.stderr));
}

#[test]
fn of_compilations_to_one_path_one_remains_whole() {
    let bench = Bench::new();
    let image = bench.path("image");
    let modules = [3, 4].map(|status| {
        let text = format!(
            r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
                (memory (export "memory") 1) (func (export "_start") (call $exit (i32.const {status}))))"#
        );
        bench.write(&format!("{status}.wat"), text)
    });
    for _ in 0..5 {
        let compile = |module| wasmc().arg(module).arg("-o").arg(&image).stdin(Stdio::null()).spawn().unwrap();
        let children: Vec<_> = modules.iter().chain(&modules).map(compile).collect();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        let status = finish(&mut Command::new(&image)).status;
        assert!(matches!(status.code(), Some(3 | 4)), "{status}");
    }
    assert_eq!(fs::read_dir(bench.folder.path()).unwrap().count(), 3);
}
