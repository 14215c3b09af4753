//! Boards that a target file and a user's object describe, and memory protection, which needs native code too.

use super::{AARCH64, END_OF_INPUT, RISCV64, start};
use crate::cross::is_there;
use crate::support::{Bench, Machine, finish, root, text};
use std::process::Command;
use wasmc_tests::emulators;

/// A machine that a user's object and a target file describe.
struct Board {
    folder: &'static str,
    /// What clang compiles the object by.
    flags: &'static [&'static str],
    machine: Machine,
    /// What ends input on its console.
    end: u8,
}

const SIFIVE_U: Board = Board {
    folder: "fixtures/boards/sifive_u",
    flags: &["--target=riscv64-unknown-none-elf", "-march=rv64gc", "-mabi=lp64d", "-mcmodel=medany"],
    machine: Machine {
        options: &["--target", concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/boards/sifive_u/board.toml")],
        emulator: emulators::SIFIVE_U,
    },
    end: b'.',
};
const RASPI3B: Board = Board {
    folder: "fixtures/boards/raspi3b",
    flags: &["--target=aarch64-unknown-none", "-mcpu=cortex-a53"],
    machine: Machine {
        options: &["--target", concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/boards/raspi3b/board.toml")],
        emulator: emulators::RASPI3B,
    },
    end: END_OF_INPUT,
};

/// Whether a board can be tried here.
fn is_board_there(board: &Board, like: Machine) -> bool {
    emulators::is_installed("clang-19") && is_there(Machine { options: like.options, ..board.machine })
}

/// A user's object replaces the runtime's functions for the board, and a target file describes its memory.
fn check_board(board: &Board) {
    let bench = Bench::new();
    let object = bench.path("board.o");
    let mut clang = Command::new("clang-19");
    clang.args(board.flags).args(["-ffreestanding", "-O2", "-Wall", "-Wextra", "-Werror", "-c", "-I"]);
    clang.arg(root().join("runtime-lib/include")).arg(root().join(board.folder).join("board.c")).arg("-o").arg(&object);
    let compiled = finish(&mut clang);
    assert!(compiled.status.success(), "{}", text(&compiled.stderr));
    let check = |name: &str, input: &[u8], expected: &str, status: i32| {
        let options = [board.machine.options, &[object.to_str().expect("the path is text")]].concat();
        let image = bench.compile(&root().join(name), &options);
        let output = start(board.machine, &bench, &image, &[input, &[board.end]].concat());
        assert!(text(&output.stdout).starts_with(expected), "{name}: {}", text(&output.stdout));
        assert_eq!(output.status.code(), Some(status), "{name}");
    };
    check("fixtures/programs/greeting/greeting.wasm", b"", "Hello, world!\n", 0);
    check("fixtures/programs/json_format/json_format.wasm", b"[1, 2]", "[\n  1,\n  2\n]\n", 0);
    check("fixtures/traps/unreachable.wat", b"", "wasm trap: unreachable\n", 134);
    check("fixtures/traps/call_stack_exhausted.wat", b"", "wasm trap: call stack exhausted\n", 134);
}

#[test]
fn a_board_with_risc_v() {
    if is_board_there(&SIFIVE_U, RISCV64) {
        check_board(&SIFIVE_U);
    }
}

#[test]
fn a_board_with_aarch64() {
    if is_board_there(&RASPI3B, AARCH64) {
        check_board(&RASPI3B);
    }
}

/// Native code that writes to code, executes data or follows a null pointer is stopped and reported.
#[test]
fn memory_is_protected_from_native_code() {
    const SOURCE: &str = "
        #include \"wasmc.h\"
        WASMC_EXPORT(env_poke, \"(i32) -> ()\");
        static unsigned data[4];
        void env_poke(int what) {
            if (what == 0) *(volatile unsigned *)(void *)env_poke = 0;
            if (what == 1) ((void (*)(void))(void *)data)();
            if (what == 2) *(volatile unsigned *)16 = 0;
        }";
    for (machine, board) in [(AARCH64, &RASPI3B), (RISCV64, &SIFIVE_U)] {
        if !is_board_there(board, machine) {
            continue;
        }
        let bench = Bench::new();
        let (source, object) = (bench.write("poke.c", SOURCE), bench.path("poke.o"));
        let mut clang = Command::new("clang-19");
        let compiled = finish(
            clang
                .args(board.flags)
                .args(["-ffreestanding", "-c", "-I"])
                .arg(root().join("runtime-lib/include"))
                .arg(source)
                .arg("-o")
                .arg(&object),
        );
        assert!(compiled.status.success(), "{}", text(&compiled.stderr));
        for what in 0..3 {
            let module = format!(
                r#"(module (import "env" "poke" (func $poke (param i32))) (memory 1)
                    (func (export "_start") (call $poke (i32.const {what})) (drop (i32.load (i32.const 0)))))"#
            );
            let options = [machine.options, &[object.to_str().expect("the path is text")]].concat();
            let output = start(machine, &bench, &bench.compile_text(&module, &options), &[]);
            let said = text(&output.stdout);
            assert!(said.starts_with("wasmc: internal fault: ") && said.lines().count() == 1, "{what}: {said}");
            assert_eq!(output.status.code(), Some(134), "{what}");
        }
    }
}
