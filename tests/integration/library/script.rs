//! Libraries that build scripts make.

use super::hosts::{cargo, cargo_build, manifest, target};
use crate::support::{Bench, finish, root, text, wasmc};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

const HOST: &str = r#"
#![forbid(unsafe_code)]
wasmc_embed::include!(the_guest);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut guest = the_guest::Instance::new(())?;
    println!("{}", guest.add(1, 2)?);
    Ok(())
}
"#;

fn guest(added: i32) -> String {
    format!(
        "(module (func (export \"add\") (param i32 i32) (result i32)
            (i32.add (i32.const {added}) (i32.add (local.get 0) (local.get 1)))))"
    )
}

#[test]
fn a_build_script_makes_a_library_and_bindings() {
    let bench = Bench::new();
    let build = root().join("compiler/build");
    bench.write(
        "Cargo.toml",
        manifest(
            "script",
            "[[bin]]\nname = \"host-script\"\npath = \"main.rs\"\n",
            &format!("[build-dependencies]\nwasmc-build = {{ path = {build:?} }}\n"),
        ),
    );
    bench.write("build.rs", "fn main() { wasmc_build::Build::new(\"the-guest.wat\").compile(); }");
    bench.write("main.rs", HOST);
    bench.write("the-guest.wat", guest(0));
    let compiler = wasmc();
    let environment = [("WASMC", Path::new(compiler.get_program()))];
    let run = || text(&finish(&mut Command::new(target().join("debug/host-script"))).stdout);
    cargo_build(bench.folder.path(), &environment);
    assert_eq!(run(), "3\n");
    let before = Instant::now();
    let said = cargo_build(bench.folder.path(), &environment);
    assert!(!said.contains("Compiling"), "nothing has changed: {said}");
    assert!(before.elapsed().as_secs() < 5, "{:?}", before.elapsed());
    bench.write("the-guest.wat", guest(10));
    cargo_build(bench.folder.path(), &environment);
    assert_eq!(run(), "13\n");
}

#[test]
fn without_an_installed_compiler_a_build_script_says_what_to_do() {
    let bench = Bench::new();
    let build = root().join("compiler/build");
    bench.write(
        "Cargo.toml",
        manifest(
            "none",
            "[[bin]]\nname = \"host-none\"\npath = \"main.rs\"\n",
            &format!("[build-dependencies]\nwasmc-build = {{ path = {build:?} }}\n"),
        ),
    );
    bench.write("build.rs", "fn main() { wasmc_build::Build::new(\"the-guest.wat\").compile(); }");
    bench.write("main.rs", HOST);
    bench.write("the-guest.wat", guest(0));
    let output = finish(cargo(bench.folder.path()).env("WASMC", "/bin/true"));
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("WASMC is no wasmc: /bin/true"), "{}", text(&output.stderr));
}

#[test]
fn what_was_made_of_the_same_is_not_made_again() {
    let bench = Bench::new();
    let module = bench.write("guest.wat", guest(0));
    let build = || wasmc_build::Build::new(&module).output_folder(bench.folder.path()).try_compile().unwrap();
    let made = build();
    assert_eq!(made.library, bench.path("libguest.a"));
    let time = |path: &Path| path.metadata().unwrap().modified().unwrap();
    let (library, bindings) = (time(&made.library), time(&made.bindings));
    let before = Instant::now();
    build();
    assert!(before.elapsed().as_millis() < 500, "{:?}", before.elapsed());
    assert_eq!((time(&made.library), time(&made.bindings)), (library, bindings));
    bench.write("guest.wat", guest(1));
    build();
    assert_ne!(time(&made.library), library);
}
