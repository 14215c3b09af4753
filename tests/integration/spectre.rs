//! `--spectre=on`: branches through tables stay inside while the processor speculates: the index is limited without a
//! branch before the one through the table. `fixtures/expectations/br_table_*` has that code: on x86-64 and AArch64
//! Cranelift selects the index without a branch in any case; on RISC-V wasmc does, with this option.

use crate::cross::{AARCH64, RISCV64, is_there};
use crate::support::{Bench, Machine, finish, text, wasmc};
use object::{Object, ObjectSection};

const MODULE: &str = r#"(module
    (func $pick (param i32) (result i32)
        (block $c (block $b (block $a
            (br_table $a $b $a $c (local.get 0)))
            (return (i32.const 10)))
            (return (i32.const 20)))
        (i32.const 30))
    (func (export "_start") (drop (call $pick (i32.const 1)))))"#;

/// Arm's barrier against speculation with predicted values, which the text of the code names in any case.
#[test]
fn a_barrier_follows_the_selection_on_aarch64() {
    const CSDB: u32 = 0xd503_229f;
    let barriers = |spectre| {
        let bench = Bench::new();
        let module = bench.write("module.wat", MODULE);
        let options = ["--emit=obj", "--target=aarch64-linux", "--spectre", spectre, "-o", "-"];
        let output = finish(wasmc().arg(module).args(options));
        assert!(output.status.success(), "{}", text(&output.stderr));
        let file = object::File::parse(&*output.stdout).unwrap();
        let code = file.section_by_name(".text").unwrap().data().unwrap();
        code.chunks_exact(4).filter(|word| **word == CSDB.to_le_bytes()).count()
    };
    assert_eq!((barriers("off"), barriers("on")), (0, 1));
}

#[test]
fn every_index_goes_where_it_did() {
    let module = r#"(module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (func $pick (param i32) (result i32)
            (block $c (block $b (block $a
                (br_table $a $b $a $c (local.get 0)))
                (return (i32.const 1)))
                (return (i32.const 2)))
            (i32.const 3))
        (func $check (param $index i32) (param $expected i32)
            (if (i32.ne (call $pick (local.get $index)) (local.get $expected))
                (then (call $exit (i32.add (i32.const 1) (local.get $index))))))
        (func (export "_start")
            (call $check (i32.const 0) (i32.const 1))
            (call $check (i32.const 1) (i32.const 2))
            (call $check (i32.const 2) (i32.const 1))
            (call $check (i32.const 3) (i32.const 3))
            (call $check (i32.const 4) (i32.const 3))
            (call $check (i32.const 0x7fffffff) (i32.const 3))
            (call $check (i32.const 0x80000000) (i32.const 3))
            (call $check (i32.const -1) (i32.const 3))
            (call $exit (i32.const 99))))"#;
    let others = [AARCH64, RISCV64].into_iter().filter(|machine| is_there(*machine));
    for machine in others.chain([Machine::default()]) {
        for level in ["-O0", "-O2"] {
            let bench = Bench::new();
            let image = bench.compile_text(module, &[machine.options, &["--spectre=on", level]].concat());
            assert_eq!(finish(&mut machine.start(&image)).status.code(), Some(99), "{machine:?} {level}");
        }
    }
}
