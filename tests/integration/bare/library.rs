//! Guests of hosts that have a machine to themselves.

use super::{AARCH64, RISCV64};
use crate::cross::is_there;
use crate::library::hosts;
use crate::support::{Bench, Machine, finish, root, text, wasmc};
use std::path::Path;
use std::process::Command;
use wasmc_tests::emulators;

#[path = "../../../compiler/driver/runtime_build.rs"]
#[allow(dead_code, reason = "the build of the runtime itself needs more of it")]
mod runtime_build;

/// What a host is compiled by, and where its machine starts it.
struct Host {
    machine: Machine,
    compiler: &'static str,
    flags: &'static [&'static str],
    start: &'static str,
    base: &'static str,
    /// What rustc calls its machine.
    rust: &'static str,
}

const HOSTS: [Host; 2] = [
    Host {
        machine: AARCH64,
        compiler: "aarch64-linux-gnu-gcc",
        flags: &["-mno-outline-atomics"],
        start: "aarch64.S",
        base: "0x40080000",
        rust: "aarch64-unknown-none",
    },
    Host {
        machine: RISCV64,
        compiler: "riscv64-linux-gnu-gcc",
        flags: &["-march=rv64gc", "-mabi=lp64d", "-mcmodel=medany"],
        start: "riscv64.S",
        base: "0x80000000",
        rust: "riscv64gc-unknown-none-elf",
    },
];

const FREESTANDING: [&str; 7] =
    ["-ffreestanding", "-nostdlib", "-static", "-fno-pic", "-no-pie", "-fno-stack-protector", "-O2"];

/// A folder with the library of the guest, and with bindings to it.
fn bench_with_guest(machine: Machine, bindings: (&str, &str)) -> Bench {
    let bench = Bench::new();
    for (emit, output) in [("staticlib", "libguest.a"), bindings] {
        let words = [machine.options, &["--stack-size=128K", "--emit", emit]].concat();
        let guest = root().join("fixtures/library/bare/guest.wat");
        let made = finish(wasmc().arg(guest).args(words).arg("-o").arg(bench.path(output)));
        assert!(made.status.success(), "{}", text(&made.stderr));
    }
    bench
}

/// Starts the host that has been built: it tests, and says when it is done.
fn check(machine: Machine, host: &Path) {
    let output = finish(&mut machine.start(host));
    assert_eq!((text(&output.stdout).as_str(), output.status.code()), ("done\n", Some(0)), "{}", host.display());
}

/// Calls in both directions, memories and tables that grow, traps of every kind, and a hundred times the instances that
/// there is memory for.
#[test]
fn a_host_without_a_system_calls_guests_and_survives_their_traps() {
    let folder = root().join("fixtures/library/bare");
    for Host { machine, compiler, flags, start, base, .. } in HOSTS.iter().filter(|host| is_there(host.machine)) {
        let bench = bench_with_guest(*machine, ("header", "guest.h"));
        let mut command = Command::new(compiler);
        command.args(FREESTANDING).args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-I"]).arg(bench.folder.path());
        command.args(*flags).arg(folder.join(start)).arg(folder.join("host.c")).arg(bench.path("libguest.a"));
        command.arg("-T").arg(folder.join("host.ld")).arg(format!("-Wl,--defsym=BASE={base},--build-id=none"));
        let output = finish(command.arg("-o").arg(bench.path("host")));
        assert!(output.status.success(), "{compiler}: {}", text(&output.stderr));
        check(*machine, &bench.path("host"));
    }
}

/// The compiler and the sources of libraries of Debian, which build them for machines that rustup's has none for.
const DEBIAN_FILES: [&str; 2] = ["/usr/bin/rustc", "/usr/lib/rustlib/src/rust/library/core/src/lib.rs"];

