//! Programs for macOS, which cannot run here: objects and executables are read, and must be as the system wants them.
//!
//! Executables need the runtime of the target and a linker: where one is missing, the test says so and checks nothing.

use crate::bad_input::refuse;
use crate::support::{Bench, finish, root, text, wasmc};
use object::macho::{self, MachHeader64};
use object::read::macho::{LoadCommandVariant, MachHeader, MachOFile64};
use object::{LittleEndian as LE, Object, ObjectSection, ObjectSymbol, RelocationFlags, RelocationTarget};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGETS: [&str; 2] = ["aarch64-macos", "x86_64-macos"];

type File<'a> = MachOFile64<'a, LE>;

fn object_of(bench: &Bench, module: &Path, target: &str) -> Vec<u8> {
    std::fs::read(bench.compile(module, &["--target", target, "--emit", "obj"])).unwrap()
}

/// Whether executables can be linked for `target`.
fn can_link(target: &str) -> bool {
    let listed = text(&finish(wasmc().arg("targets")).stdout);
    let ready = listed.contains(&format!("{target} (ready"));
    if !ready {
        eprintln!("skipped: the runtime for {target} is not built in; run `cargo xtask runtimes`");
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = ["ld64.lld", "ld64.lld-19", "rust-lld"];
    let linker = std::env::split_paths(&path).any(|folder| names.iter().any(|name| folder.join(name).is_file()));
    if !linker {
        eprintln!("skipped: there is no linker for {target}; install lld-19");
    }
    ready && linker
}

/// Programs that use, together, all of the runtime.
fn modules() -> Vec<PathBuf> {
    let names =
        ["hello/hello.wasm", "lisp/lisp.wasm", "rust_std/rust_std.wasm", "threads/threads.wasm", "wasi/files.wasm"];
    names.iter().map(|name| root().join("fixtures/programs").join(name)).collect()
}

const CALLS: &str = r#"(module
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1) (data (i32.const 64) "contents")
    (global $grown (mut i32) (i32.const 0))
    (table 4 4 funcref) (elem (i32.const 1) $double $exit)
    (table $written 2 2 funcref)
    (func $double (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
    (func (export "_start")
        (table.set $written (i32.const 0) (ref.func $double))
        (global.set $grown (memory.grow (i32.const 1)))
        (call_indirect (param i32) (call_indirect (param i32) (result i32) (i32.load (i32.const 64)) (i32.const 1))
            (i32.const 2))))"#;

/// Distances are relative, and addresses lie only where the loader may write them.
#[test]
fn objects_are_position_independent() {
    for target in TARGETS {
        let bench = Bench::new();
        let object = object_of(&bench, &bench.write("module.wat", CALLS), target);
        let file = File::parse(&*object).unwrap();
        let mut seen = BTreeSet::new();
        for section in file.sections() {
            let (segment, name) = (section.segment_name().unwrap().unwrap(), section.name().unwrap());
            for (at, relocation) in section.relocations() {
                let RelocationFlags::MachO { r_type, r_pcrel, .. } = relocation.flags() else { panic!() };
                seen.insert((segment.to_string(), name.to_string(), r_type.0, r_pcrel));
                if r_type == macho::ARM64_RELOC_UNSIGNED {
                    assert_ne!(segment, "__TEXT", "{target}: an address at {at:#x} of {name}");
                }
                let RelocationTarget::Symbol(_) = relocation.target() else {
                    panic!("{target}: what is at {at:#x} of {name} refers to no symbol")
                };
            }
        }
        let kinds = |wanted: &[u8]| wanted.iter().all(|kind| seen.iter().any(|(.., r_type, _)| r_type == kind));
        let expected = match target {
            "aarch64-macos" => {
                [macho::ARM64_RELOC_BRANCH26.0, macho::ARM64_RELOC_PAGE21.0, macho::ARM64_RELOC_PAGEOFF12.0]
            }
            _ => [macho::X86_64_RELOC_BRANCH.0, macho::X86_64_RELOC_SIGNED.0, macho::X86_64_RELOC_UNSIGNED.0],
        };
        assert!(kinds(&expected), "{target}: {seen:?}");
        let sections: Vec<_> = file.sections().map(|section| section.name().unwrap().to_string()).collect();
        for name in ["__text", "__const", "__data", "__bss"] {
            assert!(sections.iter().any(|section| section == name), "{target}: {sections:?} lacks {name}");
        }
    }
}

#[test]
fn symbols_are_those_of_c() {
    for target in TARGETS {
        let bench = Bench::new();
        let object = object_of(&bench, &bench.write("module.wat", CALLS), target);
        let file = File::parse(&*object).unwrap();
        let names: BTreeSet<_> = file.symbols().map(|symbol| symbol.name().unwrap().to_string()).collect();
        for name in ["_wasmc_main", "_wasmc_memory", "_wasi_snapshot_preview1_proc_exit", "_double"] {
            assert!(names.contains(name), "{target}: {names:?} lacks {name}");
        }
        assert!(names.iter().all(|name| name.starts_with('_')), "{target}: {names:?}");
    }
}

/// The number of a function's type stays before it: nothing allows a linker to take the code apart.
#[test]
fn types_stay_with_their_functions() {
    for target in TARGETS {
        let bench = Bench::new();
        let object = object_of(&bench, &bench.write("module.wat", CALLS), target);
        let header = MachHeader64::<LE>::parse(&*object, 0).unwrap();
        assert!(!header.flags(LE).contains(macho::MH_SUBSECTIONS_VIA_SYMBOLS), "{target}");
        let file = File::parse(&*object).unwrap();
        let double = file.symbols().find(|symbol| symbol.name() == Ok("_double")).unwrap().address();
        let code = file.section_by_name("__text").unwrap();
        let at = (double - code.address()) as usize;
        let number = u32::from_le_bytes(code.data().unwrap()[at - 4..at].try_into().unwrap());
        assert_ne!(number, 0, "{target}");
    }
}

/// What an executable's load commands say.
#[derive(Default)]
struct Commands {
    entry: Option<u64>,
    libraries: Vec<String>,
    signed: bool,
    oldest_system: Option<u32>,
    segments: Vec<(String, u64, u64, u32)>,
}

fn commands(image: &[u8]) -> Commands {
    let header = MachHeader64::<LE>::parse(image, 0).unwrap();
    let mut found = Commands::default();
    let mut commands = header.load_commands(LE, image, 0).unwrap();
    while let Some(command) = commands.next().unwrap() {
        match command.variant().unwrap() {
            LoadCommandVariant::EntryPoint(entry) => found.entry = Some(entry.entryoff.get(LE)),
            LoadCommandVariant::Dylib(library) => {
                found.libraries.push(text(command.string(LE, library.dylib.name).unwrap()));
            }
            LoadCommandVariant::BuildVersion(version, _) => found.oldest_system = Some(version.minos.get(LE).0),
            LoadCommandVariant::LinkeditData(data) => found.signed |= data.cmd.get(LE) == macho::LC_CODE_SIGNATURE,
            LoadCommandVariant::Segment64(segment, _) => {
                let name = text(&segment.segname).trim_end_matches('\0').to_string();
                let access = segment.initprot.get(LE).0 | segment.maxprot.get(LE).0;
                found.segments.push((name, segment.vmaddr.get(LE), segment.vmsize.get(LE), access));
            }
            _ => {}
        }
    }
    found
}

#[test]
fn executables_are_as_the_loader_wants_them() {
    for target in TARGETS.into_iter().filter(|target| can_link(target)) {
        for module in modules() {
            let bench = Bench::new();
            let image = std::fs::read(bench.compile(&module, &["--target", target])).unwrap();
            let of = format!("{target}: {}", module.display());
            let commands = commands(&image);
            assert_eq!(commands.libraries, ["/usr/lib/libSystem.B.dylib"], "{of}");
            assert!(commands.signed, "{of} is not signed");
            assert_eq!(commands.oldest_system, Some(11 << 16), "{of}");
            let (name, address, size, access) = &commands.segments[0];
            assert_eq!((name.as_str(), *address, *size, *access), ("__PAGEZERO", 0, 1 << 32, 0), "{of}");
            let both = macho::VM_PROT_WRITE.0 | macho::VM_PROT_EXECUTE.0;
            assert!(commands.segments.iter().all(|(.., access)| access & both != both), "{of}");
            let file = File::parse(&*image).unwrap();
            let entry = commands.segments[1].1 + commands.entry.unwrap();
            // A function of the program may be called `main` too: it comes before the program's start, the runtime's
            // after it.
            let start = file.symbols().find(|symbol| symbol.name() == Ok("_wasmc_main")).unwrap().address();
            let mut mains = file.symbols().filter(|symbol| symbol.name() == Ok("_main"));
            let is_main = mains.any(|symbol| symbol.address() == entry && entry > start);
            assert!(is_main, "{of}: the entry point is not the runtime's `main`");
            assert!(file.section_by_name("__unwind_info").is_some(), "{of}: debuggers cannot tell frames");
        }
    }
}

/// Nothing of the runtime is there that the program does not use, and nothing is exported.
#[test]
fn executables_hold_what_they_use() {
    for target in TARGETS.into_iter().filter(|target| can_link(target)) {
        let bench = Bench::new();
        let image = bench.compile_text(r#"(module (func (export "_start")))"#, &["--target", target]);
        let image = std::fs::read(image).unwrap();
        let file = File::parse(&*image).unwrap();
        let names: Vec<_> = file.symbols().map(|symbol| symbol.name().unwrap().to_string()).collect();
        let unused = |name: &String| ["traps", "preview1_fd", "pthread"].iter().any(|part| name.contains(part));
        assert!(!names.iter().any(unused), "{target}: {names:?}");
        let exported = file.symbols().filter(|symbol| symbol.is_global() && symbol.is_definition());
        let exported: Vec<_> = exported.map(|symbol| symbol.name().unwrap().to_string()).collect();
        assert_eq!(exported, [] as [String; 0], "{target}");
        let code = file.section_by_name("__text").unwrap().size();
        assert!(code < 4096, "{target}: {code} bytes of code");
    }
}

#[test]
fn the_same_input_makes_the_same_executable() {
    for target in TARGETS.into_iter().filter(|target| can_link(target)) {
        let image = || {
            let bench = Bench::new();
            let module = root().join("fixtures/programs/lisp/lisp.wasm");
            std::fs::read(bench.compile(&module, &["--target", target])).unwrap()
        };
        assert!(image() == image(), "{target}");
    }
}

#[test]
fn without_a_linker_the_error_says_what_to_install() {
    let target = TARGETS[0];
    if !can_link(target) {
        return;
    }
    let bench = Bench::new();
    let image = bench.path("image");
    let module = root().join("fixtures/programs/hello/hello.wasm");
    let output = finish(wasmc().env("PATH", "").arg(module).args(["--target", target, "-o"]).arg(&image));
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("ld64.lld") && stderr.contains("--emit obj"), "{stderr}");
    assert!(!image.exists());
}

#[test]
fn target_files_that_contradict_themselves_are_refused() {
    let of = |name: &str| std::fs::read_to_string(root().join("targets").join(name)).unwrap();
    let cases = [
        (of("aarch64-macos.toml").replace("[memory]", "[memory]\nbase = 0x20_0000"), "memory.base"),
        (of("aarch64-macos.toml").replace("stack-size", "image-base = 0\nstack-size"), "image-base"),
        (of("aarch64-linux.toml").replace("\nimage-base", "\n# image-base"), "`image-base` is missing"),
        (of("x86_64-linux.toml").replace("\"elf\"", "\"mach-o\""), "object-format"),
    ];
    for (file, expected) in cases {
        let (bench, folder) = (Bench::new(), Bench::new());
        let module = bench.write("module.wat", r#"(module (func (export "_start")))"#);
        let target = folder.write("board.toml", file);
        let stderr = refuse(&bench, &module, &["--target".to_string(), target.display().to_string()]).unwrap();
        assert!(stderr.contains(expected), "{stderr}");
    }
}

#[test]
fn programs_for_macos_are_not_started_elsewhere() {
    let module = root().join("fixtures/programs/hello/hello.wasm");
    let output = finish(wasmc().args(["run", "--target", TARGETS[0]]).arg(module));
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("do not run on this machine"), "{stderr}");
}

const SOURCE: &str = r#"#include "wasmc.h"
    WASMC_EXPORT(env_twice, "(i32) -> i32");
    unsigned env_twice(unsigned a) { return a + a; }"#;

/// Symbols of Mach-O begin with an underscore that C does not see; imports mean C's names.
#[test]
fn native_objects_satisfy_imports() {
    for (target, triple) in TARGETS.into_iter().zip(["arm64-apple-macos11", "x86_64-apple-macos11"]) {
        let bench = Bench::new();
        let source = bench.write("host.c", SOURCE);
        let object = bench.path("host.o");
        let mut clang = Command::new("clang-19");
        clang.arg(format!("--target={triple}")).arg("-I").arg(root().join("runtime-lib/include"));
        clang.args(["-O1", "-c", "-ffreestanding", "-o"]).arg(&object).arg(source);
        if !can_link(target) || clang.output().is_err() {
            eprintln!("skipped: clang-19 is not installed");
            return;
        }
        let image = bench.compile_text(
            r#"(module (import "env" "twice" (func $twice (param i32) (result i32)))
                (func (export "_start") (drop (call $twice (i32.const 4)))))"#,
            &["--target", target, object.to_str().unwrap()],
        );
        let image = std::fs::read(image).unwrap();
        let file = File::parse(&*image).unwrap();
        assert!(file.symbols().any(|symbol| symbol.name() == Ok("_env_twice")), "{target}");
    }
}
