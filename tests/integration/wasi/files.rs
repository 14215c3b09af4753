//! Files granted by their names (`--file`).

use super::attacks::RESOLVERS;
use super::{assert_silent, module};
use crate::bad_input::refuse;
use crate::cross;
use crate::support::{Bench, Machine, finish, root, text, wasmc};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

/// A folder with files, of which the program may use two.
fn ground() -> Bench {
    let bench = Bench::new();
    for (name, contents) in [("notes", "notes\n"), ("limits", "limits\n"), ("secret", "secret\n")] {
        bench.write(name, contents);
    }
    symlink("secret", bench.path("link")).unwrap();
    bench
}

fn file(bench: &Bench, name: &str) -> String {
    bench.path(name).display().to_string()
}

/// Compiles the program that states the facts, and runs it.
fn check(machine: Machine, options: &[&str]) {
    let bench = ground();
    let (notes, limits) = (file(&bench, "notes"), file(&bench, "limits"));
    let grants = [format!("--file={notes}::/notes"), format!("--file={limits}::limits:ro")];
    let given = machine.options.iter().chain(options).map(ToString::to_string).chain(grants);
    let image = bench.compile(&module("named_file"), &given.collect::<Vec<_>>());
    assert_silent(&finish(&mut machine.start(&image)));
    assert_eq!(fs::read_to_string(&notes).unwrap(), "changed\n");
    assert_eq!(fs::read_to_string(&limits).unwrap(), "limits\n");
}

#[test]
fn a_granted_file_can_be_used_and_nothing_beside_it() {
    for resolver in RESOLVERS {
        check(resolver, &[]);
    }
    check(Machine::default(), &["--confine=off"]);
    for machine in [cross::AARCH64, cross::RISCV64] {
        if cross::is_there(machine) {
            check(machine, &[]);
        }
    }
}

#[test]
fn files_are_granted_when_the_program_starts_too() {
    let bench = ground();
    let image = bench.compile(&module("named_file"), &[] as &[&str]);
    let mut command = Command::new(image);
    command.current_dir(bench.folder.path()).env("WASMC_GRANTS", "--file notes::/notes --file=./limits::limits:ro");
    assert_silent(&finish(&mut command));
    // What is told is what would give it.
    for (given, told) in [
        ("--file notes", "--file ./notes::notes\n"),
        ("--file ./limits::/a\\ b:ro", "--file ./limits::/a\\ b:ro\n"),
        ("--file limits::b\\:ro", "--file ./limits::b\\:ro\n"),
        ("--file limits::b\\\\:ro", "--file ./limits::b\\\\:ro\n"),
        ("--dir .::a\\::b", "--dir .::a\\:\\:b\n"),
        ("--env A=b:c\\ d", "--env A=b:c\\ d\n"),
    ] {
        for grants in [given, told] {
            command.env("WASMC_GRANTS", format!("{grants} --show"));
            assert_eq!(text(&finish(&mut command).stderr), told, "{grants}");
        }
    }
}

/// A program as C compilers make it finds the file by its whole name.
#[test]
fn a_c_program_opens_a_granted_file_by_its_name() {
    let bench = ground();
    let cat = root().join("fixtures/programs/cat/cat.wasm");
    let grants =
        [format!("--file={}::/etc/notes:ro", file(&bench, "notes")), format!("--file={}", file(&bench, "limits"))];
    let image = bench.compile(&cat, &grants);
    let output = finish(Command::new(&image).args(["/etc/notes", &file(&bench, "limits")]));
    assert_eq!(text(&output.stdout), "notes\nlimits\n", "{}", text(&output.stderr));
    let output = finish(Command::new(&image).args(["/etc/secret", &file(&bench, "secret"), "/etc"]));
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()));
    let shown = text(&finish(wasmc().arg("inspect").arg(&image)).stdout);
    assert!(shown.contains(&format!("  --file {}::/etc/notes:ro\n", file(&bench, "notes"))), "{shown}");
}

