//! Commands that run executables of other machines: words to stand before the path of one.

use std::process::Command;

/// A machine without a system: its console on standard input and output, and nothing else to be seen of it.
macro_rules! machine {
    ($emulator:literal, $options:literal) => {
        concat!($emulator, " -M ", $options, " -display none -monitor none -net none -serial stdio -kernel")
    };
}

/// x86-64 Linux with every extension that QEMU knows.
pub const X86_64_LINUX: &str = "qemu-x86_64 -cpu max";
/// 64-bit ARM Linux with every extension that QEMU knows. It signs addresses in a way of its own, which takes it far
/// less time than that of the architecture.
pub const AARCH64_LINUX: &str = "qemu-aarch64 -cpu max,pauth-impdef=on";
/// 64-bit RISC-V Linux with the baseline's extensions.
pub const RISCV64_LINUX: &str = "qemu-riscv64";
/// 64-bit RISC-V Linux with every extension that code generation has a use for.
pub const RISCV64_LINUX_WITH_VECTORS: &str = "qemu-riscv64 -cpu rv64,v=true,vlen=128,zba=true,zbb=true,zbs=true";

/// 64-bit ARM without a system.
pub const AARCH64_NONE: &str = machine!("qemu-system-aarch64", "virt -cpu cortex-a72 -semihosting");
/// As [`AARCH64_NONE`], with every extension that QEMU knows and room for scripts, which make many instances.
pub const AARCH64_NONE_LARGE: &str = machine!("qemu-system-aarch64", "virt -cpu max -m 4G -semihosting");
/// 64-bit RISC-V without a system.
pub const RISCV64_NONE: &str = machine!("qemu-system-riscv64", "virt -bios none");
/// As [`RISCV64_NONE`], with every extension that code generation has a use for.
pub const RISCV64_NONE_WITH_VECTORS: &str =
    machine!("qemu-system-riscv64", "virt -cpu rv64,v=true,vlen=128,zba=true,zbb=true,zbs=true -bios none");
/// As [`RISCV64_NONE_WITH_VECTORS`], with room for scripts.
pub const RISCV64_NONE_LARGE: &str =
    machine!("qemu-system-riscv64", "virt -cpu rv64,v=true,vlen=128,zba=true,zbb=true,zbs=true -m 4G -bios none");
/// The board of `fixtures/boards/sifive_u`.
pub const SIFIVE_U: &str = machine!("qemu-system-riscv64", "sifive_u -bios none -semihosting");
/// The board of `fixtures/boards/raspi3b`.
pub const RASPI3B: &str = machine!("qemu-system-aarch64", "raspi3b -semihosting");

/// Not an emulator, but a kernel before Linux 5.6: without `openat2`.
pub const WITHOUT_OPENAT2: &str = "strace -f -o /dev/null -e trace=openat2 -e inject=openat2:error=ENOSYS";

/// Whether a command is installed; says so where it is not. No command always is.
pub fn is_installed(command: &str) -> bool {
    let Some(program) = command.split_whitespace().next() else { return true };
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        eprintln!("skipped: {program} is not installed");
    }
    found
}
