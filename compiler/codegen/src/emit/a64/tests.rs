//! Each rule by example: machine code before, and after.

use super::effects::Convention;
use super::refine;
use crate::code::CompiledFunction;
use cranelift_codegen::ir::{AbiParam, Function, Signature, UserFuncName, types::I64};
use cranelift_codegen::isa::CallConv;
use wasmc_abi::trap::{Site, TrapCode};

pub(super) struct Example {
    pub fact: &'static str,
    pub before: &'static [u32],
    pub after: &'static [u32],
}

/// Assembled by `llvm-mc` from the text above each; where there is one line of it, nothing changes.
const EXAMPLES: &[Example] = &[
    // cmp w0, w1; cset x2, ne; add w0, w3, w2, uxtb; ret
    // => cmp w0, w1; cinc w0, w3, ne; ret
    Example {
        fact: "an addition of a condition",
        before: &[0x6b01_001f, 0x9a9f_07e2, 0x0b22_0060, 0xd65f_03c0],
        after: &[0x6b01_001f, 0x1a83_0460, 0xd65f_03c0],
    },
    // cmp w0, w1; cset x2, ne; cmp w0, #3; add w0, w3, w2, uxtb; cset x4, eq; str w4, [x5]; ret
    Example {
        fact: "whose flags are others by then",
        before: &[0x6b01_001f, 0x9a9f_07e2, 0x7100_0c1f, 0x0b22_0060, 0x9a9f_17e4, 0xb900_00a4, 0xd65f_03c0],
        after: &[0x6b01_001f, 0x9a9f_07e2, 0x7100_0c1f, 0x0b22_0060, 0x9a9f_17e4, 0xb900_00a4, 0xd65f_03c0],
    },
    // cmp w0, w1; cset x2, ne; add w0, w3, w2; str w2, [x5]; ret
    Example {
        fact: "a condition that is needed again stays",
        before: &[0x6b01_001f, 0x9a9f_07e2, 0x0b02_0060, 0xb900_00a2, 0xd65f_03c0],
        after: &[0x6b01_001f, 0x9a9f_07e2, 0x0b02_0060, 0xb900_00a2, 0xd65f_03c0],
    },
    // and w0, w1, #15; cbz w0, 1f; and w0, w1, #15; add w0, w0, w2; 1: ret
    // => and w0, w1, #15; cbz w0, 1f; add w0, w0, w2; 1: ret
    Example {
        fact: "what is computed again behind a branch",
        before: &[0x1200_0c20, 0x3400_0060, 0x1200_0c20, 0x0b02_0000, 0xd65f_03c0],
        after: &[0x1200_0c20, 0x3400_0040, 0x0b02_0000, 0xd65f_03c0],
    },
    // and w0, w1, #15; cbz w0, 1f; add w1, w1, w2; and w0, w1, #15; 1: ret
    Example {
        fact: "is another where an operand has changed",
        before: &[0x1200_0c20, 0x3400_0060, 0x0b02_0021, 0x1200_0c20, 0xd65f_03c0],
        after: &[0x1200_0c20, 0x3400_0060, 0x0b02_0021, 0x1200_0c20, 0xd65f_03c0],
    },
    // cbz w1, 1f; and w0, w1, #15; str w0, [x3]; 1: and w0, w1, #15; ret
    Example {
        fact: "or where control comes from elsewhere, too",
        before: &[0x3400_0061, 0x1200_0c20, 0xb900_0060, 0x1200_0c20, 0xd65f_03c0],
        after: &[0x3400_0061, 0x1200_0c20, 0xb900_0060, 0x1200_0c20, 0xd65f_03c0],
    },
    // b.eq 1f; b 2f; 1: add w0, w0, #1; ret; 2: add w0, w0, #2; ret
    // => b.ne 2f; add w0, w0, #1; ret; 2: add w0, w0, #2; ret
    Example {
        fact: "two branches in place of one",
        before: &[0x5400_0040, 0x1400_0003, 0x1100_0400, 0xd65f_03c0, 0x1100_0800, 0xd65f_03c0],
        after: &[0x5400_0061, 0x1100_0400, 0xd65f_03c0, 0x1100_0800, 0xd65f_03c0],
    },
    // cmp w0, w1; cset x2, hi; cmp w0, w1; cset x3, lo; sub w0, w2, w3, uxtb; ret
    // => cmp w0, w1; cset x2, hi; csinv w0, w2, wzr, hs; ret
    Example {
        fact: "an order",
        before: &[0x6b01_001f, 0x9a9f_97e2, 0x6b01_001f, 0x9a9f_27e3, 0x4b23_0040, 0xd65f_03c0],
        after: &[0x6b01_001f, 0x9a9f_97e2, 0x5a9f_2040, 0xd65f_03c0],
    },
    // cmp w0, w1; cset x2, hi; cset x3, ne; sub w0, w2, w3, uxtb; ret
    Example {
        fact: "what is no order, as both may hold",
        before: &[0x6b01_001f, 0x9a9f_97e2, 0x9a9f_07e3, 0x4b23_0040, 0xd65f_03c0],
        after: &[0x6b01_001f, 0x9a9f_97e2, 0x9a9f_07e3, 0x4b23_0040, 0xd65f_03c0],
    },
    // cmp w0, w1; cset x2, hi; add w0, w0, #1; cmp w0, w1; cset x0, lo; str w2, [x3]; ret
    Example {
        fact: "the same comparison of other values stays",
        before: &[0x6b01_001f, 0x9a9f_97e2, 0x1100_0400, 0x6b01_001f, 0x9a9f_27e0, 0xb900_0062, 0xd65f_03c0],
        after: &[0x6b01_001f, 0x9a9f_97e2, 0x1100_0400, 0x6b01_001f, 0x9a9f_27e0, 0xb900_0062, 0xd65f_03c0],
    },
    // ror w2, w1, #6; eor w0, w0, w2; ret
    // => eor w0, w0, w1, ror #6; ret
    Example {
        fact: "a rotation as an operand",
        before: &[0x1381_1822, 0x4a02_0000, 0xd65f_03c0],
        after: &[0x4ac1_1800, 0xd65f_03c0],
    },
    // lsl x2, x1, #3; add x0, x2, x3; ret
    // => add x0, x3, x1, lsl #3; ret
    Example {
        fact: "a shift as the first operand of a sum",
        before: &[0xd37d_f022, 0x8b03_0040, 0xd65f_03c0],
        after: &[0x8b01_0c60, 0xd65f_03c0],
    },
    // lsl x2, x1, #3; sub x0, x2, x3; ret
    Example {
        fact: "but not of a difference",
        before: &[0xd37d_f022, 0xcb03_0040, 0xd65f_03c0],
        after: &[0xd37d_f022, 0xcb03_0040, 0xd65f_03c0],
    },
    // ror x2, x1, #3; add x0, x2, x3; ret
    Example {
        fact: "nor a rotation of a sum",
        before: &[0x93c1_0c22, 0x8b03_0040, 0xd65f_03c0],
        after: &[0x93c1_0c22, 0x8b03_0040, 0xd65f_03c0],
    },
    // lsl x2, x1, #3; add x1, x1, #9; add x0, x3, x2; str x1, [x4]; ret
    Example {
        fact: "nor of what changes meanwhile",
        before: &[0xd37d_f022, 0x9100_2421, 0x8b02_0060, 0xf900_0081, 0xd65f_03c0],
        after: &[0xd37d_f022, 0x9100_2421, 0x8b02_0060, 0xf900_0081, 0xd65f_03c0],
    },
    // lsl w2, w1, #3; add x0, x3, x2; ret
    Example {
        fact: "nor with another size",
        before: &[0x531d_7022, 0x8b02_0060, 0xd65f_03c0],
        after: &[0x531d_7022, 0x8b02_0060, 0xd65f_03c0],
    },
    // cmp w0, #0; b.ge 1f; str w1, [x2]; 1: ret
    // => tbz w0, #31, 1f; str w1, [x2]; 1: ret
    Example {
        fact: "a sign",
        before: &[0x7100_001f, 0x5400_004a, 0xb900_0041, 0xd65f_03c0],
        after: &[0x36f8_0040, 0xb900_0041, 0xd65f_03c0],
    },
    // tst x0, #0x800000000; b.ne 1f; str w1, [x2]; 1: ret
    // => tbnz x0, #35, 1f; str w1, [x2]; 1: ret
    Example {
        fact: "a bit",
        before: &[0xf25d_001f, 0x5400_0041, 0xb900_0041, 0xd65f_03c0],
        after: &[0xb718_0040, 0xb900_0041, 0xd65f_03c0],
    },
    // cmp w0, #0; b.ge 1f; str w1, [x2]; 1: cset x0, eq; ret
    Example {
        fact: "flags that are needed again stay",
        before: &[0x7100_001f, 0x5400_004a, 0xb900_0041, 0x9a9f_17e0, 0xd65f_03c0],
        after: &[0x7100_001f, 0x5400_004a, 0xb900_0041, 0x9a9f_17e0, 0xd65f_03c0],
    },
    // cmp w0, #0; b.hi 1f; str w1, [x2]; 1: ret
    Example {
        fact: "a carry is no sign",
        before: &[0x7100_001f, 0x5400_0048, 0xb900_0041, 0xd65f_03c0],
        after: &[0x7100_001f, 0x5400_0048, 0xb900_0041, 0xd65f_03c0],
    },
    // ldrb w1, [x2]; uxtb w1, w1; str x1, [x3]; ret
    // => ldrb w1, [x2]; str x1, [x3]; ret
    Example {
        fact: "a byte is extended",
        before: &[0x3940_0041, 0x5300_1c21, 0xf900_0061, 0xd65f_03c0],
        after: &[0x3940_0041, 0xf900_0061, 0xd65f_03c0],
    },
    // ldrsb w1, [x2]; uxtb w1, w1; str x1, [x3]; ret
    Example {
        fact: "a byte with a sign is not",
        before: &[0x39c0_0041, 0x5300_1c21, 0xf900_0061, 0xd65f_03c0],
        after: &[0x39c0_0041, 0x5300_1c21, 0xf900_0061, 0xd65f_03c0],
    },
    // ldr w1, [x2]; mov w1, w1; str x1, [x3]; ret
    // => ldr w1, [x2]; str x1, [x3]; ret
    Example {
        fact: "half a register clears the other",
        before: &[0xb940_0041, 0x2a01_03e1, 0xf900_0061, 0xd65f_03c0],
        after: &[0xb940_0041, 0xf900_0061, 0xd65f_03c0],
    },
    // mov w1, w1; str x1, [x3]; ret
    Example {
        fact: "what comes from a caller is not clear",
        before: &[0x2a01_03e1, 0xf900_0061, 0xd65f_03c0],
        after: &[0x2a01_03e1, 0xf900_0061, 0xd65f_03c0],
    },
    // ldr w0, [x1]; ldr w2, [x1, #4]; add x1, x1, #8; stp w0, w2, [x1]; str x1, [x3]; ret
    // => ldr w0, [x1], #8; ldur w2, [x1, #-4]; stp w0, w2, [x1]; str x1, [x3]; ret
    Example {
        fact: "an access steps its pointer",
        before: &[0xb940_0020, 0xb940_0422, 0x9100_2021, 0x2900_0820, 0xf900_0061, 0xd65f_03c0],
        after: &[0xb840_8420, 0xb85f_c022, 0x2900_0820, 0xf900_0061, 0xd65f_03c0],
    },
    // add x1, x1, #8; ldr d0, [x1]; str x1, [x3]; ret
    // => ldr d0, [x1, #8]!; str x1, [x3]; ret
    Example {
        fact: "before it",
        before: &[0x9100_2021, 0xfd40_0020, 0xf900_0061, 0xd65f_03c0],
        after: &[0xfc40_8c20, 0xf900_0061, 0xd65f_03c0],
    },
    // str x1, [x1]; add x1, x1, #8; str x1, [x3]; ret
    Example {
        fact: "not with its own pointer",
        before: &[0xf900_0021, 0x9100_2021, 0xf900_0061, 0xd65f_03c0],
        after: &[0xf900_0021, 0x9100_2021, 0xf900_0061, 0xd65f_03c0],
    },
    // ldr w0, [x1]; add w2, w1, #4; add x1, x1, #8; str x1, [x3]; str w2, [x3]; ret
    Example {
        fact: "not where the pointer is taken otherwise",
        before: &[0xb940_0020, 0x1100_1022, 0x9100_2021, 0xf900_0061, 0xb900_0062, 0xd65f_03c0],
        after: &[0xb940_0020, 0x1100_1022, 0x9100_2021, 0xf900_0061, 0xb900_0062, 0xd65f_03c0],
    },
    // ldr w0, [x1]; add x1, x1, #256; str x1, [x3]; ret
    Example {
        fact: "not too far",
        before: &[0xb940_0020, 0x9104_0021, 0xf900_0061, 0xd65f_03c0],
        after: &[0xb940_0020, 0x9104_0021, 0xf900_0061, 0xd65f_03c0],
    },
    // 1: add x1, x1, #1; cmp x1, x0; b.eq 2f; mov x2, x1; b 1b; 2: mov x0, x1; ret
    // => 1: add x1, x1, #1; cmp x1, x0; b.ne 1b; mov x0, x1; ret
    Example {
        fact: "two branches at the end of a loop",
        before: &[0x9100_0421, 0xeb00_003f, 0x5400_0060, 0xaa01_03e2, 0x17ff_fffc, 0xaa01_03e0, 0xd65f_03c0],
        after: &[0x9100_0421, 0xeb00_003f, 0x54ff_ffc1, 0xaa01_03e0, 0xd65f_03c0],
    },
    // 1: add x3, x1, x2; cmp x3, x0; b.eq 2f; mov x1, x3; b 1b; 2: mov x0, x2; ret
    // => 1: add x1, x1, x2; cmp x1, x0; b.ne 1b; mov x0, x2; ret
    Example {
        fact: "with a copy that is needed in the loop",
        before: &[0x8b02_0023, 0xeb00_007f, 0x5400_0060, 0xaa03_03e1, 0x17ff_fffc, 0xaa02_03e0, 0xd65f_03c0],
        after: &[0x8b02_0021, 0xeb00_003f, 0x54ff_ffc1, 0xaa02_03e0, 0xd65f_03c0],
    },
    // 1: add x3, x1, x2; cmp x3, x0; b.eq 2f; mov x1, x3; b 1b; 2: mov x0, x1; ret
    Example {
        fact: "with a copy that is needed afterwards",
        before: &[0x8b02_0023, 0xeb00_007f, 0x5400_0060, 0xaa03_03e1, 0x17ff_fffc, 0xaa01_03e0, 0xd65f_03c0],
        after: &[0x8b02_0023, 0xeb00_007f, 0x5400_0060, 0xaa03_03e1, 0x17ff_fffc, 0xaa01_03e0, 0xd65f_03c0],
    },
    // add w3, w1, #1; cmp w1, w0; mov x1, x3; cset x0, ge; str w1, [x2]; ret
    // => cmp w1, w0; add w1, w1, #1; cset x0, ge; str w1, [x2]; ret
    Example {
        fact: "what is copied is made late",
        before: &[0x1100_0423, 0x6b00_003f, 0xaa03_03e1, 0x9a9f_b7e0, 0xb900_0041, 0xd65f_03c0],
        after: &[0x6b00_003f, 0x1100_0421, 0x9a9f_b7e0, 0xb900_0041, 0xd65f_03c0],
    },
    // mov x3, x1; str w3, [x2]; ret
    // => str w1, [x2]; ret
    Example {
        fact: "what takes a copy takes the original",
        before: &[0xaa01_03e3, 0xb900_0043, 0xd65f_03c0],
        after: &[0xb900_0041, 0xd65f_03c0],
    },
    // mov x3, x1; add x1, x1, #1; str w3, [x2]; str w1, [x2, #4]; ret
    Example {
        fact: "unless that has changed",
        before: &[0xaa01_03e3, 0x9100_0421, 0xb900_0043, 0xb900_0441, 0xd65f_03c0],
        after: &[0xaa01_03e3, 0x9100_0421, 0xb900_0043, 0xb900_0441, 0xd65f_03c0],
    },
    // stur x0, [sp, #8]; add x0, x0, #1; stur x1, [sp, #16]; ldur x2, [sp, #16]; str x2, [x0]; ret
    // => stp x0, x1, [sp, #8]; str x1, [x0, #1]!; ret
    Example {
        fact: "a slot that a register holds",
        before: &[0xf800_83e0, 0x9100_0400, 0xf801_03e1, 0xf841_03e2, 0xf900_0002, 0xd65f_03c0],
        after: &[0xa900_87e0, 0xf800_1c01, 0xd65f_03c0],
    },
    // stur x0, [sp, #8]; blr x9; ldur x0, [sp, #8]; ret
    Example {
        fact: "a slot that a call may have written",
        before: &[0xf800_83e0, 0xd63f_0120, 0xf840_83e0, 0xd65f_03c0],
        after: &[0xf800_83e0, 0xd63f_0120, 0xf840_83e0, 0xd65f_03c0],
    },
    // stur x1, [sp, #8]; stur x0, [sp]; ret
    // => stp x0, x1, [sp]; ret
    Example {
        fact: "slots side by side",
        before: &[0xf800_83e1, 0xf800_03e0, 0xd65f_03c0],
        after: &[0xa900_07e0, 0xd65f_03c0],
    },
    // str x0, [x2]; str x1, [x2, #8]; ret
    Example {
        fact: "memory of the program is no slot",
        before: &[0xf900_0040, 0xf900_0441, 0xd65f_03c0],
        after: &[0xf900_0040, 0xf900_0441, 0xd65f_03c0],
    },
    // cmp w0, #2; mov x1, #2; csel x1, x0, x1, lo; adr x2, 1f; ldrsw x1, [x2, w1, uxtw #2]; add x2, x2, x1; br x2;
    //     1: .word 2f-1b, 3f-1b, 4f-1b; 2: mov w0, #5; ret; 3: mov w0, #6; ret; 4: mov w0, #7; ret
    // => cmp w0, #2; csinv x1, x0, xzr, lo; adr x2, 1f; ldrsw x1, [x2, w1, sxtw #2]; add x2, x2, x1; br x2;
    //     .word 4f-1f; 1: .word 2f-1b, 3f-1b; 2: mov w0, #5; ret; 3: mov w0, #6; ret; 4: mov w0, #7; ret
    Example {
        fact: "a jump through a table",
        before: &[
            0x7100_081f,
            0xd280_0041,
            0x9a81_3001,
            0x1000_0082,
            0xb8a1_5841,
            0x8b01_0042,
            0xd61f_0040,
            0x0000_000c,
            0x0000_0014,
            0x0000_001c,
            0x5280_00a0,
            0xd65f_03c0,
            0x5280_00c0,
            0xd65f_03c0,
            0x5280_00e0,
            0xd65f_03c0,
        ],
        after: &[
            0x7100_081f,
            0xda9f_3001,
            0x1000_00a2,
            0xb8a1_d841,
            0x8b01_0042,
            0xd61f_0040,
            0x0000_0018,
            0x0000_0008,
            0x0000_0010,
            0x5280_00a0,
            0xd65f_03c0,
            0x5280_00c0,
            0xd65f_03c0,
            0x5280_00e0,
            0xd65f_03c0,
        ],
    },
    // cmp w0, w1; cset x2, ne; add w0, w3, w2, uxtb; ldr d0, 1f; str d0, [x1]; ret; nop; nop; 1: .word 1, 2
    // => cmp w0, w1; cinc w0, w3, ne; ldr d0, 1f; str d0, [x1]; ret; udf #0; nop; nop; 1: .word 1, 2
    Example {
        fact: "constants keep their alignment",
        before: &[
            0x6b01_001f,
            0x9a9f_07e2,
            0x0b22_0060,
            0x5c00_00a0,
            0xfd00_0020,
            0xd65f_03c0,
            0xd503_201f,
            0xd503_201f,
            0x0000_0001,
            0x0000_0002,
        ],
        after: &[
            0x6b01_001f,
            0x1a83_0460,
            0x5c00_00c0,
            0xfd00_0020,
            0xd65f_03c0,
            0x0000_0000,
            0xd503_201f,
            0xd503_201f,
            0x0000_0001,
            0x0000_0002,
        ],
    },
];