/// Compiles a program that may change the directory of `notes`, and use that file, by descriptors 3 and 4. It begins by
/// removing the file, whose name lies at address 8 before `text`, and goes on with `body`.
fn that_removes_the_file(bench: &Bench, text: &str, body: &str) -> PathBuf {
    let module = format!(
        r#"(module
            (import "wasi_snapshot_preview1" "path_symlink" (func $symlink (param i32 i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "path_open"
                (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1)
            (data (i32.const 8) "notes{text}")
            (func (export "_start")
                (if (call $unlink (i32.const 3) (i32.const 8) (i32.const 5)) (then (call $exit (i32.const 101))))
                {body}))"#
    );
    bench.compile_text(&module, &["--confine=off", "--dir", &file(bench, "."), "--file", &file(bench, "notes")])
}

/// Where another grant lets the program change the directory that the file lies in, it must not come by another file
/// so.
#[test]
fn a_link_in_the_place_of_a_granted_file_is_not_followed() {
    let bench = ground();
    let image = that_removes_the_file(
        &bench,
        "../canary.",
        r#"(if (call $symlink (i32.const 13) (i32.const 9) (i32.const 3) (i32.const 8) (i32.const 5))
                (then (call $exit (i32.const 102))))
            ;; Follows links.
            (call $exit (call $open (i32.const 4) (i32.const 1) (i32.const 22) (i32.const 1) (i32.const 0)
                (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 32)))"#,
    );
    const LOOP: i32 = 32;
    for resolver in RESOLVERS {
        let _ = fs::remove_file(bench.path("notes"));
        bench.write("notes", "");
        assert_eq!(finish(&mut resolver.start(&image)).status.code(), Some(LOOP));
    }
}

/// The file that was there at the start is granted, not another in its place.
#[test]
fn a_granted_file_that_is_gone_is_not_made_again() {
    let bench = ground();
    let image = that_removes_the_file(
        &bench,
        ".",
        r#";; To be created and written.
            (call $exit (call $open (i32.const 4) (i32.const 0) (i32.const 13) (i32.const 1) (i32.const 1)
                (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 32)))"#,
    );
    const NOENT: i32 = 44;
    assert_eq!(finish(&mut Command::new(image)).status.code(), Some(NOENT));
}

/// Confinement opens more than the program may itself.
#[test]
fn a_limit_of_open_files_does_not_hinder_confinement() {
    let bench = ground();
    let cat = root().join("fixtures/programs/cat/cat.wasm");
    let options = ["--confine=strict", "--max-open-files=5", "--file", &file(&bench, "notes")].map(String::from);
    let image = bench.compile(&cat, &options);
    let output = finish(Command::new(image).arg(file(&bench, "notes")));
    assert_eq!((text(&output.stdout), text(&output.stderr)), ("notes\n".to_owned(), String::new()));
}

#[test]
fn what_is_no_file_is_not_granted() {
    let bench = ground();
    let image = bench.compile(&module("named_file"), &[] as &[&str]);
    for (grant, says) in [
        ("--file link", "wasmc: cannot open what is granted: 'link': symbolic link: grant what it leads to\n"),
        ("--file ..", "wasmc: WASMC_GRANTS '..': directory: use --dir\n"),
        ("--file ./", "wasmc: WASMC_GRANTS './': directory: use --dir\n"),
        ("--file ../none/x", "wasmc: cannot open what is granted: '../none/': no such file or directory\n"),
        ("--file none", "wasmc: cannot open what is granted: 'none': no such file or directory\n"),
        ("--file \\", "wasmc: WASMC_GRANTS '': HOST[::GUEST][:ro] is expected\n"),
        ("--file notes::\\", "wasmc: WASMC_GRANTS 'notes::': HOST[::GUEST][:ro] is expected\n"),
        ("--file", "wasmc: WASMC_GRANTS '--file': a value is missing\n"),
        ("--max-memory 1", "wasmc: WASMC_GRANTS '--max-memory': unknown option\n"),
        ("--no-stdin=1", "wasmc: WASMC_GRANTS '--no-stdin=1': no value is expected\n"),
    ] {
        let output = finish(Command::new(&image).current_dir(bench.folder.path()).env("WASMC_GRANTS", grant));
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(1), says.to_owned()), "{grant}");
    }
    let output = finish(wasmc().arg(module("named_file")).args(["--file", "folder/"]));
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("`folder/` is the name of a directory: use --dir"),
        "{}",
        text(&output.stderr)
    );
    let stderr =
        refuse(&Bench::new(), &module("named_file"), &["--target=riscv64-none", "--file=notes:ro"].map(String::from))
            .unwrap();
    assert!(stderr.contains("--embed DIR::GUEST"), "{stderr}");
}

#[test]
fn the_largest_memory_is_told_with_the_grants() {
    let bench = Bench::new();
    let image: PathBuf = bench.compile_text(r#"(module (memory 1) (func (export "_start")))"#, &["--max-memory=16M"]);
    let shown = text(&finish(wasmc().arg("inspect").arg(image)).stdout);
    assert!(shown.contains("grants:\n  --max-memory 16777216\n"), "{shown}");
}
