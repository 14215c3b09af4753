//! How much a program does, and whether it is to go on: fuel, and interruptions of contexts.

use super::{Lowering, Region, trap_code};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};
use wasmc_abi::context::{INTERRUPTION_PAGE, offsets};
use wasmc_abi::trap::TrapCode;

/// Bytes of what looking for an interruption reads.
const LOOK: u32 = 4;

impl Lowering<'_, '_> {
    /// The complement of the units of work that are left: what is added to it carries where it is more than they are.
    pub fn fuel(&mut self) -> Value {
        let (flags, (base, offset)) = self.fuel_place();
        self.builder.ins().load(types::I64, flags, base, offset)
    }

    /// Sets the complement of the units of work that are left.
    pub fn set_fuel(&mut self, fuel: Value) {
        let (flags, (base, offset)) = self.fuel_place();
        self.builder.ins().store(flags, fuel, base, offset);
    }

    /// Takes units of work, or traps where there are not as many.
    pub fn take_fuel(&mut self, fuel: Value, units: Value) -> Value {
        self.builder.ins().uadd_overflow_trap(fuel, units, trap_code(TrapCode::OutOfFuel))
    }

    fn fuel_place(&mut self) -> (MemFlagsData, (Value, i32)) {
        let flags = self.trusted(Region::Fuel);
        let location = self.plan.layout.fuel.expect("the plan makes room where fuel is counted");
        (flags, self.state(location))
    }

    /// Traps where the context is to be interrupted: it reads what cannot be read then. `number` counts such places in
    /// the function.
    ///
    /// Each place reads a word of its own. Nothing that the compiler sees writes there, so that it would take a word
    /// that was read before for the same.
    pub fn look_for_interruption(&mut self, number: u32) {
        let code = Some(trap_code(TrapCode::Interrupted));
        let region = self.region(Region::Runtime);
        let flags = MemFlagsData::trusted().with_trap_code(code).with_alias_region(Some(region));
        let block = self.own_block();
        if number >= INTERRUPTION_PAGE as u32 / LOOK {
            let page = self.builder.ins().iadd_imm_s(block, i64::from(offsets::INTERRUPTION));
            self.builder.ins().atomic_load(types::I32, flags, page);
            return;
        }
        let word = (number * LOOK) as i32;
        // What takes instructions to make, loops share.
        let (base, offset) = match self.plan.target.widest_offset() {
            i32::MAX => (block, offsets::INTERRUPTION + word),
            _ => (self.builder.ins().iadd_imm_s(block, i64::from(offsets::INTERRUPTION)), word),
        };
        self.builder.ins().load(types::I32, flags, base, offset);
    }
}
