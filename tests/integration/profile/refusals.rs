//! What is no profile, or one of something else; and what cannot have one.

use super::{generate, program};
use crate::support::{Bench, Machine, check_all, finish, root, text, wasmc};
use std::fs;
use std::path::Path;

/// Compiles a module, which must fail; returns what is said.
fn refusal(module: &Path, options: &[&str]) -> String {
    let output = finish(wasmc().arg(module).args(["-o", "/dev/null"]).args(options));
    let said = text(&output.stderr);
    assert!(output.status.code() == Some(1) && said.matches("error: ").count() == 1, "{options:?}: {said}");
    said
}

#[test]
fn files_that_are_no_profile_of_the_module() {
    let bench = Bench::new();
    let (_, whole) = generate(&bench, &program(""), Machine::default());
    let module = bench.write("module.wat", program(""));
    let refuse = |bytes: &[u8]| {
        let file = bench.write("file", bytes);
        let said = refusal(&module, &["--profile-use", file.to_str().unwrap()]);
        said.replace(&bench.folder.path().display().to_string(), "FOLDER")
    };
    let other = [b"wasmc profile 2\n", &whole[16..]].concat();
    let mut damaged = whole.clone();
    damaged[45] ^= 1;
    let zero: Vec<u8> = [&whole[..whole.len() - 16 * 8], &[0; 16 * 8]].concat();
    let (_, foreign) = generate(&Bench::new(), "(module (func (export \"_start\") nop))", Machine::default());
    let cases: [(&str, &[u8]); 6] = [
        ("nothing", b""),
        ("a module", b"\0asm\x01\0\0\0"),
        ("another version", &other),
        ("cut short", &whole[..whole.len() - 1]),
        ("damaged", &damaged),
        ("of another module", &foreign),
    ];
    let said: Vec<String> = cases.iter().map(|(what, bytes)| format!("# {what}\n{}", refuse(bytes))).collect();
    insta::with_settings!({ snapshot_path => "../snapshots" }, {
        insta::assert_snapshot!("no_profiles", said.join("\n"));
    });
    let unused = bench.write("unused", zero);
    let output = finish(wasmc().arg(&module).args(["-o", "/dev/null", "--profile-use"]).arg(unused));
    assert!(output.status.success() && text(&output.stderr).starts_with("warning: the profile has counted nothing"));
    let said = refusal(&module, &["--profile-use", bench.path("missing").to_str().unwrap()]);
    assert!(said.contains("cannot read") && said.contains("no such file"), "{said}");
    let said = refusal(&module, &["--profile-use", bench.folder.path().to_str().unwrap()]);
    assert!(said.contains("cannot read"), "{said}");
}

/// Whatever the bytes are, the end is an image or one error.
#[test]
fn no_file_is_too_strange() {
    let bench = Bench::new();
    let (_, whole) = generate(&bench, &program(""), Machine::default());
    let cases: Vec<usize> = (0..whole.len()).step_by(3).collect();
    check_all(&cases, |&at| {
        let bench = Bench::new();
        let module = bench.write("module.wat", program(""));
        for changed in [[&whole[..at], &[0xff; 8], &whole[at..]].concat(), whole[..at].to_vec()] {
            let file = bench.write("file", changed);
            let output = finish(wasmc().arg(&module).args(["-o", "/dev/null", "--profile-use"]).arg(file));
            let said = text(&output.stderr);
            if output.status.code() != Some(1) || said.matches("error: ").count() != 1 || said.contains("internal") {
                return Err(format!("byte {at}: {}\n{said}", output.status));
            }
        }
        let mut changed = whole.clone();
        changed[at] ^= 0x81;
        let file = bench.write("file", changed);
        let output = finish(wasmc().arg(&module).args(["-o", "/dev/null", "--profile-use"]).arg(file));
        let said = text(&output.stderr);
        match output.status.code() {
            Some(0 | 1) if !said.contains("internal") => Ok(()),
            _ => Err(format!("byte {at}: {}\n{said}", output.status)),
        }
    });
}

#[test]
fn what_cannot_write_a_profile() {
    let bench = Bench::new();
    let module = bench.write("module.wat", "(module (func (export \"_start\")))");
    let component = root().join("fixtures/components/run.wat");
    let cases: [(&Path, &[&str]); 6] = [
        (&module, &["--profile-generate", "--target=aarch64-macos"]),
        (&module, &["--profile-generate", "--target=riscv64-none"]),
        (&module, &["--profile-generate", "--emit=staticlib"]),
        (&module, &["--profile-generate", "--emit=rust"]),
        (&module, &["--profile-generate="]),
        (&component, &["--profile-generate"]),
    ];
    let said: Vec<String> = cases
        .iter()
        .map(|(module, options)| format!("# {}\n{}", options.join(" "), refusal(module, options)))
        .map(|said| said.replace(&root().display().to_string(), "ROOT"))
        .collect();
    insta::with_settings!({ snapshot_path => "../snapshots" }, {
        insta::assert_snapshot!("no_profile_from", said.join("\n"));
    });
}

/// A profile of a program serves the library of the same module, whose functions keep their order.
#[test]
fn libraries_are_compiled_with_profiles() {
    let bench = Bench::new();
    let module = "(module (func $f (result i32) (i32.const 1)) (func (export \"_start\") (drop (call $f))))";
    generate(&bench, module, Machine::default());
    let module = bench.write("module.wat", module);
    let library = bench.path("libmodule.a");
    let output = finish(
        wasmc()
            .arg(&module)
            .args(["--emit=staticlib", "--profile-use"])
            .arg(bench.path("profile"))
            .arg("-o")
            .arg(&library),
    );
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(fs::metadata(library).unwrap().len() > 1000);
}
