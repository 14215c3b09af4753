//! Each rule by example: machine code before, and after.

use super::code::Extensions;
use super::{forms, relax};
use crate::code::CompiledFunction;
use wasmc_abi::trap::{CALL_SITE, Site, TrapCode};

struct Example {
    fact: &'static str,
    before: &'static [u16],
    after: &'static [u16],
}

/// Assembled by `llvm-mc` from the text above each; where that does not say what becomes of it, nothing changes.
const EXAMPLES: &[Example] = &[
    // .option norvc; beq a0, a1, 1f; j 2f; 1: addi a0, a0, 1; ret; 2: addi a0, a0, 2; ret
    // => .option norvc; bne a0, a1, 2f; addi a0, a0, 1; ret; 2: addi a0, a0, 2; ret
    Example {
        fact: "a branch over a jump",
        before: &[0x0463, 0x00b5, 0x006f, 0x00c0, 0x0513, 0x0015, 0x8067, 0x0000, 0x0513, 0x0025, 0x8067, 0x0000],
        after: &[0x1663, 0x00b5, 0x0513, 0x0015, 0x8067, 0x0000, 0x0513, 0x0025, 0x8067, 0x0000],
    },
    // beq a0, a1, 1f; c.addi a0, 1; c.j 2f; 1: auipc t6, 0; jalr zero, 12(t6); 2: c.addi a0, 2; ret; c.addi a0, 3;
    // ret
    // => beq a0, a1, 1f; c.addi a0, 1; c.addi a0, 2; ret; 1: c.addi a0, 3; ret
    Example {
        fact: "a branch to a jump between, and a jump over that",
        before: &[0x0463, 0x00b5, 0x0505, 0xa029, 0x0f97, 0x0000, 0x8067, 0x00cf, 0x0509, 0x8082, 0x050d, 0x8082],
        after: &[0x0563, 0x00b5, 0x0505, 0x0509, 0x8082, 0x050d, 0x8082],
    },
    // .option norvc; beq a0, zero, 1f; bne zero, a1, 1f; beq t0, zero, 1f; blt a0, zero, 1f; addi a0, a0, 1; 1: ret
    // => c.beqz a0, 1f; c.bnez a1, 1f; .option norvc; beq t0, zero, 1f; blt a0, zero, 1f; addi a0, a0, 1; 1: ret
    Example {
        fact: "a branch that compares with zero",
        before: &[0x0a63, 0x0005, 0x1863, 0x00b0, 0x8663, 0x0002, 0x4463, 0x0005, 0x0513, 0x0015, 0x8067, 0x0000],
        after: &[0xc901, 0xe599, 0x8663, 0x0002, 0x4463, 0x0005, 0x0513, 0x0015, 0x8067, 0x0000],
    },
    // c.j 1f; 1: c.addi a0, 1; 2: c.beqz a0, 2b; ret
    // => c.addi a0, 1; 2: c.beqz a0, 2b; ret
    Example {
        fact: "a jump to the next instruction",
        before: &[0xa009, 0x0505, 0xc101, 0x8082],
        after: &[0x0505, 0xc101, 0x8082],
    },
    // c.beqz a0, 1f; ret; 1: c.j 2f; 2: c.j 1b
    // => c.beqz a0, 1f; ret; 1: c.j 1b
    Example { fact: "jumps in a circle", before: &[0xc111, 0x8082, 0xa009, 0xbffd], after: &[0xc111, 0x8082, 0xa001] },
    // bltu a0, a2, 1f; auipc a2, 0; jalr zero, 42(a2); 1: auipc a1, 0; .option norvc; slli a2, a0, 3; add a1, a1,
    // a2; jalr zero, 16(a1); auipc a2, 0; jalr zero, 16(a2); auipc a2, 0; jalr zero, 10(a2); .option rvc; ret;
    // c.addi a0, 1; ret
    // => bgeu a0, a2, 2f; auipc a1, 0; sh2add a1, a0, a1; .option norvc; jalr zero, 12(a1); jal zero, 1f; jal
    // zero, 2f; .option rvc; 1: ret; 2: c.addi a0, 1; ret
    Example {
        fact: "a table",
        before: &[
            0x6663, 0x00c5, 0x0617, 0x0000, 0x0067, 0x02a6, 0x0597, 0x0000, 0x1613, 0x0035, 0x85b3, 0x00c5, 0x8067,
            0x0105, 0x0617, 0x0000, 0x0067, 0x0106, 0x0617, 0x0000, 0x0067, 0x00a6, 0x8082, 0x0505, 0x8082,
        ],
        after: &[
            0x7d63, 0x00c5, 0x0597, 0x0000, 0x45b3, 0x20b5, 0x8067, 0x00c5, 0x006f, 0x0080, 0x006f, 0x0060, 0x8082,
            0x0505, 0x8082,
        ],
    },
    // c.j 1f; 1: auipc a0, 0; ld a0, 14(a0); c.addi a0, 1; ret; .2byte 0, 0x1234, 0, 0, 0x5678
    // => auipc a0, 0; ld a0, 16(a0); c.addi a0, 1; ret; .2byte 0, 0, 0x1234, 0, 0, 0x5678
    Example {
        fact: "a constant keeps its alignment",
        before: &[0xa009, 0x0517, 0x0000, 0x3503, 0x00e5, 0x0505, 0x8082, 0x0000, 0x1234, 0x0000, 0x0000, 0x5678],
        after: &[0x0517, 0x0000, 0x3503, 0x0105, 0x0505, 0x8082, 0x0000, 0x0000, 0x1234, 0x0000, 0x0000, 0x5678],
    },
    // c.addi16sp sp, -16; sd ra, 8(sp); sd s0, 0(sp); mv s0, sp; c.addi16sp sp, -32; sd s1, 24(sp); mv s1, a0;
    // c.jalr a0; ld s1, 24(sp); c.addi16sp sp, 32; ld ra, 8(sp); ld s0, 0(sp); c.addi16sp sp, 16; ret
    // => c.addi16sp sp, -48; sd ra, 40(sp); sd s0, 32(sp); c.addi4spn s0, sp, 32; sd s1, 24(sp); mv s1, a0; c.jalr
    // a0; ld s1, 24(sp); ld ra, 40(sp); ld s0, 32(sp); c.addi16sp sp, 48; ret
    Example {
        fact: "a frame in one step",
        before: &[
            0x717d, 0xe406, 0xe022, 0x840a, 0x713d, 0xec26, 0x84aa, 0x9502, 0x64e2, 0x6105, 0x60a2, 0x6402, 0x6141,
            0x8082,
        ],
        after: &[0x7179, 0xf406, 0xf022, 0x1000, 0xec26, 0x84aa, 0x9502, 0x64e2, 0x70a2, 0x7402, 0x6145, 0x8082],
    },
    // c.addi16sp sp, -16; sd ra, 8(sp); sd s0, 0(sp); mv s0, sp; c.addi a0, 1; ld ra, 8(sp); ld s0, 0(sp);
    // c.addi16sp sp, 16; jr a1
    // => c.addi a0, 1; jr a1
    Example {
        fact: "a frame that nothing needs",
        before: &[0x717d, 0xe406, 0xe022, 0x840a, 0x0505, 0x60a2, 0x6402, 0x6141, 0x8582],
        after: &[0x0505, 0x8582],
    },
    // c.addi16sp sp, -16; sd ra, 8(sp); sd s0, 0(sp); mv s0, sp; c.jalr a0; ld ra, 8(sp); ld s0, 0(sp); c.addi16sp
    // sp, 16; ret
    Example {
        fact: "a frame that what is called needs",
        before: &[0x717d, 0xe406, 0xe022, 0x840a, 0x9502, 0x60a2, 0x6402, 0x6141, 0x8082],
        after: &[0x717d, 0xe406, 0xe022, 0x840a, 0x9502, 0x60a2, 0x6402, 0x6141, 0x8082],
    },
    // c.addi16sp sp, -16; sd ra, 8(sp); sd s0, 0(sp); mv s0, sp; c.addi4spn a0, sp, 16; ld ra, 8(sp); ld s0,
    // 0(sp); c.addi16sp sp, 16; jr a1
    Example {
        fact: "a frame whose stack pointer something names",
        before: &[0x717d, 0xe406, 0xe022, 0x840a, 0x0808, 0x60a2, 0x6402, 0x6141, 0x8582],
        after: &[0x717d, 0xe406, 0xe022, 0x840a, 0x0808, 0x60a2, 0x6402, 0x6141, 0x8582],
    },
    // ld a1, 8(sp); c.beqz a0, 1f; c.addi a0, 1; ld a1, 8(sp); 1: ld a1, 8(sp); c.add a0, a1; ret
    // => ld a1, 8(sp); c.beqz a0, 1f; c.addi a0, 1; 1: c.add a0, a1; ret
    Example {
        fact: "a slot that a register holds in the next block",
        before: &[0x65a2, 0xc119, 0x0505, 0x65a2, 0x65a2, 0x952e, 0x8082],
        after: &[0x65a2, 0xc111, 0x0505, 0x952e, 0x8082],
    },
    // sd a0, 8(sp); c.addi a0, 1; ld a1, 8(sp); ld a2, 8(sp); ret
    // => sd a0, 8(sp); c.addi a0, 1; ld a1, 8(sp); mv a2, a1; ret
    Example {
        fact: "a slot that another register holds",
        before: &[0xe42a, 0x0505, 0x65a2, 0x6622, 0x8082],
        after: &[0xe42a, 0x0505, 0x65a2, 0x862e, 0x8082],
    },
    // ld a1, 8(sp); c.beqz a0, 1f; sd a0, 8(sp); 1: ld a1, 8(sp); c.add a0, a1; ret
    Example {
        fact: "a slot that is written on the way",
        before: &[0x65a2, 0xc111, 0xe42a, 0x65a2, 0x952e, 0x8082],
        after: &[0x65a2, 0xc111, 0xe42a, 0x65a2, 0x952e, 0x8082],
    },
    // ld s1, 8(sp); ld a1, 16(sp); c.jalr a0; ld s1, 8(sp); ld a1, 16(sp); ret
    // => ld s1, 8(sp); ld a1, 16(sp); c.jalr a0; ld a1, 16(sp); ret
    Example {
        fact: "registers across a call",
        before: &[0x64a2, 0x65c2, 0x9502, 0x64a2, 0x65c2, 0x8082],
        after: &[0x64a2, 0x65c2, 0x9502, 0x65c2, 0x8082],
    },
    // c.addi4spn a0, sp, 8; ld s1, 8(sp); c.jalr a1; ld s1, 8(sp); ret
    Example {
        fact: "a slot whose address a function may know",
        before: &[0x0028, 0x64a2, 0x9582, 0x64a2, 0x8082],
        after: &[0x0028, 0x64a2, 0x9582, 0x64a2, 0x8082],
    },
    // lbu a0, 0(a1); slli a2, a0, 32; srli a2, a2, 29; add a0, a0, a2; ret
    // => lbu a0, 0(a1); slli a2, a0, 3; add a0, a0, a2; ret
    Example {
        fact: "an extension of what is extended, and shifted",
        before: &[0xc503, 0x0005, 0x1613, 0x0205, 0x8275, 0x9532, 0x8082],
        after: &[0xc503, 0x0005, 0x1613, 0x0035, 0x9532, 0x8082],
    },
    // andi a0, a0, 255; sext.w a0, a0; ret
    // => andi a0, a0, 255; ret
    Example {
        fact: "the sign of what is not negative",
        before: &[0x7513, 0x0ff5, 0x2501, 0x8082],
        after: &[0x7513, 0x0ff5, 0x8082],
    },
    // c.addw a0, a1; sext.w a2, a0; ret
    // => c.addw a0, a1; mv a2, a0; ret
    Example {
        fact: "the sign of a sum of 32 bits",
        before: &[0x9d2d, 0x061b, 0x0005, 0x8082],
        after: &[0x9d2d, 0x862a, 0x8082],
    },
    // lwu a0, 0(a1); sext.w a0, a0; ret
    Example {
        fact: "the sign of what is extended with zeroes",
        before: &[0xe503, 0x0005, 0x2501, 0x8082],
        after: &[0xe503, 0x0005, 0x2501, 0x8082],
    },
    // c.slli a0, 32; c.srli a0, 32; ret
    // => and a0, a0, gp; ret
    Example { fact: "an extension with zeroes", before: &[0x1502, 0x9101, 0x8082], after: &[0x7533, 0x0035, 0x8082] },
    // lwu a0, 0(a1); slli a2, a0, 32; c.beqz a1, 1f; ret; 1: c.srli a2, 32; ret
    Example {
        fact: "half of an extension that control may come to",
        before: &[0xe503, 0x0005, 0x1613, 0x0205, 0xc191, 0x8082, 0x9201, 0x8082],
        after: &[0xe503, 0x0005, 0x1613, 0x0205, 0xc191, 0x8082, 0x9201, 0x8082],
    },
    // li a0, 1; 1: sext.w a0, a0; c.beqz a1, 1b; ret
    Example {
        fact: "an extension in a loop",
        before: &[0x4505, 0x2501, 0xddfd, 0x8082],
        after: &[0x4505, 0x2501, 0xddfd, 0x8082],
    },
    // li s1, 1; li a0, 1; c.jalr a1; sext.w s1, s1; sext.w a0, a0; ret
    // => li s1, 1; li a0, 1; c.jalr a1; sext.w a0, a0; ret
    Example {
        fact: "an extension after a call",
        before: &[0x4485, 0x4505, 0x9582, 0x2481, 0x2501, 0x8082],
        after: &[0x4485, 0x4505, 0x9582, 0x2501, 0x8082],
    },
];