/// The same in Rust, without `std`.
#[test]
fn a_host_in_rust_needs_no_system() {
    if !DEBIAN_FILES.iter().all(|file| Path::new(file).exists()) || !emulators::is_installed("ld.lld-19") {
        println!("not checked: there is no rustc-web with rust-web-src, or no lld-19");
        return;
    }
    let folder = root().join("fixtures/library/bare");
    // Built as the runtime is, and where that is, so that `core` need not be compiled once more.
    let work = root().join(runtime_build::FOLDER).with_file_name("runtime-lib").join("build");
    for Host { machine, base, rust, .. } in HOSTS.iter().filter(|host| is_there(host.machine)) {
        let bench = bench_with_guest(*machine, ("rust", "guest.rs"));
        let (main, embed) = (folder.join("main.rs"), root().join("compiler/embed"));
        let manifest = format!(
            "[package]\nname = \"host-bare\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[lib]\npath = {main:?}\n\
             [features]\nhost = []\n[dependencies]\n\
             wasmc-embed = {{ path = {embed:?}, default-features = false }}\n[workspace]\n"
        );
        bench.write("Cargo.toml", manifest);
        hosts::write_lock(bench.folder.path());
        let mut cargo = runtime_build::build(env!("CARGO"), bench.folder.path(), (rust, "host"), &work);
        cargo.args(["--offline", "-Zbuild-std=core,alloc"]).env("RUSTC", DEBIAN_FILES[0]).env("RUSTC_BOOTSTRAP", "1");
        let built = finish(cargo.env("GUEST_BINDINGS", bench.path("guest.rs")));
        assert!(built.status.success(), "{rust}: {}", text(&built.stderr));
        let library = runtime_build::output(&work, rust).with_file_name("libhost_bare.a");
        let mut linker = Command::new("ld.lld-19");
        linker.arg("-T").arg(folder.join("host.ld")).arg(format!("--defsym=BASE={base}")).arg("--gc-sections");
        let linked = finish(linker.arg(library).arg(bench.path("libguest.a")).arg("-o").arg(bench.path("host")));
        assert!(linked.status.success(), "{rust}: {}", text(&linked.stderr));
        check(*machine, &bench.path("host"));
    }
}

/// What needs a system is refused by name.
#[test]
fn what_a_library_cannot_have_without_a_system_is_refused() {
    let module = root().join("fixtures/library/bare/guest.wat");
    let cases: [(&[&str], &str); 4] = [
        (&["--emit", "sharedlib"], "nothing loads shared libraries"),
        (&["--emit", "staticlib", "--epoch"], "`--epoch` needs memory that becomes unreadable"),
        (&["--emit", "staticlib", "--bounds=guard"], "no address space can be reserved for guards"),
        (&["--emit", "staticlib", "--arg=one"], "`--arg` and `--seed` are for executables"),
    ];
    for (options, expected) in cases {
        let mut command = wasmc();
        let output = finish(command.arg(&module).args(RISCV64.options).args(options).args(["-o", "/nowhere/library"]));
        let said = text(&output.stderr);
        assert!(!output.status.success() && said.contains(expected), "{options:?}: {said}");
    }
}

/// A function that would push more at once than is left where it looks for the end of the stack.
#[test]
fn a_frame_that_no_check_could_find_is_refused() {
    let values: String = (0..4000).map(|number| format!("(call $value (i32.const {number}))")).collect();
    let sums = "i64.xor ".repeat(3999);
    let guest = format!(
        r#"(module (import "env" "value" (func $value (param i32) (result i64)))
            (func $wide (export "wide") (result i64) {values} {sums}))"#
    );
    let bench = Bench::new();
    let module = bench.write("guest.wat", guest);
    for machine in [AARCH64, RISCV64].into_iter().filter(|&machine| is_there(machine)) {
        let mut command = wasmc();
        command.arg(&module).args(machine.options).args(["--emit", "staticlib", "-o"]).arg(bench.path("libguest.a"));
        let said = text(&finish(&mut command).stderr);
        assert!(said.contains("function 1 `wide` needs ") && said.contains("bytes of stack at once"), "{said}");
    }
}
