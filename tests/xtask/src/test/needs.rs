//! What tests need besides their build. Most need nothing.

use std::collections::BTreeSet;

use anyhow::Result;

use super::tools;
use crate::{programs, runtimes};

/// What some tests need.
#[derive(Debug, Default, PartialEq)]
pub struct Needs {
    /// Programs that they start, of those in [`tools`].
    tools: BTreeSet<&'static str>,
    /// Targets whose runtime `wasmc` must have.
    runtimes: BTreeSet<&'static str>,
    /// Whether they need the programs of others that are downloaded.
    programs: bool,
}

/// A row of the table.
struct Row {
    /// How the tests' names begin.
    tests: &'static str,
    tools: &'static [&'static str],
    runtimes: &'static [&'static str],
}

/// Tests that need programs or runtimes. Where several rows fit a test, all count.
const TABLE: &[Row] = &[
    Row {
        tests: "bare::",
        tools: &["qemu-system-aarch64", "qemu-system-riscv64"],
        runtimes: &["aarch64-none", "riscv64-none"],
    },
    Row { tests: "cfi::", tools: &["qemu-aarch64", "ar", "readelf"], runtimes: &["aarch64-linux"] },
    Row { tests: "cli::no_other_program_is_started", tools: &["strace"], runtimes: &[] },
    Row { tests: "components::", tools: EMULATORS, runtimes: EMULATED },
    Row { tests: "confine::", tools: &["cc", "strace", "qemu-aarch64"], runtimes: &["aarch64-linux"] },
    Row { tests: "cross::", tools: EMULATORS, runtimes: EMULATED },
    Row { tests: "embed::embedded_files_need_no_system_calls", tools: &["strace"], runtimes: &[] },
    Row { tests: "examples::a_host_in_c", tools: &["cmake", "cc"], runtimes: &[] },
    Row { tests: "exceptions::", tools: EMULATORS, runtimes: EMULATED },
    Row { tests: "fuel::", tools: EMULATORS, runtimes: EMULATED },
    Row { tests: "gc::", tools: EMULATORS, runtimes: EMULATED },
    Row { tests: "image::segments", tools: &[], runtimes: EMULATED },
    Row { tests: "library::a_tool", tools: &["valgrind"], runtimes: &[] },
    Row { tests: "library::package", tools: &runtimes::DEBIAN_FILES, runtimes: &[] },
    Row { tests: "profile::", tools: EMULATORS, runtimes: EMULATED },
    Row { tests: "preinit::", tools: &["cc", "qemu-aarch64", "qemu-riscv64"], runtimes: EMULATED },
    Row { tests: "library::in_c::", tools: &["cc", "c++", "readelf"], runtimes: &[] },
    Row { tests: "library::in_c::exceptions_and_limits", tools: C_ELSEWHERE, runtimes: EMULATED },
    Row { tests: "library::in_c::libraries_for_other_machines", tools: C_ELSEWHERE, runtimes: EMULATED },
    Row { tests: "library::in_c::shared_libraries", tools: C_ELSEWHERE, runtimes: EMULATED },
    Row { tests: "macos::", tools: &[], runtimes: &["aarch64-macos", "x86_64-macos"] },
    Row { tests: "native::", tools: &["cc", "ar"], runtimes: &[] },
    Row { tests: "native::boundary::", tools: &["clang-19", "c++"], runtimes: &[] },
    Row { tests: "native::objects::", tools: COMPILERS, runtimes: EMULATED },
    Row {
        tests: "native::objects::objects_that_are_not_optimised",
        tools: &["qemu-system-aarch64", "qemu-system-riscv64"],
        runtimes: &["aarch64-none", "riscv64-none"],
    },
    Row { tests: "native::signatures::", tools: COMPILERS, runtimes: EMULATED },
    Row { tests: "native::stack::", tools: COMPILERS, runtimes: EMULATED },
    Row { tests: "official_suite_on_aarch64", tools: &["qemu-aarch64"], runtimes: &["aarch64-linux"] },
    Row {
        tests: "official_suite_on_bare_metal",
        tools: &["qemu-system-aarch64", "qemu-system-riscv64"],
        runtimes: &["aarch64-none", "riscv64-none"],
    },
    Row { tests: "official_suite_on_riscv64", tools: &["qemu-riscv64"], runtimes: &["riscv64-linux"] },
    Row { tests: "official_suite_under_other_options", tools: EMULATORS, runtimes: EMULATED },
    Row { tests: "preview2::", tools: EMULATORS, runtimes: EMULATED },
    Row { tests: "preview2::lookup::", tools: &["ip"], runtimes: &[] },
    Row { tests: "programs::paths_are_walked", tools: &["strace"], runtimes: &[] },
    Row { tests: "scripts_of_our_own", tools: EMULATORS, runtimes: EMULATED },
    Row { tests: "spectre::every_index", tools: EMULATORS, runtimes: EMULATED },
    Row { tests: "tools::", tools: &["file", "readelf", "llvm-readobj-19"], runtimes: runtimes::NAMES },
    Row { tests: "wasi::attacks::", tools: EMULATORS, runtimes: EMULATED },
    Row { tests: "wasi::files::", tools: EMULATORS, runtimes: EMULATED },
    Row { tests: "fuzz::generated_components", tools: &["cc"], runtimes: &[] },
    Row { tests: "fuzz::lies_of_generated_components", tools: &["cc"], runtimes: &[] },
    Row { tests: "fuzz::values_arrive", tools: &["cc"], runtimes: &[] },
    Row { tests: "fuzz::all_targets", tools: EMULATORS, runtimes: EMULATED },
    Row { tests: "atomics::", tools: EMULATORS, runtimes: EMULATED },
    Row { tests: "deterministic::", tools: EMULATORS, runtimes: EMULATED },
    Row { tests: "refusals::", tools: &["cc", "strace"], runtimes: &[] },
    Row { tests: "wasi::robustness::", tools: &["strace"], runtimes: &[] },
];

