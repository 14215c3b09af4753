//! Guests of hosts that have a machine to themselves.

use super::{AARCH64, RISCV64};
use crate::cross::is_there;
use crate::support::{Bench, Machine, finish, root, text, wasmc};
use std::process::Command;

/// What a host is compiled by, and where its machine starts it.
struct Host {
    machine: Machine,
    compiler: &'static str,
    flags: &'static [&'static str],
    start: &'static str,
    base: &'static str,
}

const HOSTS: [Host; 2] = [
    Host {
        machine: AARCH64,
        compiler: "aarch64-linux-gnu-gcc",
        flags: &["-mno-outline-atomics"],
        start: "aarch64.S",
        base: "0x40080000",
    },
    Host {
        machine: RISCV64,
        compiler: "riscv64-linux-gnu-gcc",
        flags: &["-march=rv64gc", "-mabi=lp64d", "-mcmodel=medany"],
        start: "riscv64.S",
        base: "0x80000000",
    },
];

const FREESTANDING: [&str; 7] =
    ["-ffreestanding", "-nostdlib", "-static", "-fno-pic", "-no-pie", "-fno-stack-protector", "-O2"];

/// Calls in both directions, memories and tables that grow, traps of every kind, and a hundred times the instances that
/// there is memory for.
#[test]
fn a_host_without_a_system_calls_guests_and_survives_their_traps() {
    let folder = root().join("fixtures/library/bare");
    for Host { machine, compiler, flags, start, base } in HOSTS.iter().filter(|host| is_there(host.machine)) {
        let bench = Bench::new();
        for (emit, output) in [("staticlib", "libguest.a"), ("header", "guest.h")] {
            let words = [machine.options, &["--stack-size=128K", "--emit", emit]].concat();
            let output = bench.path(output);
            let made = finish(wasmc().arg(folder.join("guest.wat")).args(words).arg("-o").arg(output));
            assert!(made.status.success(), "{}", text(&made.stderr));
        }
        let mut command = Command::new(compiler);
        command.args(FREESTANDING).args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-I"]).arg(bench.folder.path());
        command.args(*flags).arg(folder.join(start)).arg(folder.join("host.c")).arg(bench.path("libguest.a"));
        command.arg("-T").arg(folder.join("host.ld")).arg(format!("-Wl,--defsym=BASE={base},--build-id=none"));
        let output = finish(command.arg("-o").arg(bench.path("host")));
        assert!(output.status.success(), "{compiler}: {}", text(&output.stderr));
        let output = finish(&mut machine.start(&bench.path("host")));
        assert_eq!((text(&output.stdout).as_str(), output.status.code()), ("done\n", Some(0)), "{compiler}");
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
