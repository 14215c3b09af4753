//! C compilers for this machine and others, and programs linked without wasmc that say what is right.

use crate::cross::{AARCH64, RISCV64, is_there};
use crate::support::{Machine, SYSTEM_CALL, finish, root, text};
use std::path::{Path, PathBuf};
use std::process::Command;
use wasmc_tests::emulators;

/// A C compiler, GNU's linker for what it makes, and what runs that.
#[derive(Clone, Copy, Debug)]
pub struct Toolchain {
    /// The command, with the options that choose the target.
    pub compiler: &'static [&'static str],
    /// The command of the linker.
    pub linker: &'static str,
    pub machine: Machine,
}

/// This machine.
const HERE: Machine = Machine { options: &[], emulator: "" };
const HOST: Toolchain = Toolchain { compiler: &["clang-19", "--target=x86_64-linux-gnu"], linker: "ld", machine: HERE };
/// The compiler that comes with this machine.
pub const SYSTEM: Toolchain = Toolchain { compiler: &["cc"], linker: "ld", machine: HERE };
const OF_AARCH64: Toolchain = Toolchain {
    // Where a libgcc for it is installed, clang would have atomics call that.
    compiler: &["clang-19", "--target=aarch64-linux-gnu", "-mno-outline-atomics"],
    linker: "aarch64-linux-gnu-ld",
    machine: AARCH64,
};
const OF_RISCV64: Toolchain = Toolchain {
    compiler: &["clang-19", "--target=riscv64-linux-gnu", "-march=rv64gc", "-mabi=lp64d", "-mcmodel=medany"],
    linker: "riscv64-linux-gnu-ld",
    machine: RISCV64,
};

/// The compiler for each machine that programs can be tried on here.
pub fn all() -> Vec<Toolchain> {
    if !emulators::is_installed("clang-19") {
        return Vec::new();
    }
    let is_there = |toolchain: &Toolchain| is_there(toolchain.machine) && emulators::is_installed(toolchain.linker);
    let foreign = [OF_AARCH64, OF_RISCV64].into_iter().filter(is_there);
    [HOST].into_iter().chain(foreign).collect()
}

impl Toolchain {
    /// Compiles files in `folder` to objects of the same names.
    pub fn compile(&self, folder: &Path, files: &[String], options: &[&str]) -> Vec<PathBuf> {
        let mut command = Command::new(self.compiler[0]);
        command.current_dir(folder).args(&self.compiler[1..]).arg("-I").arg(root().join("runtime-lib/include"));
        command.args(["-w", "-c", "-ffreestanding", "-fno-stack-protector", "-fno-asynchronous-unwind-tables"]);
        let output = finish(command.args(options).args(files));
        assert!(output.status.success(), "{command:?}: {}", text(&output.stderr));
        files.iter().map(|file| folder.join(file).with_extension("o")).collect()
    }

    /// Compiles one file.
    pub fn compile_one(&self, folder: &Path, source: &str, options: &[&str]) -> PathBuf {
        std::fs::write(folder.join("host.c"), source).expect("writing a test's file");
        self.compile(folder, &["host.c".into()], options).remove(0)
    }

    /// Links a program without wasmc; `main` is the text of its function `program`, which returns how many bytes of
    /// `answers` it prints. Returns them.
    pub fn reference(&self, folder: &Path, main: &str, objects: &[PathBuf], options: &[&str]) -> Vec<u8> {
        std::fs::write(folder.join("main.c"), format!("{SYSTEM_CALL}{PROGRAM}{main}")).expect("writing a test's file");
        let options = [options, &["-fno-builtin", "-Wno-everything"]].concat();
        let start = self.compile(folder, &["main.c".into()], &options);
        let program = folder.join("reference");
        let mut linker = Command::new(self.linker);
        // Archives are searched again for what other archives need.
        linker.arg("-static").arg("-o").arg(&program).args(start).arg("--start-group").args(objects).arg("--end-group");
        let output = finish(&mut linker);
        assert!(output.status.success(), "{linker:?}: {}", text(&output.stderr));
        let output = finish(&mut self.machine.start(&program));
        assert!(output.status.success(), "{}", output.status);
        output.stdout
    }
}

/// The start of a program without a C library.
const PROGRAM: &str = r#"
typedef unsigned long size_t;
void *memcpy(void *to, const void *from, size_t n) {
    for (size_t i = 0; i < n; i++) ((char *)to)[i] = ((char *)from)[i];
    return to;
}
void *memset(void *to, int byte, size_t n) { for (size_t i = 0; i < n; i++) ((char *)to)[i] = byte; return to; }
int memcmp(const unsigned char *a, const unsigned char *b, size_t n) {
    for (size_t i = 0; i < n; i++) if (a[i] != b[i]) return a[i] - b[i];
    return 0;
}
#if defined(__x86_64__)
#define WRITE 1
#define EXIT 60
__attribute__((force_align_arg_pointer))
#else
#define WRITE 64
#define EXIT 93
#endif
void _start(void) {
    static char answers[65536];
    extern void (*__init_array_start[])(void), (*__init_array_end[])(void);
    long program(char *);
    for (void (**f)(void) = __init_array_start; f != __init_array_end; f++) (*f)();
    system_call(WRITE, 1, (long)answers, program(answers));
    system_call(EXIT, 0, 0, 0);
    __builtin_trap();
}
"#;