const ALL: Extensions = Extensions { compressed: true, adds_shifted: true, has_mask: true };

fn function(halves: &[u16], sites: Vec<Site>) -> CompiledFunction {
    let code = halves.iter().flat_map(|half| half.to_le_bytes()).collect();
    CompiledFunction { sites, ..CompiledFunction::of(code) }
}

fn halves(function: &CompiledFunction) -> Vec<u16> {
    function.code.chunks_exact(2).map(|half| u16::from_le_bytes([half[0], half[1]])).collect()
}

#[test]
fn every_rule_does_what_it_says() {
    for Example { fact, before, after } in EXAMPLES {
        let relaxed =
            relax(&function(before, Vec::new()), ALL, true).unwrap_or_else(|| panic!("{fact}: not understood"));
        assert_eq!(halves(&relaxed), *after, "{fact}: {:04x?}", halves(&relaxed));
    }
}

#[test]
fn traps_and_return_addresses_move_with_their_instructions() {
    // c.j 1f; 1: lw a0, 0(a0); c.jalr a0; c.unimp
    let before = [0xa009, 0x2503, 0x0005, 0x9502, 0x0000];
    let trap = |code_offset| Site { code_offset, module_offset: 7, kind: TrapCode::OutOfBoundsMemoryAccess as u8 };
    let returns = |code_offset| Site { code_offset, module_offset: 9, kind: CALL_SITE };
    let relaxed = relax(&function(&before, vec![trap(2), returns(8), trap(8)]), ALL, true).expect("it is understood");
    assert_eq!(halves(&relaxed), before[1..]);
    assert_eq!(relaxed.sites, [trap(0), returns(6), trap(6)]);
}

