//! Data and element segments that instructions copy: how much of them is left.

use super::{Lowering, Region};
use crate::plan::instance::Location;
use crate::symbol::Symbol;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use wasmc_abi::builtin::Builtin;
use wasmc_abi::table::ELEMENT_SIZE;
use wasmc_frontend::index::{DataIndex, ElemIndex};

impl Lowering<'_, '_> {
    /// The bytes left of a data segment, as 64 bits.
    pub fn data_len(&mut self, segment: DataIndex) -> Value {
        self.runtime_field(self.plan.layout.data_lens[&segment], 0)
    }

    /// The elements left of an element segment, as 64 bits.
    pub fn element_len(&mut self, segment: ElemIndex) -> Value {
        self.runtime_field(self.plan.layout.element_lens[&segment], 0)
    }

    /// The address of the elements of a segment.
    pub fn elements(&mut self, segment: ElemIndex) -> Value {
        match self.plan.layout.elements.get(&segment) {
            Some(&place) => self.state_address(place),
            None => self.symbol_address(Symbol::Element(segment)),
        }
    }

    /// Leaves nothing of a data segment.
    pub fn drop_data(&mut self, segment: DataIndex) {
        self.drop_segment(self.plan.layout.data_lens[&segment]);
    }

    /// Leaves nothing of an element segment, nor of the objects that its elements refer to.
    pub fn drop_elements(&mut self, segment: ElemIndex) {
        if self.plan.program.has_heap && self.plan.tables.evaluated.contains(&segment) {
            let size = self.plan.module.elements[segment].items.len() as i64 * i64::from(ELEMENT_SIZE);
            let start = self.elements(segment);
            let zero = self.builder.ins().iconst(types::I32, 0);
            let size = self.builder.ins().iconst(types::I64, size);
            self.call_builtin(Builtin::Memset, &[start, zero, size]);
        }
        self.drop_segment(self.plan.layout.element_lens[&segment]);
    }

    fn drop_segment(&mut self, len: Location) {
        let flags = self.trusted(Region::Runtime);
        let zero = self.builder.ins().iconst(types::I64, 0);
        let (base, offset) = self.state(len);
        self.builder.ins().store(flags, zero, base, offset);
    }
}
