//! What an instruction reads and writes.

use super::calls::Calls;
pub(super) use super::calls::Set;
use crate::symbol::Symbol;
use iced_x86::{
    FlowControl, Instruction, InstructionInfoFactory, InstructionInfoOptions, Mnemonic, OpAccess, OpKind, Register,
    RflagsBits, UsedRegister,
};

/// The general registers.
pub(super) const GENERAL: Set = 0xffff;

pub(super) const FLAGS: Set = 1 << 32;
pub(super) const ALL: Set = (1 << 33) - 1;

/// Registers that calls do not keep (System V ABI for x86-64, 3.2.1), and the flags.
const CLOBBERED: Set = 0xffff_0fc7 | FLAGS;

/// Registers that functions keep for their callers.
pub(super) const KEPT: Set = 0xf038;

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
pub(super) struct Reader<'c> {
    factory: InstructionInfoFactory,
    calls: &'c Calls,
}

/// Where a call or a branch goes, as far as the instruction does not say it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Goal {
    /// The function that it names.
    pub callee: Option<Symbol>,
    /// Whether exceptions leave it for a handler.
    pub has_handlers: bool,
    /// Whether a jump table says where.
    pub is_table: bool,
}

impl<'c> Reader<'c> {
    /// For a function with these calls.
    pub fn new(calls: &'c Calls) -> Self {
        Self { factory: InstructionInfoFactory::new(), calls }
    }

    /// What calls take and return.
    pub fn calls(&self) -> &'c Calls {
        self.calls
    }

    /// The effects of `instruction`; `None` where it does what is not followed.
    pub fn effects(&mut self, instruction: &Instruction, goal: Goal) -> Option<Effects> {
        let mut effects = self.of_operands(instruction);
        // What a call in tail position leaves for the caller.
        let leaving = KEPT | FRAME;
        match instruction.flow_control() {
            FlowControl::Next | FlowControl::ConditionalBranch => {}
            FlowControl::UnconditionalBranch if goal.callee.is_none() => {}
            FlowControl::UnconditionalBranch => effects.reads |= self.calls.arguments(goal.callee) | leaving,
            FlowControl::Call | FlowControl::IndirectCall => {
                let callee = goal.callee;
                effects.reads |= match instruction.flow_control() {
                    // One that no relocation names is the function itself.
                    FlowControl::Call if callee.is_none() => ALL,
                    _ => self.calls.arguments(callee),
                };
                // A handler gets what it needs in memory and in registers that are kept.
                effects.reads |= if goal.has_handlers { KEPT } else { 0 };
                effects.kills |= CLOBBERED;
                effects.writes |= CLOBBERED;
            }
            FlowControl::Return => effects.reads |= self.calls.results | KEPT,
            FlowControl::Exception if instruction.mnemonic() == Mnemonic::Ud2 => {}
            FlowControl::IndirectBranch if goal.is_table => {}
            FlowControl::IndirectBranch => effects.reads |= self.calls.arguments(goal.callee) | leaving,
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
