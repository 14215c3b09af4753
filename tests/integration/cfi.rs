//! `--cfi`: programs whose return addresses are signed and whose indirect branches land on landing pads alone, on a
//! processor that enforces both, as QEMU emulates one.

use crate::bad_input::refuse;
use crate::cross::{AARCH64, is_there};
use crate::support::{Bench, Machine, check_all, finish, root, text, wasmc};
use crate::{programs, traps};
use object::elf;
use object::read::archive::ArchiveFile;
use object::read::elf::{ElfFile64, ProgramHeader as _};
use object::write::{Object, StandardSection, Symbol, SymbolSection};
use object::{
    BinaryFormat, Endianness, Object as _, ObjectSection as _, ObjectSymbol as _, Relocation, RelocationFlags,
    RelocationTarget, SectionKind, SymbolFlags, SymbolKind, SymbolScope,
};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use wasmc_abi::native::EXPORTS_SECTION;

const HARDENED: Machine = Machine { options: &["--target", "aarch64-linux", "--cfi"], emulator: AARCH64.emulator };

const SIGILL: i32 = 4;
const SIGSEGV: i32 = 11;

#[test]
fn programs_and_traps() {
    if is_there(HARDENED) {
        check_all(&programs::own(), |case| programs::check(case, HARDENED));
        check_all(&traps::traps(), |trap| traps::check(trap, HARDENED));
    }
}