fn function(words: &[u32], sites: Vec<Site>) -> CompiledFunction {
    let code = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    CompiledFunction { sites, ..CompiledFunction::of(code) }
}

fn refined(words: &[u32], sites: Vec<Site>) -> Option<CompiledFunction> {
    let mut signature = Signature::new(CallConv::SystemV);
    signature.returns.push(AbiParam::new(I64));
    let func = Function::with_name_signature(UserFuncName::default(), signature);
    refine(&function(words, sites), Convention::of(&func))
}

fn words(function: &CompiledFunction) -> Vec<u32> {
    function.code.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]])).collect()
}

/// Checks that what is before becomes what is after.
pub(super) fn check(examples: &[Example]) {
    for Example { fact, before, after } in examples {
        let refined = refined(before, Vec::new()).unwrap_or_else(|| panic!("{fact}: not understood"));
        assert_eq!(words(&refined), *after, "{fact}: {:08x?}", words(&refined));
    }
}

#[test]
fn every_rule_does_what_it_says() {
    check(EXAMPLES);
}

#[test]
fn traps_stay_with_their_instructions() {
    // uxtb w1, w1; uxtb w1, w1; ldr w0, [x2]; add x2, x2, #8; ldr w3, [x2]; str w3, [x1]; ret
    let site = |code_offset| Site { code_offset, module_offset: 7, kind: TrapCode::OutOfBoundsMemoryAccess as u8 };
    let before = &[0x5300_1c21, 0x5300_1c21, 0xb940_0040, 0x9100_2042, 0xb940_0043, 0xb900_0023, 0xd65f_03c0];
    let refined = refined(before, [8, 16, 20].map(site).to_vec()).expect("it is understood");
    // uxtb w1, w1; ldr w0, [x2], #8; ldr w3, [x2]; str w3, [x1]; ret
    let after = &[0x5300_1c21, 0xb840_8440, 0xb940_0043, 0xb900_0023, 0xd65f_03c0];
    assert_eq!(words(&refined), after, "{:08x?}", words(&refined));
    assert_eq!(refined.sites, [4, 8, 12].map(site).to_vec());
}

#[test]
fn a_function_that_is_not_understood_stays() {
    // An instruction that does not exist, a jump into nowhere, and a call that no relocation belongs to.
    for words in [&[0x0010_0000, 0xd65f_03c0][..], &[0x1400_0040, 0xd65f_03c0], &[0x9400_0001, 0xd65f_03c0]] {
        assert!(refined(words, Vec::new()).is_none(), "{words:08x?}");
    }
}