/// The test of programs that are downloaded.
const OF_DOWNLOADED_PROGRAMS: &str = "programs::programs_of_others";

/// Emulators of Linux on other machines, and the targets that they run.
const EMULATORS: &[&str] = &["qemu-aarch64", "qemu-riscv64"];
/// Those, and what makes native objects for these machines.
const COMPILERS: &[&str] =
    &["clang-19", "aarch64-linux-gnu-ld", "riscv64-linux-gnu-ld", "qemu-aarch64", "qemu-riscv64"];
/// Compilers and libraries for programs in C on these machines.
const C_ELSEWHERE: &[&str] = &[
    "aarch64-linux-gnu-gcc",
    "riscv64-linux-gnu-gcc",
    tools::C_LIBRARIES[0],
    tools::C_LIBRARIES[1],
    "qemu-aarch64",
    "qemu-riscv64",
];
const EMULATED: &[&str] = &["aarch64-linux", "riscv64-linux"];

impl Needs {
    /// What all tests need, and `wasmc` with all runtimes.
    pub fn of_all() -> Self {
        let mut needs = Self { programs: true, ..Self::default() };
        TABLE.iter().for_each(|row| needs.add(row));
        needs.runtimes.extend(runtimes::NAMES);
        // For the lints of those runtimes.
        needs.tools.insert(runtimes::DEBIAN_CLIPPY);
        needs
    }

    /// What the tests with these names need.
    pub fn of(names: &[String]) -> Self {
        let mut needs = Self::default();
        for name in names {
            TABLE.iter().filter(|row| name.starts_with(row.tests)).for_each(|row| needs.add(row));
            needs.programs |= name.starts_with(OF_DOWNLOADED_PROGRAMS);
        }
        needs
    }

    fn add(&mut self, row: &Row) {
        self.tools.extend(row.tools);
        self.runtimes.extend(row.runtimes);
    }

    /// Whether nothing is needed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Provides everything; where `install` is set, Debian packages too. What other targets need may be out of reach:
    /// their tests say then that they are left out.
    pub fn provide(&self, install: bool) -> Result<()> {
        let runtimes: Vec<&str> = self.runtimes.iter().copied().collect();
        // This machine's needs nothing installed, and `wasmc` needs it first.
        let (native, foreign): (Vec<&str>, Vec<&str>) = runtimes.iter().partition(|name| runtimes::has_library(name));
        runtimes::build(&native)?;
        if install {
            tools::install(self.tools.iter().copied().filter(|tool| tools::is_required(tool)))?;
        }
        let of_other_targets = || {
            if install {
                let compiler = if foreign.is_empty() { &[][..] } else { &runtimes::DEBIAN_FILES[..] };
                tools::install(self.tools.iter().copied().chain(compiler.iter().copied()))?;
            }
            runtimes::build(&foreign)
        };
        if let Err(error) = of_other_targets() {
            println!("tests of other targets are left out: {error:#}");
        }
        if self.programs
            && let Err(error) = programs::run(&programs::Options::default())
        {
            println!("programs of others could not be downloaded; they are left out of the tests: {error:#}");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest;
    use std::fs;
    use std::path::Path;

    #[test]
    fn tests_of_this_machine_need_nothing() {
        assert!(
            Needs::of(&["licences::tests::one_alternative_is_enough".to_owned(), "cli::help".to_owned()]).is_empty()
        );
    }

    #[test]
    fn needs_of_several_tests_are_added() {
        let needs = Needs::of(&["native::an_archive".to_owned(), "official_suite_on_riscv64".to_owned()]);
        assert_eq!(needs.tools, BTreeSet::from(["ar", "cc", "qemu-riscv64"]));
        assert_eq!(needs.runtimes, BTreeSet::from(["riscv64-linux"]));
        assert!(!needs.programs);
        assert!(Needs::of(&["programs::programs_of_others_behave_as_expected".to_owned()]).programs);
    }

    /// A module of tests that starts a program, or asks for another machine, has a row. (One that lacks it would be
    /// left out without a word where nothing is prepared.)
    #[test]
    fn modules_with_needs_are_in_the_table() {
        check(&manifest::root().join("tests/integration"), "");
    }

    fn check(folder: &Path, prefix: &str) {
        let machines = ["is_there(", "emulators::is_installed("].map(str::to_owned);
        let programs = tools::NAMES.map(|tool| format!("Command::new(\"{tool}\")"));
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let name = entry.path().file_stem().unwrap().to_string_lossy().into_owned();
            if entry.path().is_dir() {
                check(&entry.path(), &format!("{prefix}{name}::"));
            } else if let Ok(text) = fs::read_to_string(entry.path())
                && machines.iter().chain(&programs).any(|start| text.contains(start))
            {
                let module = if name == "mod" { prefix.to_owned() } else { format!("{prefix}{name}::") };
                let fits = |row: &Row| row.tests.starts_with(&module) || module.starts_with(row.tests);
                assert!(TABLE.iter().any(fits), "{module} is in no row");
            }
        }
    }

    #[test]
    fn rows_name_tools_and_targets_that_exist() {
        for row in TABLE {
            assert!(row.tools.iter().all(|tool| tools::NAMES.contains(tool)), "{}", row.tests);
            assert!(row.runtimes.iter().all(|target| runtimes::NAMES.contains(target)), "{}", row.tests);
        }
    }
}
