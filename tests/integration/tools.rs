//! One file compiles for every target, and the tools that read objects and images accept them without warnings.

use crate::support::{Bench, finish, root, text, wasmc};
use std::path::Path;
use std::process::Command;

/// The targets whose runtime is built in.
fn ready_targets() -> Vec<String> {
    let listed = text(&finish(wasmc().arg("targets")).stdout);
    let ready = listed.lines().filter(|line| line.contains("(ready"));
    ready.filter_map(|line| Some(line.split_once(' ')?.0.to_owned())).collect()
}

/// Programs that print what is in an object or image, with what makes them print everything.
const READERS: [&[&str]; 6] = [
    &["file"],
    &["readelf", "--all", "--wide"],
    &["llvm-readelf-19", "--all"],
    &["llvm-readobj-19", "--all"],
    &["llvm-objdump-19", "--disassemble", "--reloc"],
    &["llvm-nm-19"],
];

/// Runs every reader that is installed; fails where one prints a warning.
fn read(path: &Path) -> usize {
    let mut readers = 0;
    for reader in READERS {
        let is_for_elf_alone = reader[0].contains("readelf");
        if is_for_elf_alone && !std::fs::read(path).expect("the output is there").starts_with(b"\x7fELF") {
            continue;
        }
        let Ok(output) = Command::new(reader[0]).args(&reader[1..]).arg(path).output() else { continue };
        let (said, printed) = (text(&output.stderr), text(&output.stdout));
        // What a stripped image lacks is no fault of it.
        let complaints: Vec<&str> = said.lines().filter(|line| !line.ends_with("no symbols")).collect();
        let warned = printed.lines().find(|line| line.to_lowercase().contains("warning"));
        assert!(
            output.status.success() && complaints.is_empty() && warned.is_none(),
            "{reader:?} {}: {said}{warned:?}",
            path.display()
        );
        readers += 1;
    }
    readers
}

/// Nothing but the command itself is there: no environment, no program on the path.
#[test]
fn one_file_compiles_for_every_target_and_readers_accept_it() {
    let module = root().join("fixtures/programs/json_format/json_format.wasm");
    let targets = ready_targets();
    assert!(!targets.is_empty(), "no target is ready");
    for target in targets {
        let bench = Bench::new();
        // Programs for macOS need a linker, which is not inside.
        let kinds: &[&[&str]] =
            if target.ends_with("-macos") { &[&["--emit=obj"]] } else { &[&["--emit=obj"], &[], &["--strip"]] };
        for (number, options) in kinds.iter().enumerate() {
            let path = bench.path(&format!("output{number}"));
            let mut command = wasmc();
            command.env_clear().current_dir(bench.folder.path()).arg(&module).args(["--target", &target]);
            let output = finish(command.args(*options).arg("-o").arg(&path));
            assert!(output.status.success(), "{target} {options:?}: {}", text(&output.stderr));
            if read(&path) == 0 {
                eprintln!("skipped: nothing that reads objects is installed");
            }
        }
    }
}
