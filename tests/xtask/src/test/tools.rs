//! Programs that tests start, and the Debian packages that have them.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::{process, runtimes};

/// A program.
struct Tool {
    /// Its name on `PATH`, or a file that must exist.
    name: &'static str,
    package: &'static str,
    /// Whether tests fail without it, instead of leaving something out.
    is_required: bool,
}

const fn required(name: &'static str, package: &'static str) -> Tool {
    Tool { name, package, is_required: true }
}

const fn optional(name: &'static str, package: &'static str) -> Tool {
    Tool { name, package, is_required: false }
}

/// C libraries for programs in C on other machines.
pub const C_LIBRARIES: [&str; 2] = ["/usr/aarch64-linux-gnu/lib/libc.a", "/usr/riscv64-linux-gnu/lib/libc.a"];

const TOOLS: [Tool; 24] = [
    required("ar", "binutils"),
    required("cc", "gcc"),
    required("readelf", "binutils"),
    required("strace", "strace"),
    optional("c++", "g++"),
    optional("clang-19", "clang-19"),
    optional("ip", "iproute2"),
    optional("valgrind", "valgrind"),
    optional("aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu"),
    optional("riscv64-linux-gnu-gcc", "gcc-riscv64-linux-gnu"),
    optional("cmake", "cmake"),
    optional(C_LIBRARIES[0], "libc6-dev-arm64-cross"),
    optional(C_LIBRARIES[1], "libc6-dev-riscv64-cross"),
    optional("file", "file"),
    optional("aarch64-linux-gnu-ld", "binutils-aarch64-linux-gnu"),
    optional("riscv64-linux-gnu-ld", "binutils-riscv64-linux-gnu"),
    optional("llvm-readobj-19", "llvm-19"),
    optional("qemu-aarch64", "qemu-user"),
    optional("qemu-riscv64", "qemu-user"),
    optional("qemu-system-aarch64", "qemu-system-arm"),
    optional("qemu-system-riscv64", "qemu-system-misc"),
    optional(runtimes::DEBIAN_FILES[0], "rustc-web"),
    optional(runtimes::DEBIAN_FILES[1], "rust-web-src"),
    optional(runtimes::DEBIAN_CLIPPY, "rust-web-clippy"),
];

/// All names in the table.
#[cfg(test)]
pub const NAMES: [&str; TOOLS.len()] = {
    let mut names = [""; TOOLS.len()];
    let mut number = 0;
    while number < TOOLS.len() {
        names[number] = TOOLS[number].name;
        number += 1;
    }
    names
};

/// Whether tests fail without the tool.
pub fn is_required(name: &str) -> bool {
    TOOLS.iter().any(|tool| tool.name == name && tool.is_required)
}

/// Installs the packages of tools that are missing.
///
/// # Errors
/// Where they cannot be installed: says what to install.
pub fn install<'a>(names: impl Iterator<Item = &'a str>) -> Result<()> {
    let missing = names.filter(|name| !is_there(name));
    let tools = missing.filter_map(|name| TOOLS.iter().find(|tool| tool.name == name));
    let packages: BTreeSet<&str> = tools.map(|tool| tool.package).collect();
    if packages.is_empty() {
        return Ok(());
    }
    let listed = packages.iter().copied().collect::<Vec<_>>().join(" ");
    let advice = format!("the tests need these packages: {listed}");
    ensure!(process::find("apt-get").is_some(), "{advice}");
    println!("installing {listed}");
    let apt_get = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(["--yes", "--quiet", "--no-install-recommends"]).args(arguments);
        process::tool(command).map(|finished| finished.time.wall).with_context(|| advice.clone())
    };
    let mut time = apt_get(&["update"])?;
    time += apt_get(&[&["install"], &*packages.into_iter().collect::<Vec<_>>()].concat())?;
    println!("installed {listed} in {:.0} s", time.as_secs_f64());
    Ok(())
}

fn is_there(name: &str) -> bool {
    if name.starts_with('/') { Path::new(name).exists() } else { process::find(name).is_some() }
}
