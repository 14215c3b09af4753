//! Each rule by example, and whole functions walked in step before and after.

mod same;

use super::relaxed;
use crate::emit::x64::shorten;
use crate::{CompiledFunction, Compiler, Machine, Options, Plan, Target};
use std::path::Path;
use wasmc_frontend::Program;
use wasmc_frontend::program::command::Natives;

/// Instructions and their shorter equivalents.
const SHORTER: &[(&[u8], &[u8])] = &[
    // add ecx, -4
    (&[0x81, 0xc1, 0xfc, 0xff, 0xff, 0xff], &[0x83, 0xc1, 0xfc]),
    // cmp r8, 127
    (&[0x49, 0x81, 0xf8, 0x7f, 0, 0, 0], &[0x49, 0x83, 0xf8, 0x7f]),
    // or dword ptr [rsi + 4 * rdi + 0x200000], -128
    (&[0x81, 0x8c, 0xbe, 0, 0, 0x20, 0, 0x80, 0xff, 0xff, 0xff], &[0x83, 0x8c, 0xbe, 0, 0, 0x20, 0, 0x80]),
    // imul eax, ecx, 10
    (&[0x69, 0xc1, 10, 0, 0, 0], &[0x6b, 0xc1, 10]),
    // test ecx, 3; test esi, 3; test r12, 1; test eax, 4
    (&[0xf7, 0xc1, 3, 0, 0, 0], &[0xf6, 0xc1, 3]),
    (&[0xf7, 0xc6, 3, 0, 0, 0], &[0x40, 0xf6, 0xc6, 3]),
    (&[0x49, 0xf7, 0xc4, 1, 0, 0, 0], &[0x49, 0xf6, 0xc4, 1]),
    (&[0xa9, 4, 0, 0, 0], &[0xa8, 4]),
    // xorpd xmm0, xmm9; andpd xmm1, xmm2; movdqa xmm1, xmm0; movdqu xmm0, [rsp + 0x30]; movdqu [rsp + 0x30], xmm0
    (&[0x66, 0x41, 0x0f, 0x57, 0xc1], &[0x41, 0x0f, 0x57, 0xc1]),
    (&[0x66, 0x0f, 0x54, 0xca], &[0x0f, 0x54, 0xca]),
    (&[0x66, 0x0f, 0x6f, 0xc8], &[0x0f, 0x28, 0xc8]),
    (&[0xf3, 0x0f, 0x6f, 0x44, 0x24, 0x30], &[0x0f, 0x10, 0x44, 0x24, 0x30]),
    (&[0xf3, 0x0f, 0x7f, 0x44, 0x24, 0x30], &[0x0f, 0x11, 0x44, 0x24, 0x30]),
];

/// Instructions that look like those of a rule.
const NOT_SHORTER: &[&[u8]] = &[
    // add ecx, 128; add cx, 1; lock add dword ptr [rcx], 1
    &[0x81, 0xc1, 0x80, 0, 0, 0],
    &[0x66, 0x81, 0xc1, 1, 0],
    &[0xf0, 0x81, 0x01, 1, 0, 0, 0],
    // test ecx, 128; test dword ptr [rcx], 3; neg ecx
    &[0xf7, 0xc1, 0x80, 0, 0, 0],
    &[0xf7, 0x01, 3, 0, 0, 0],
    &[0xf7, 0xd9],
    // pxor xmm0, xmm0; movsd xmm0, [rcx]; movss xmm0, [rcx]; movd xmm0, eax; ucomisd xmm0, xmm1
    &[0x66, 0x0f, 0xef, 0xc0],
    &[0xf2, 0x0f, 0x10, 0x01],
    &[0xf3, 0x0f, 0x10, 0x01],
    &[0x66, 0x0f, 0x6e, 0xc0],
    &[0x66, 0x0f, 0x2e, 0xc1],
];

#[test]
fn instructions_with_a_shorter_equivalent() {
    for (long, short) in SHORTER {
        let encoding = shorten::shorter(long).unwrap_or_else(|| panic!("{long:x?} stays"));
        assert_eq!(encoding.bytes(), *short, "{long:x?}");
        assert!(shorten::shorter(short).is_none(), "{short:x?}");
    }
    for instruction in NOT_SHORTER {
        assert!(shorten::shorter(instruction).is_none(), "{instruction:x?}");
    }
}

