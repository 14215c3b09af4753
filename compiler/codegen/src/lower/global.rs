//! Globals.

use super::{Lowering, Region};
use crate::plan::Plan;
use crate::plan::initial::{ConstValue, constant_global, i31_word};
use crate::signature::clif_type;
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64, V128Imm};
use cranelift_codegen::ir::{InstBuilder, Value, types};
use wasmc_frontend::index::{ExternIndex, GlobalIndex};
use wasmc_frontend::program::{Binding, Item};

impl Lowering<'_, '_> {
    /// The value of a global.
    pub fn global_get(&mut self, index: GlobalIndex) -> Value {
        if let Some(value) = self.constant_global(index) {
            return self.const_value(value);
        }
        let ty = clif_type(self.plan.module.globals[index].ty.content_type);
        let flags = self.trusted(Region::Global(index));
        let (base, offset) = self.state(self.plan.layout.globals[index]);
        self.builder.ins().load(ty, flags, base, offset)
    }

    /// The value that a global has all its life, where it is known.
    fn constant_global(&self, index: GlobalIndex) -> Option<ConstValue> {
        let Plan { program, instance, module, .. } = *self.plan;
        match program.binding(instance, ExternIndex::Global(index)) {
            Some(&Binding::Instance(Item { instance, index: ExternIndex::Global(global) })) => {
                // Functions have other indices there.
                let value = constant_global(program.module_of(instance), global);
                value.filter(|value| !matches!(value, ConstValue::Func(_)))
            }
            _ => constant_global(module, index),
        }
    }

    /// Sets a mutable global.
    pub fn global_set(&mut self, index: GlobalIndex, value: Value) {
        let flags = self.trusted(Region::Global(index));
        let (base, offset) = self.state(self.plan.layout.globals[index]);
        self.builder.ins().store(flags, value, base, offset);
    }

    /// A value known at compile time.
    pub fn const_value(&mut self, value: ConstValue) -> Value {
        match value {
            ConstValue::I32(value) => self.builder.ins().iconst(types::I32, i64::from(value as u32)),
            ConstValue::I64(value) => self.builder.ins().iconst(types::I64, value),
            ConstValue::F32(bits) => self.builder.ins().f32const(Ieee32::with_bits(bits)),
            ConstValue::F64(bits) => self.builder.ins().f64const(Ieee64::with_bits(bits)),
            ConstValue::V128(bytes) => self.vector_constant(bytes),
            ConstValue::Null => self.null(),
            ConstValue::I31(value) => self.builder.ins().iconst(types::I64, i31_word(value) as i64),
            ConstValue::Func(function) => self.func_ref(function),
        }
    }

    /// A vector known at compile time.
    pub fn vector_constant(&mut self, bytes: [u8; 16]) -> Value {
        let constant = self.builder.func.dfg.constants.insert(V128Imm(bytes).0.to_vec().into());
        self.builder.ins().vconst(types::I8X16, constant)
    }
}
