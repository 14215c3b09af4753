//! What holds for every image: static, small, nothing both writable and executable.

use crate::support::{Bench, finish, root, text, wasmc};
use object::read::elf::{ElfFile64, ProgramHeader};
use object::{Endianness, Object, ObjectSection, ObjectSymbol, elf};
use std::process::Command;

fn size(module: &str, args: &[&str]) -> u64 {
    let bench = Bench::new();
    std::fs::metadata(bench.compile(&root().join(module), args)).unwrap().len()
}

#[test]
fn an_empty_program_takes_at_most_4_kib() {
    let bench = Bench::new();
    let image = bench.compile_text(r#"(module (func (export "_start")))"#, &[]);
    let size = std::fs::metadata(&image).unwrap().len();
    assert!(size <= 4096, "{size} bytes");
    let output = finish(&mut Command::new(image));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn a_first_program_in_c_takes_at_most_34_kib() {
    let size = size("fixtures/programs/greeting/greeting.wasm", &[]);
    assert!(size <= 34 << 10, "{size} bytes");
}

#[test]
fn a_rust_program_takes_at_most_two_and_a_half_times_its_module() {
    let module = "fixtures/programs/rust_std/rust_std.wasm";
    let wasm = std::fs::metadata(root().join(module)).unwrap().len();
    let image = size(module, &[]);
    assert!(image * 2 <= wasm * 5, "{image} bytes of {wasm}");
}

#[test]
fn segments_are_either_writable_or_executable_and_the_stack_is_not() {
    let ready = text(&finish(wasmc().arg("targets")).stdout);
    let targets = ["x86_64-linux", "aarch64-linux", "riscv64-linux"];
    let ready: Vec<&str> = targets.into_iter().filter(|target| ready.contains(&format!("{target} (ready"))).collect();
    assert!(!ready.is_empty());
    for target in ready {
        // One with functions called through references, whose addresses are relocated, and one with a file system.
        for module in ["lisp/lisp.wasm", "embed/embed.wasm"] {
            let bench = Bench::new();
            let module = root().join("fixtures/programs").join(module);
            check_segments(&std::fs::read(bench.compile(&module, &["--target", target])).unwrap());
        }
    }
}

fn check_segments(image: &[u8]) {
    let file = ElfFile64::<Endianness>::parse(image).unwrap();
    let endian = file.endian();
    let mut stack = false;
    for header in file.elf_program_headers() {
        let (kind, flags) = (header.p_type(endian), header.p_flags(endian).0);
        let at = header.p_vaddr(endian);
        match kind {
            elf::PT_LOAD => {
                assert!(flags & elf::PF_R.0 != 0, "the segment at {at:#x} cannot be read");
                let both = elf::PF_W.0 | elf::PF_X.0;
                assert!(flags & both != both, "the segment at {at:#x} is writable and executable");
            }
            elf::PT_GNU_STACK => stack = flags & elf::PF_X.0 == 0,
            _ => panic!("a static image has no segment of kind {kind:?}"),
        }
    }
    assert!(stack, "the header of the stack is missing or allows execution");
    // What the linker alone writes to is read-only from the start.
    for section in file.sections() {
        let name = section.name().unwrap();
        let elf_flags = section.elf_section_header().sh_flags.get(endian);
        if [".rodata", ".got", ".data.rel.ro", ".text", ".wasmc"].contains(&name) {
            assert!(!elf_flags.contains(elf::SHF_WRITE), "{name} is writable");
        }
    }
}

/// Symbols of a program's image.
fn symbols(module: &str) -> Vec<String> {
    let bench = Bench::new();
    let image = std::fs::read(bench.compile(&root().join(module), &[] as &[&str])).unwrap();
    let file = object::File::parse(&*image).unwrap();
    file.symbols().filter_map(|symbol| Some(symbol.name().ok()?.to_string())).collect()
}

/// Parts of the runtime that are only for what few programs use, by what their symbols contain.
const OPTIONAL_PARTS: &[&str] = &[
    "wasi_thread_spawn",
    "wasmc_atomic",
    "wasmc_thread",
    "wasmc_shared_memory_grow",
    "wasmc_table_grow",
    "wasmc_script",
    "wasmc_embedded",
    "wasmc_x86_pshufb",
    "preview1_fd_readdir",
    "preview1_path_",
    "preview1_poll_",
    "preview1_sock_",
    "preview1_clock_",
    "preview1_random_",
    "wasi_unstable",
];

#[test]
fn a_program_pays_for_nothing_that_it_does_not_use() {
    let optional = |module: &str| -> Vec<&str> {
        let symbols = symbols(module);
        let is_there = |part: &&&str| symbols.iter().any(|symbol| symbol.contains(**part));
        OPTIONAL_PARTS.iter().filter(is_there).copied().collect()
    };
    assert_eq!(optional("fixtures/programs/hello/hello.wasm"), [""; 0]);
    // The same names are found where they are used.
    let threads = optional("fixtures/programs/threads/threads.wasm");
    let expected = ["wasi_thread_spawn", "wasmc_atomic", "wasmc_thread", "wasmc_shared_memory_grow"];
    assert!(expected.iter().all(|part| threads.contains(part)), "{threads:?}");
    let files = optional("fixtures/programs/wasi/files.wasm");
    assert!(files.contains(&"preview1_path_"), "{files:?}");
}

#[test]
fn an_empty_program_has_only_what_starts_and_ends_it() {
    let bench = Bench::new();
    let image = std::fs::read(bench.compile_text(r#"(module (func (export "_start")))"#, &[])).unwrap();
    let file = object::File::parse(&*image).unwrap();
    let mut names: Vec<&str> = file.symbols().filter_map(|symbol| symbol.name().ok()).collect();
    names.retain(|name| name.starts_with("wasmc_"));
    names.sort_unstable();
    let expected = [
        "wasmc_close_inherited",
        "wasmc_confine",
        "wasmc_exit",
        "wasmc_filter",
        "wasmc_grants",
        "wasmc_limits",
        "wasmc_main",
        "wasmc_memory",
        "wasmc_start",
    ];
    assert_eq!(names, expected);
}

#[test]
fn symbols_name_functions_unless_stripped() {
    let bench = Bench::new();
    let module = root().join("fixtures/programs/quicksort/quicksort.wasm");
    let names = |args: &[&str]| -> Vec<String> {
        let image = std::fs::read(bench.compile(&module, args)).unwrap();
        let file = object::File::parse(&*image).unwrap();
        file.symbols().filter_map(|symbol| Some(symbol.name().ok()?.to_string())).collect()
    };
    assert!(names(&[]).iter().any(|name| name == "sort"));
    assert!(names(&["--strip"]).is_empty());
}

#[test]
fn data_and_code_that_nothing_reaches_are_not_in_the_image() {
    let used = r#"(module (memory 1) (func (export "_start")))"#;
    let body = "(drop (i32.load (i32.const 0)))".repeat(1000);
    let unused = format!(r#"(module (memory 1) (func (export "unused") {body}) (func (export "_start")))"#);
    let size = |module: &str| {
        let bench = Bench::new();
        std::fs::metadata(bench.compile_text(module, &[])).unwrap().len()
    };
    assert_eq!(size(&unused), size(used));
}