/// Calls and tail calls through references, also of functions with several results, and branches through a table.
const BRANCHES: &str = r#"(module
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (type $step (func (param i32 i32) (result i32)))
    (type $pair (func (param i32) (result i32 i32)))
    (table 3 funcref) (elem (i32.const 0) $even $odd $pair)
    (func $even (type $step)
        (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
        (return_call_indirect (type $step) (i32.sub (local.get 0) (i32.const 1)) (local.get 1) (i32.const 1)))
    (func $odd (type $step)
        (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
        (return_call_indirect (type $step) (i32.sub (local.get 0) (i32.const 1)) (local.get 1) (i32.const 0)))
    (func $pair (type $pair) (local.get 0) (i32.const 1))
    (func $pick (param i32) (result i32)
        (block $c (block $b (block $a
            (br_table $a $b $a $b $c (local.get 0)))
            (return (i32.const 10)))
            (return (i32.const 20)))
        (i32.const 30))
    (func (export "_start")
        (call $exit (i32.add
            (i32.add (call $pick (i32.const 1)) (call $pick (i32.const 99)))
            (i32.add (call $even (i32.const 100000) (i32.const 5))
                (i32.sub (call_indirect (type $pair) (i32.const 8) (i32.const 2))))))))"#;

#[test]
fn every_indirect_branch_lands() {
    if is_there(HARDENED) {
        for level in ["-O0", "-O2", "-Os"] {
            let output = run(&Bench::new(), BRANCHES, &["--target", "aarch64-linux", "--cfi", level]);
            assert_eq!(output.status.code(), Some(20 + 30 + 5 + 7), "{level}: {}", text(&output.stderr));
        }
    }
}

/// Functions that call each other until the stack is exhausted, which is before one of them has made its frame: of the
/// C convention, and of the one for several results.
#[test]
fn backtraces_lack_no_frame() {
    if !is_there(HARDENED) {
        return;
    }
    for (results, drops) in [("", ""), ("(result i32 i32)", "(drop) (drop)")] {
        let module = format!(
            "(module (func $ping {results} (call $pong)) (func $pong {results} (call $ping))
                (func (export \"_start\") (call $ping) {drops}))"
        );
        let output = run(&Bench::new(), &module, HARDENED.options);
        let stderr = text(&output.stderr);
        assert!(stderr.starts_with("wasm trap: call stack exhausted\n"), "{stderr}");
        let names = stderr.lines().filter_map(|line| line.split_whitespace().nth(1));
        let frames: Vec<&str> = names.filter(|name| ["ping", "pong"].contains(name)).collect();
        assert!(frames.len() > 10 && frames.windows(2).all(|pair| pair[0] != pair[1]), "{stderr}");
    }
}

#[test]
fn code_without_its_landing_pads_ends_at_once() {
    if is_there(HARDENED) {
        // The functions there make tail calls: the pad is an instruction of its own.
        const PAD: u32 = 0xd503_24df;
        const NOP: u32 = 0xd503_201f;
        let bench = Bench::new();
        let options = [HARDENED.options, &["--opt", "no-indirect,no-inline"]].concat();
        let image = bench.compile_text(BRANCHES, &options);
        let mut bytes = std::fs::read(&image).unwrap();
        let mut pads = 0;
        for word in bytes.chunks_exact_mut(4).filter(|word| **word == PAD.to_le_bytes()) {
            word.copy_from_slice(&NOP.to_le_bytes());
            pads += 1;
        }
        assert!(pads >= 3, "{pads} pads");
        std::fs::write(&image, bytes).unwrap();
        assert_eq!(finish(&mut HARDENED.start(&image)).status.signal(), Some(SIGILL));
    }
}

/// A module that calls the function of a native object from a function of its own.
const CALLS_NATIVE: &str = r#"(module (import "env" "f" (func $f))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (func $caller (call $f)) (func (export "_start") (call $caller) (call $exit (i32.const 0))))"#;

/// Jumps to an instruction that is no landing pad.
const JUMPS: &[u32] = &[
    0xd503_245f, // bti c
    0x1000_0049, // adr x9, 1f
    0xd61f_0120, // br x9
    0xd65f_03c0, // 1: ret
];

/// Puts another address in the place of the one that the caller returns to: that of code which ends the program with
/// status 42.
const SMASHES: &[u32] = &[
    0xd503_245f, // bti c
    0x1000_0069, // adr x9, 1f
    0xf900_07a9, // str x9, [x29, #8]
    0xd65f_03c0, // ret
    0xd280_0540, // 1: mov x0, #42
    0xd280_0bc8, // mov x8, #94
    0xd400_0001, // svc #0
];

#[test]
fn jumps_to_other_places_end_the_program() {
    if is_there(HARDENED) {
        assert_eq!(with_native(JUMPS, &[]).status.code(), Some(0));
        assert_eq!(with_native(JUMPS, &["--cfi"]).status.signal(), Some(SIGILL));
    }
}

#[test]
fn a_function_does_not_return_to_where_it_was_not_called() {
    if is_there(HARDENED) {
        assert_eq!(with_native(SMASHES, &[]).status.code(), Some(42));
        let output = with_native(SMASHES, &["--cfi"]);
        assert_eq!((output.status.code(), output.status.signal()), (None, Some(SIGSEGV)), "{}", text(&output.stderr));
    }
}

/// Runs [`CALLS_NATIVE`] with a function of this code, in an object that declares all GNU properties.
fn with_native(code: &[u32], options: &[&str]) -> Output {
    let bench = Bench::new();
    let object = bench.write("host.o", native(code, Some(BOTH)));
    // The function that calls has a frame of its own, in which it returns.
    let own_frame = ["--opt", "no-inline", "--target", "aarch64-linux", object.to_str().unwrap()];
    let options = [&own_frame, options].concat();
    run(&bench, CALLS_NATIVE, &options)
}

fn run(bench: &Bench, module: &str, options: &[&str]) -> Output {
    finish(&mut HARDENED.start(&bench.compile_text(module, options)))
}

const BTI: u32 = elf::GNU_PROPERTY_AARCH64_FEATURE_1_BTI;
const BOTH: u32 = BTI | elf::GNU_PROPERTY_AARCH64_FEATURE_1_PAC;

/// An object for AArch64 that defines `env.f` and declares `features`, bits of GNU_PROPERTY_AARCH64_FEATURE_1_AND.
fn native(code: &[u32], features: Option<u32>) -> Vec<u8> {
    let mut object = Object::new(BinaryFormat::Elf, object::Architecture::Aarch64, Endianness::Little);
    if let Some(features) = features {
        object.add_elf_gnu_property_u32(elf::GNU_PROPERTY_AARCH64_FEATURE_1_AND, features);
    }
    let symbol = object.add_symbol(Symbol {
        name: b"env_f".to_vec(),
        value: 0,
        size: 0,
        kind: SymbolKind::Text,
        scope: SymbolScope::Linkage,
        weak: false,
        section: SymbolSection::Undefined,
        flags: SymbolFlags::None,
    });
    let text = object.section_id(StandardSection::Text);
    let code: Vec<u8> = code.iter().flat_map(|word| word.to_le_bytes()).collect();
    object.add_symbol_data(symbol, text, &code, 4);
    let declarations = object.add_section(Vec::new(), EXPORTS_SECTION.into(), SectionKind::Metadata);
    object.append_section_data(declarations, b"env_f\0() -> ()\0", 1);
    object.write().expect("a small object")
}

/// As [`native`], with a note whose size is beyond its section's.
fn with_malformed_note(code: &[u32]) -> Vec<u8> {
    let mut object = native(code, Some(elf::GNU_PROPERTY_AARCH64_FEATURE_1_BTI));
    let name = object.windows(4).position(|window| window == b"GNU\0").expect("the note's owner");
    // Before the owner come its size, that of the descriptor, and the type.
    object[name - 8..name - 4].copy_from_slice(&u32::MAX.to_le_bytes());
    object
}

/// `bti c; ret`
const RETURNS: &[u32] = &[0xd503_245f, 0xd65f_03c0];

#[test]
fn native_code_without_landing_pads_is_refused_by_name() {
    if !is_there(AARCH64) {
        return;
    }
    let folder = Bench::new();
    let object = folder.write("host.o", native(RETURNS, None));
    let archive = folder.path("libhost.a");
    assert!(finish(Command::new("ar").arg("rcS").arg(&archive).arg(&object)).status.success());
    // A malformed note declares nothing.
    let unread = folder.write("unread.o", with_malformed_note(RETURNS));
    for (path, name) in [(&object, "host.o"), (&archive, "libhost.a(host.o)"), (&unread, "unread.o")] {
        let bench = Bench::new();
        let module = bench.write("module.wat", CALLS_NATIVE);
        let args = ["--target", "aarch64-linux", "--cfi", path.to_str().unwrap()].map(String::from);
        let stderr = refuse(&bench, &module, &args).unwrap();
        assert!(
            stderr.contains(&format!("{name} has no landing pads")) && stderr.contains("-mbranch-protection=standard"),
            "{stderr}"
        );
    }
}

#[test]
fn other_targets_are_refused_with_the_one_that_has_it() {
    for target in ["x86_64-linux", "riscv64-linux", "aarch64-macos", "x86_64-macos", "aarch64-none", "riscv64-none"] {
        let bench = Bench::new();
        let module = bench.write("module.wat", "(module)");
        let stderr = refuse(&bench, &module, &["--cfi", "--target", target].map(String::from)).unwrap();
        assert!(stderr.contains(target) && stderr.contains("--target aarch64-linux"), "{stderr}");
    }
}

/// What `readelf -nlW` prints of a file, which must be no warning.
fn readelf(path: &Path) -> String {
    let output = finish(Command::new("readelf").arg("-nlW").arg(path));
    assert_eq!(text(&output.stderr), "");
    text(&output.stdout)
}

#[test]
fn images_and_objects_say_it_of_their_code() {
    if !is_there(HARDENED) {
        return;
    }
    let bench = Bench::new();
    let module = root().join("fixtures/programs/greeting/greeting.wasm");
    let image = bench.compile(&module, HARDENED.options);
    let told = readelf(&image);
    assert!(told.contains("AArch64 feature: BTI, PAC"), "{told}");
    check_header(&std::fs::read(&image).unwrap());
    assert!(inspect(&image).contains("control flow: landing pads (BTI), signed return addresses (PAC)"));
    let stripped = bench.compile(&module, &[HARDENED.options, &["--strip"]].concat());
    assert!(inspect(&stripped).contains("control flow: landing pads"));
    let object = bench.compile(&module, &[HARDENED.options, &["--emit", "obj"]].concat());
    assert!(readelf(&object).contains("AArch64 feature: BTI, PAC"));
    let plain = bench.compile(&module, AARCH64.options);
    assert!(!readelf(&plain).contains("feature"));
    assert!(!inspect(&plain).contains("control flow"));
}

/// The header that the kernel reads: it leads to a note that is mapped, read-only.
fn check_header(image: &[u8]) {
    let file = ElfFile64::<Endianness>::parse(image).unwrap();
    let endian = file.endian();
    let headers = file.elf_program_headers();
    let note =
        headers.iter().find(|header| header.p_type(endian) == elf::PT_GNU_PROPERTY).expect("the kernel's header");
    let mapped = headers.iter().any(|header| {
        let start = note.p_vaddr(endian).wrapping_sub(header.p_vaddr(endian));
        header.p_type(endian) == elf::PT_LOAD
            && header.p_flags(endian) == elf::PF_R
            && start < header.p_filesz(endian)
            && start + header.p_offset(endian) == note.p_offset(endian)
    });
    assert!(mapped, "no segment holds the note");
    assert_eq!((note.p_align(endian), note.p_filesz(endian)), (8, 32));
}

fn inspect(image: &Path) -> String {
    text(&finish(wasmc().arg("inspect").arg(image)).stdout)
}

#[test]
fn an_image_promises_no_more_than_its_native_code() {
    if is_there(HARDENED) {
        let bench = Bench::new();
        let object = bench.write("host.o", native(RETURNS, Some(BTI)));
        let options = [HARDENED.options, &[object.to_str().unwrap()]].concat();
        let image: PathBuf = bench.compile_text(CALLS_NATIVE, &options);
        assert_eq!(finish(&mut HARDENED.start(&image)).status.code(), Some(0));
        assert!(inspect(&image).contains("control flow: landing pads (BTI), return addresses not all signed"));
    }
}

/// Instructions that calls through pointers may land on: `bti c`, `bti jc`, `paciasp`, `pacibsp`.
const PADS: [u32; 4] = [0xd503_245f, 0xd503_24df, 0xd503_233f, 0xd503_237f];

/// `bti j`, `bti jc`: those for jumps within a function.
const JUMP_PADS: [u32; 2] = [0xd503_249f, 0xd503_24df];

/// Relocations of branches, which take no address. All others do.
const BRANCHES_TO_SYMBOLS: [elf::RelocationType; 4] =
    [elf::R_AARCH64_CALL26, elf::R_AARCH64_JUMP26, elf::R_AARCH64_CONDBR19, elf::R_AARCH64_TSTBR14];

#[test]
fn what_the_runtime_takes_the_address_of_is_a_landing_pad() {
    if !is_there(HARDENED) {
        return;
    }
    let archive = wasmc::runtimes::find("aarch64-linux", false).expect("it is built in");
    let mut taken = 0;
    for member in ArchiveFile::parse(archive).unwrap().members() {
        let member = member.unwrap();
        // rustc's own notes on the library are no object.
        let Ok(object) = ElfFile64::<Endianness>::parse(member.data(archive).unwrap()) else { continue };
        for section in object.sections() {
            let data = section.data().unwrap();
            for (_, relocation) in section.relocations() {
                taken += usize::from(check_address(&object, &relocation));
            }
            if section.kind() == SectionKind::Text {
                check_jumps(data, section.name().unwrap());
            }
        }
    }
    assert!(taken >= 5, "the handler of faults at least, and what threads begin with: {taken}");
}

/// Whether a relocation takes the address of code, which must then begin with a landing pad.
fn check_address(object: &ElfFile64<'_>, relocation: &Relocation) -> bool {
    let RelocationFlags::Elf { r_type } = relocation.flags() else { return false };
    let RelocationTarget::Symbol(symbol) = relocation.target() else { return false };
    let symbol = object.symbol_by_index(symbol).unwrap();
    let Some(section) = symbol.section_index() else { return false };
    let section = object.section_by_index(section).unwrap();
    if section.kind() != SectionKind::Text || BRANCHES_TO_SYMBOLS.contains(&r_type) {
        return false;
    }
    let at = (symbol.address() as i64 + relocation.addend()) as usize;
    let word = &section.data().unwrap()[at..at + 4];
    let name = symbol.name().unwrap();
    assert!(PADS.contains(&u32::from_le_bytes(word.try_into().unwrap())), "{name} + {at} is no landing pad");
    true
}

/// Checks that a function jumps by `br` either as a call does, through x16 or x17, or to landing pads of its own.
fn check_jumps(code: &[u8], name: &str) {
    let words: Vec<u32> = code.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect();
    let jumps = |word: &u32| word & 0xffff_fc1f == 0xd61f_0000 && ![16, 17].contains(&(word >> 5 & 31));
    let has_pads = words.iter().any(|word| JUMP_PADS.contains(word));
    assert!(has_pads || !words.iter().any(jumps), "{name} jumps, and has no landing pad for that");
}
