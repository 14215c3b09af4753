//! Guests that are cargo packages.

use super::hosts::{cargo, manifest, target};
use crate::components::component;
use crate::support::{Bench, finish, root, text, wasmc};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Debian's compiler, and the sources of its libraries, which have wasm targets.
const DEBIAN: [&str; 2] = ["/usr/bin/rustc", "/usr/lib/rustlib/src/rust/library/core/src/lib.rs"];

/// A target of guests.
const TARGET: &str = "wasm32-unknown-unknown";

const GUEST: &str = r#"
#![no_std]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! { loop {} }
#[unsafe(no_mangle)]
pub extern "C" fn triple(number: i32) -> i32 { FACTOR * number }
const FACTOR: i32 = 3;
"#;

const HOST: &str = r#"
wasmc_embed::include!(guest);
fn main() { println!("{}", guest::Instance::new(()).unwrap().triple(5).unwrap()); }
"#;

/// A compiler with the libraries of a wasm target: this toolchain's, or one of Debian's with what it can build of them.
fn compiler() -> Option<PathBuf> {
    let own = PathBuf::from("rustc");
    let libraries = text(&finish(Command::new(&own).args(["--print", "target-libdir"])).stdout);
    if Path::new(libraries.trim()).join("../..").join(TARGET).exists() {
        return Some(own);
    }
    if DEBIAN.iter().any(|file| !Path::new(file).exists()) {
        eprintln!("skipped: the toolchain has no target {TARGET}: `rustup target add {TARGET}`");
        return None;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wasm-toolchain");
    let linker = Path::new(libraries.trim()).join("../bin/rust-lld");
    let (sysroot, wrapper) = (folder.join("sysroot"), folder.join("rustc"));
    let places = sysroot.join("lib/rustlib").join(TARGET).join("lib");
    std::fs::create_dir_all(&places).unwrap();
    // `core` is made as part of a package, and then found as if it had been installed.
    package(&folder.join("package"), "[lib]\ncrate-type = [\"rlib\"]\n", "#![no_std]");
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--release", "-Zbuild-std=core", "--target", TARGET, "--target-dir"]);
    build.arg(folder.join("target")).current_dir(folder.join("package"));
    let output = finish(build.env("RUSTC", DEBIAN[0]).env("RUSTC_BOOTSTRAP", "1"));
    assert!(output.status.success(), "{}", text(&output.stderr));
    for file in folder.join("target").join(TARGET).join("release/deps").read_dir().unwrap() {
        let file = file.unwrap();
        if file.path().extension().is_some_and(|extension| extension == "rlib") {
            std::fs::copy(file.path(), places.join(file.file_name())).unwrap();
        }
    }
    let script = format!(
        "#!/bin/sh\nexec {} --sysroot '{}' -Clinker='{}' \"$@\"\n",
        DEBIAN[0],
        sysroot.display(),
        linker.display()
    );
    std::fs::write(&wrapper, script).unwrap();
    let mut permissions = wrapper.metadata().unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
    std::fs::set_permissions(&wrapper, permissions).unwrap();
    Some(wrapper)
}

/// Writes a package that is called `guest`.
fn package(folder: &Path, more: &str, library: &str) {
    std::fs::create_dir_all(folder.join("src")).unwrap();
    let manifest = format!(
        "[package]\nname = \"guest\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{more}[profile.release]\n\
         panic = \"abort\"\n[workspace]\n"
    );
    std::fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    std::fs::write(folder.join("src/lib.rs"), library).unwrap();
}

/// Builds a host of a name whose build script builds the guest beside it by `compiler`.
fn build(bench: &Bench, name: &str, compiler: &Path) -> Output {
    build_from(bench, name, "from_package", compiler)
}

/// As [`build`], by the function of `wasmc-build` of this name.
fn build_from(bench: &Bench, name: &str, function: &str, compiler: &Path) -> Output {
    // The compiler of guests is that of hosts, as a rule.
    let script = format!(
        "fn main() {{ /* SAFETY: there is no other thread. */ unsafe {{ std::env::set_var(\"RUSTC\", {compiler:?}) }}; \
         wasmc_build::Build::{function}(\"guest\").compile(); }}"
    );
    build_host(bench, name, HOST, &script)
}

/// Builds a host of a name with this build script. Hosts of the same name share what cargo keeps of them, their build
/// scripts included.
fn build_host(bench: &Bench, name: &str, host: &str, script: &str) -> Output {
    let build = root().join("compiler/build");
    let programs = format!("[[bin]]\nname = \"host-{name}\"\npath = \"main.rs\"\n");
    let build = format!("[build-dependencies]\nwasmc-build = {{ path = {build:?} }}\n");
    bench.write("Cargo.toml", manifest(name, &programs, &build));
    bench.write("main.rs", host);
    bench.write("build.rs", script);
    finish(cargo(bench.folder.path()).env("WASMC", wasmc().get_program()))
}

/// A host of a component with the standard library of Rust, to which it grants input and output.
const WASI_HOST: &str = r#"
wasmc_embed::include!(guest);
use wasmc_embed::wasi::Wasi;
fn main() {
    let wasi = Wasi::new().stdin(&b"[1,{ \"a\": 2}]"[..]).capture_stdout();
    let mut guest = guest::Instance::new(wasi).unwrap();
    guest.run().run().unwrap().unwrap();
    print!("{}", String::from_utf8_lossy(guest.host().captured_stdout()));
    // Nothing is granted to another one: its input is empty.
    let mut guest = guest::Instance::new(Wasi::new().capture_stderr()).unwrap();
    println!("{:?}", guest.run().run().map_err(|trap| trap.exit_status()));
    print!("{}", String::from_utf8_lossy(guest.host().captured_stderr()));
}
"#;

#[test]
fn a_build_script_makes_a_library_of_a_component_which_finds_what_it_is_granted() {
    let bench = Bench::new();
    let module = root().join("fixtures/programs/json_format/json_format.wasm");
    bench.write("guest.wasm", component(&module).expect("it is a program of preview 1"));
    let script = "fn main() { wasmc_build::Build::new(\"guest.wasm\").compile(); }";
    let output = build_host(&bench, "component", WASI_HOST, script);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let run = finish(&mut Command::new(target().join("debug/host-component")));
    let expected = "[\n  1,\n  {\n    \"a\": 2\n  }\n]\nErr(Some(1))\n\
                    json_format: the input ends where a value should be at byte 0\n";
    assert_eq!((text(&run.stdout).as_str(), text(&run.stderr).as_str()), (expected, ""));
}

#[test]
fn a_build_script_builds_a_guest_that_is_a_package() {
    let Some(compiler) = compiler() else { return };
    let bench = Bench::new();
    let run = || text(&finish(&mut Command::new(target().join("debug/host-package"))).stdout);
    package(&bench.path("guest"), "[lib]\ncrate-type = [\"cdylib\"]\n", GUEST);
    let output = build(&bench, "package", &compiler);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(run(), "15\n");
    package(&bench.path("guest"), "[lib]\ncrate-type = [\"cdylib\"]\n", &GUEST.replace("= 3", "= 4"));
    let output = build(&bench, "package", &compiler);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(run(), "20\n");
    // What is no guest is an error that says why.
    package(&bench.path("guest"), "", GUEST);
    let said = text(&build(&bench, "package", &compiler).stderr);
    assert!(said.contains("makes no module") && said.contains("cdylib"), "{said}");
    package(&bench.path("guest"), "[lib]\ncrate-type = [\"cdylib\"]\n", "#![no_std]\nnonsense");
    let said = text(&build(&bench, "package", &compiler).stderr);
    assert!(said.contains("guest does not build") && said.contains("nonsense"), "{said}");
}

#[test]
fn a_toolchain_without_a_target_for_guests_is_an_error_that_says_what_to_install() {
    let bench = Bench::new();
    let none = bench.write("rustc", "#!/bin/sh\necho /nowhere\n");
    let mut permissions = none.metadata().unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
    std::fs::set_permissions(&none, permissions).unwrap();
    package(&bench.path("guest"), "[lib]\ncrate-type = [\"cdylib\"]\n", GUEST);
    let said = text(&build(&bench, "without-target", &none).stderr);
    assert!(said.contains("no target for guests") && said.contains("rustup target add wasm32-wasip1"), "{said}");
    let said = text(&build_from(&bench, "without-target", "from_component_package", &none).stderr);
    assert!(said.contains("no target for guests") && said.contains("rustup target add wasm32-wasip2"), "{said}");
}