/// Bytes that a branch on `a0` takes that skips so many instructions of two bytes, and `ret`.
fn size_of_branch_over(instructions: usize) -> usize {
    // bne a0, zero, 8; jal zero, 1f; ...; ret; 1: ret
    let distance = instructions as i32 * 2 + 6;
    let words = [0x0005_1463, forms::jump(distance).expect("it reaches")];
    let mut before: Vec<u16> = words.iter().flat_map(|&word| [word as u16, (word >> 16) as u16]).collect();
    before.extend(vec![0x0001; instructions]);
    before.extend([0x8082, 0x8082]);
    let relaxed = relax(&function(&before, Vec::new()), ALL, true).expect("it is understood");
    relaxed.code.len() - instructions * 2 - 4
}

#[test]
fn branches_are_as_short_as_they_can_be() {
    assert_eq!([125, 126].map(size_of_branch_over), [2, 4], "c.beqz reaches 254 bytes");
    assert_eq!([2044, 2045].map(size_of_branch_over), [4, 8], "beq reaches 4094 bytes");
}

#[test]
fn without_extensions_instructions_have_four_bytes() {
    let none = Extensions { compressed: false, adds_shifted: false, has_mask: false };
    // beq a0, zero, 1f; addi a0, a0, 1; 1: jal zero, 2f; addi a0, a0, 2; 2: ret
    let before = [0x0463, 0x0005, 0x0513, 0x0015, 0x006f, 0x0080, 0x0513, 0x0025, 0x8067, 0x0000];
    let relaxed = relax(&function(&before, Vec::new()), none, true).expect("it is understood");
    // beq a0, zero, 1f; addi a0, a0, 1; 1: ret
    assert_eq!(halves(&relaxed), [0x0463, 0x0005, 0x0513, 0x0015, 0x8067, 0x0000]);
}

#[test]
fn extensions_take_two_instructions_where_no_register_has_the_mask() {
    let none = Extensions { has_mask: false, ..ALL };
    // c.slli a0, 32; c.srli a0, 32; ret
    let before = [0x1502, 0x9101, 0x8082];
    let relaxed = relax(&function(&before, Vec::new()), none, true).expect("it is understood");
    assert_eq!(halves(&relaxed), before);
}

#[test]
fn a_function_that_is_not_understood_stays() {
    let functions: [&[u16]; 6] = [
        // A jump out of the function, a branch into an instruction, and an end that control runs over.
        &[0xa021],
        &[0xc111, 0x2503, 0x0005, 0x8082],
        &[0x0001],
        // `auipc` that nothing completes; a call that no relocation belongs to; an instruction of six bytes.
        &[0x0f97, 0x0000, 0x8082],
        &[0x00ef, 0x0000, 0x8082],
        &[0x001f, 0x0000, 0x0000, 0x8082],
    ];
    for halves in functions {
        assert!(relax(&function(halves, Vec::new()), ALL, true).is_none(), "{halves:04x?}");
    }
}
