//! What an instruction reads and writes.

use cranelift_codegen::isa::CallConv;
use iced_x86::{
    FlowControl, Instruction, InstructionInfoFactory, InstructionInfoOptions, Mnemonic, OpAccess, OpKind, Register,
    RflagsBits, UsedRegister,
};

/// General registers are bits 0 to 15, vector registers bits 16 to 31, the arithmetic flags together are bit 32.
pub(super) type Set = u64;

pub(super) const FLAGS: Set = 1 << 32;
pub(super) const ALL: Set = (1 << 33) - 1;

/// Registers that calls do not keep (System V ABI for x86-64, 3.2.1), and the flags.
const CLOBBERED: Set = 0xffff_0fc7 | FLAGS;

/// Registers of arguments, and `al`, which says how many of them are vectors.
const ARGUMENTS: Set = 0x00ff_03c7;

/// The register that says where the state of an instance is, where there can be several: `r15`.
const PINNED: Set = 1 << 15;

/// Registers that functions keep for their callers.
const KEPT: Set = 0xf038;

/// What a caller may look at by the C convention, and by that of functions with tail calls.
const RESULTS: Set = KEPT | 0x0003_0005;
const TAIL_RESULTS: Set = KEPT | 0x00ff_07c7;

const ARITHMETIC: u32 = RflagsBits::CF | RflagsBits::ZF | RflagsBits::SF | RflagsBits::OF | RflagsBits::PF;

/// What an instruction does to registers and flags.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Effects {
    /// What it depends on; parts of registers that it leaves as they are included.
    pub reads: Set,
    /// What holds nothing of its former value afterwards.
    pub kills: Set,
    /// What it changes, in whole or in part.
    pub writes: Set,
}

/// Registers that are there for the frame: backtraces and exceptions follow them, wherever control is.
pub(super) const FRAME: Set = 1 << 4 | 1 << 5;

/// The bit of a register; 0 for those that are not followed.
pub(super) fn bit(register: Register) -> Set {
    if register.is_gpr() {
        1 << register.full_register().number()
    } else if register.is_vector_register() && register.number() < 16 {
        1 << (16 + register.number())
    } else {
        0
    }
}

/// Says what instructions do.
pub(super) struct Reader {
    factory: InstructionInfoFactory,
    results: Set,
    arguments: Set,
}

impl Reader {
    /// For a function that is called by `convention`, of a program with a pinned register if `is_pinned`.
    pub fn new(convention: CallConv, is_pinned: bool) -> Self {
        let results = if convention == CallConv::SystemV { RESULTS } else { TAIL_RESULTS };
        let arguments = if is_pinned { ARGUMENTS | PINNED } else { ARGUMENTS };
        Self { factory: InstructionInfoFactory::new(), results, arguments }
    }

    /// The effects of `instruction`; `None` where it does what is not followed. `leaves` says whether it goes on
    /// elsewhere, with any registers: a call that exceptions leave for a handler, or a call in tail position.
    pub fn effects(&mut self, instruction: &Instruction, leaves: bool) -> Option<Effects> {
        let mut effects = self.of_operands(instruction);
        match instruction.flow_control() {
            FlowControl::Next | FlowControl::ConditionalBranch => {}
            FlowControl::UnconditionalBranch => effects.reads |= if leaves { ALL } else { 0 },
            FlowControl::Call | FlowControl::IndirectCall => {
                // A handler gets what it needs in memory and in registers that are kept.
                effects.reads |= if leaves { self.arguments | KEPT } else { self.arguments };
                effects.kills |= CLOBBERED;
                effects.writes |= CLOBBERED;
            }
            FlowControl::Return => effects.reads |= self.results,
            FlowControl::Exception if instruction.mnemonic() == Mnemonic::Ud2 => {}
            // Through a jump table, or a call in tail position.
            FlowControl::IndirectBranch => effects.reads |= ALL,
            _ => return None,
        }
        Some(effects)
    }

    fn of_operands(&mut self, instruction: &Instruction) -> Effects {
        let mut effects = Effects::default();
        let info = self.factory.info_options(instruction, InstructionInfoOptions::NO_MEMORY_USAGE);
        for used in info.used_registers() {
            add(&mut effects, used);
        }
        if instruction.rflags_read() & ARITHMETIC != 0 {
            effects.reads |= FLAGS;
        }
        let modified = instruction.rflags_modified();
        if modified & ARITHMETIC != 0 {
            effects.writes |= FLAGS;
            // Shifts by 0 leave the flags as they are.
            let is_certain = !(0..instruction.op_count()).any(|operand| {
                instruction.op_kind(operand) == OpKind::Register && instruction.op_register(operand) == Register::CL
            });
            match modified & ARITHMETIC == ARITHMETIC && is_certain {
                true => effects.kills |= FLAGS,
                false => effects.reads |= FLAGS,
            }
        }
        effects
    }
}

fn add(effects: &mut Effects, used: &UsedRegister) {
    let register = used.register();
    let bit = bit(register);
    // Writing 8 or 16 bits leaves the others as they are.
    let is_part = register.is_gpr() && register.size() < 4;
    match used.access() {
        OpAccess::Read | OpAccess::CondRead => effects.reads |= bit,
        OpAccess::Write if !is_part => {
            effects.kills |= bit;
            effects.writes |= bit;
        }
        OpAccess::Write | OpAccess::CondWrite | OpAccess::ReadWrite | OpAccess::ReadCondWrite => {
            effects.reads |= bit;
            effects.writes |= bit;
        }
        OpAccess::None | OpAccess::NoMemAccess => {}
    }
}