/// Settings of an old CPU and of a new one, whose instructions are encoded in other ways.
const OLD_CPU: &[&str] = &["has_sse3", "has_ssse3", "has_sse41", "has_sse42", "has_popcnt"];
const NEW_CPU: &[&str] = &[
    "has_sse3",
    "has_ssse3",
    "has_sse41",
    "has_sse42",
    "has_popcnt",
    "has_avx",
    "has_avx2",
    "has_fma",
    "has_bmi1",
    "has_bmi2",
    "has_lzcnt",
    "has_avx512bitalg",
    "has_avx512dq",
    "has_avx512f",
    "has_avx512vl",
    "has_avx512vbmi",
];

/// Calls `check` with every function of a module, as Cranelift encodes it.
fn for_each_function(module: &[u8], cpu: &[&str], mut check: impl FnMut(&CompiledFunction, &[u32])) {
    let binary = wasmc_frontend::to_binary(module).unwrap();
    let module = wasmc_frontend::read(&binary, Default::default()).unwrap().validate().unwrap();
    let program = Program::command(module, &Natives::Undecided, None).unwrap();
    let cpu_flags = cpu.iter().map(|&flag| flag.to_string()).collect();
    let triple = "x86_64-unknown-linux-gnu".parse().unwrap();
    let target = Target { triple, cpu_flags, memory_base: Some(0x20_0000), memory_capacity: None, page_size: 4096 };
    let plan = Plan::new(&program, target, Options::default()).unwrap();
    let machine = Machine::new(&plan).unwrap();
    let mut compiler = Compiler::new(&plan, &machine);
    for &key in &plan.functions {
        let (function, blocks) = compiler.unrelaxed(key).unwrap();
        check(&function, &blocks);
    }
}

/// Branches near and far, a jump table, constants, traps and calls.
fn program() -> String {
    let filler = "(local.set $x (i32.mul (i32.load offset=4 (local.get $x)) (i32.const 12345)))".repeat(20);
    include_str!("program.wat").replace("(; filler ;)", &filler)
}

fn fixtures() -> impl Iterator<Item = Vec<u8>> {
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/programs");
    let files = programs.read_dir().unwrap().flat_map(|folder| folder.unwrap().path().read_dir().into_iter().flatten());
    let modules =
        files.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some_and(|end| end == "wasm"));
    modules.map(|path| std::fs::read(path).unwrap())
}

#[test]
fn functions_stay_the_same_program() {
    let check = |function: &CompiledFunction, blocks: &[u32]| {
        let relaxed = relaxed(function, blocks).unwrap_or_else(|| panic!("{:?} is not understood", function.key));
        assert!(relaxed.code.len() <= function.code.len());
        same::assert_same(function, &relaxed, blocks);
    };
    for module in fixtures().chain([program().into_bytes()]) {
        for_each_function(&module, OLD_CPU, check);
        for_each_function(&module, NEW_CPU, check);
    }
}

/// Whatever the bytes, the pass understands them or leaves them alone.
#[test]
fn damaged_functions_do_no_harm() {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |bound: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random >> 16) as usize % bound.max(1)
    };
    for_each_function(program().as_bytes(), OLD_CPU, |function, blocks| {
        for _ in 0..2000 {
            let (mut function, mut blocks) = (function.clone(), blocks.to_vec());
            for _ in 0..=next(3) {
                let at = next(function.code.len());
                match next(8) {
                    0 => function.code.truncate(at),
                    1 => blocks.push(at as u32),
                    2 => drop(blocks.pop()),
                    3 if !function.sites.is_empty() => function.sites[0].code_offset = at as u32,
                    4 if !function.relocations.is_empty() => function.relocations[0].offset = at as u32,
                    _ => function.code.iter_mut().skip(at).take(1).for_each(|byte| *byte = next(256) as u8),
                }
            }
            if let Some(relaxed) = relaxed(&function, &blocks) {
                same::assert_same(&function, &relaxed, &blocks);
            }
        }
    });
}
