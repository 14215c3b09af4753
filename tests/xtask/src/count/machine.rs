//! The CPUs that programs are counted on, and what each needs to be installed.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::peers::wasmtime::{AARCH64, Platform, X86_64};
use crate::process;
use crate::toolchain::{ARMV8_A, CLANG, NativeCpu, RV64GC, RVA22, X86_64_V2};

/// A CPU. Ours, native code and the emulated machine have the same extensions, so that no library chooses others when
/// it is loaded, and code that used more would end.
pub struct Machine {
    /// How the command line names it.
    pub name: &'static str,
    /// The target and the CPU for wasmc.
    pub target: &'static str,
    pub cpu: &'static str,
    /// Whether it takes programs with SIMD.
    pub has_vectors: bool,
    /// What native code is compiled for.
    pub native: &'static NativeCpu,
    /// What Wasmtime is, where it is counted, too.
    pub wasmtime: Option<&'static Platform>,
    /// The emulator and its options.
    pub emulator: &'static [&'static str],
    /// Where it finds shared libraries of that machine.
    pub root: &'static str,
    /// Where the C library for static programs is.
    libc: &'static str,
    /// The packages with that library and with the rest of what clang links.
    packages: [&'static str; 2],
}

/// All of them.
pub const MACHINES: [Machine; 4] = [
    Machine {
        name: "x86-64",
        target: "x86_64-linux",
        cpu: "x86-64-v2",
        has_vectors: true,
        native: &X86_64_V2,
        wasmtime: Some(&X86_64),
        emulator: &["qemu-x86_64", "-cpu", "Nehalem"],
        root: "/",
        libc: "/usr/lib/x86_64-linux-gnu/libc.a",
        packages: ["libc6-dev", "gcc"],
    },
    Machine {
        name: "aarch64",
        target: "aarch64-linux",
        cpu: "armv8-a",
        has_vectors: true,
        native: &ARMV8_A,
        wasmtime: Some(&AARCH64),
        emulator: &["qemu-aarch64", "-cpu", "cortex-a72"],
        root: "/usr/aarch64-linux-gnu",
        libc: "/usr/aarch64-linux-gnu/lib/libc.a",
        packages: ["libc6-dev-arm64-cross", "gcc-aarch64-linux-gnu"],
    },
    Machine {
        name: "rv64gc",
        target: "riscv64-linux",
        cpu: "rv64gc",
        has_vectors: false,
        native: &RV64GC,
        wasmtime: None,
        emulator: &["qemu-riscv64", "-cpu", "rv64,zba=false,zbb=false,zbc=false,zbs=false"],
        root: "/usr/riscv64-linux-gnu",
        libc: "/usr/riscv64-linux-gnu/lib/libc.a",
        packages: ["libc6-dev-riscv64-cross", "gcc-riscv64-linux-gnu"],
    },
    Machine {
        name: "rva22",
        target: "riscv64-linux",
        cpu: "rva22",
        has_vectors: false,
        native: &RVA22,
        wasmtime: None,
        emulator: &["qemu-riscv64", "-cpu", "rv64,zba=true,zbb=true,zbc=false,zbs=true"],
        root: "/usr/riscv64-linux-gnu",
        libc: "/usr/riscv64-linux-gnu/lib/libc.a",
        packages: ["libc6-dev-riscv64-cross", "gcc-riscv64-linux-gnu"],
    },
];

/// Says what to install where something is missing that counting on `machines` needs.
pub fn check(machines: &[&Machine]) -> Result<()> {
    let mut missing = Vec::new();
    let mut need = |is_there: bool, package| {
        if !is_there && !missing.contains(&package) {
            missing.push(package);
        }
    };
    need(process::find("cc").is_some(), "gcc");
    need(process::find(CLANG).is_some(), "clang-19");
    for machine in machines {
        need(process::find(machine.emulator[0]).is_some(), "qemu-user");
        let [libc, compiler] = machine.packages;
        need(Path::new(machine.libc).is_file(), libc);
        // clang links what gcc's package has; on a machine of that kind gcc itself is the compiler for it.
        let gcc = format!("{}-gcc", machine.native.clang[0].trim_start_matches("--target="));
        need(process::find(&gcc).is_some(), compiler);
    }
    ensure!(missing.is_empty(), "tools are missing; install them by\n    apt-get install {}", missing.join(" "));
    Ok(())
}
