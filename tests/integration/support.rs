//! What the tests share: the command, temporary folders, runs and their outcomes.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use tempfile::TempDir;

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the repository")
}

/// The command under test: built beside the tests by the same profile.
pub fn wasmc() -> Command {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    let path = PATH.get_or_init(|| {
        let tests = std::env::current_exe().expect("the test has a path");
        let path = tests.parent().and_then(Path::parent).expect("tests lie in target/PROFILE/deps").join("wasmc");
        assert!(path.is_file(), "{} is missing: run the tests by `cargo xtask test`", path.display());
        path
    });
    Command::new(path)
}

/// A folder with one module in it.
pub struct Bench {
    /// The folder, removed in the end.
    pub folder: TempDir,
}

impl Bench {
    /// An empty folder.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// The path of `name` in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file.
    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, contents).expect("writing a test's file");
        path
    }

    /// Compiles `module` to the image `image`, which must succeed without any message.
    pub fn compile(&self, module: &Path, args: &[impl AsRef<OsStr>]) -> PathBuf {
        let image = self.path("image");
        let output = finish(wasmc().arg(module).arg("-o").arg(&image).args(args));
        assert_eq!(text(&output.stderr), "", "wasmc {}", module.display());
        assert!(output.status.success(), "wasmc {}: {}", module.display(), output.status);
        image
    }

    /// Compiles a module in text format.
    pub fn compile_text(&self, module: &str, args: &[&str]) -> PathBuf {
        let module = self.write("module.wat", module);
        self.compile(&module, args)
    }
}

/// How programs are compiled and started.
#[derive(Clone, Copy, Debug, Default)]
pub struct Machine {
    /// Options of the compiler.
    pub options: &'static [&'static str],
    /// The command that runs programs: one of [`wasmc_tests::emulators`], or none for this machine.
    pub emulator: &'static str,
}

impl Machine {
    /// This machine, with options of the compiler.
    pub fn with(options: &'static [&'static str]) -> Self {
        Self { options, emulator: "" }
    }

    /// A command that starts `image`.
    pub fn start(&self, image: &Path) -> Command {
        let mut words = self.emulator.split_whitespace().map(Path::new).chain([image]);
        let mut command = Command::new(words.next().expect("at least the image"));
        command.args(words);
        command
    }
}

/// Runs a command to its end, without input.
pub fn finish(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// Bytes as text.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs `check` for every case on two threads and fails with all that failed.
pub fn check_all<T: Sync>(cases: &[T], check: impl Fn(&T) -> Result<(), String> + Sync) {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = || {
        let mut failures = Vec::new();
        while let Some(case) = cases.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
            failures.extend(check(case).err());
        }
        failures
    };
    let failures: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a check panicked")).collect()
    });
    assert!(!cases.is_empty(), "there is nothing to check");
    assert!(failures.is_empty(), "{} of {} failed:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

/// In C, a function `system_call`: a system call of Linux by its number.
pub const SYSTEM_CALL: &str = r#"
static long system_call(long number, long a, long b, long c) {
#if defined(__x86_64__)
    long answer;
    __asm__ volatile("syscall" : "=a"(answer) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return answer;
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
#else
    register long a7 __asm__("a7") = number, a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2) : "memory");
    return a0;
#endif
}
"#;
