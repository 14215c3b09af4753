//! Local variables.
//!
//! A body can declare 50,000 in five bytes. So only the first are declared before it is translated, and the others
//! where it first names them: these start with zero because Cranelift reads that from a variable that nothing has
//! written.

use super::Translator;
use crate::signature::clif_type;
use cranelift_codegen::ir::Value;
use cranelift_entity::PrimaryMap;
use cranelift_frontend::Variable;
use std::collections::{BTreeMap, BTreeSet};
use wasmc_frontend::index::LocalIndex;
use wasmc_frontend::wasmparser::{self, FunctionBody, ValType};

/// Locals that are declared in any case.
const FIRST: usize = 500;

/// Loops around a loop that is deep.
///
/// A local that a loop only reads is a parameter of the loop's header until the loop ends, and then an alias of what it
/// is before. So it is an alias of an alias in nested loops, and each loop that ends would follow them all. Behind a
/// deep loop, such locals become what they are aliases of.
const DEEP: usize = 64;

/// The locals of a function.
#[derive(Default)]
pub(super) struct Locals {
    first: PrimaryMap<LocalIndex, Variable>,
    /// Those further on that have been named.
    late: BTreeMap<LocalIndex, Variable>,
    /// Types of all: the index behind each run of a type.
    types: Vec<(u32, ValType)>,
    /// Those that are read in each open loop that is [deep](DEEP).
    read: Vec<BTreeSet<LocalIndex>>,
}

impl Translator<'_, '_> {
    /// Declares what a body does.
    pub(super) fn declare_locals(&mut self, body: &FunctionBody<'_>) -> Result<(), wasmparser::Error> {
        let mut end = self.locals.first.len() as u32;
        for run in body.get_locals_reader()? {
            let (count, ty) = run?;
            end += count;
            let declared = (count as usize).min(FIRST.saturating_sub(self.locals.first.len()));
            if declared > 0 {
                let zero = self.low.zero(ty);
                (0..declared).for_each(|_| self.declare_local(ty, zero));
            }
            self.locals.types.push((end, ty));
        }
        Ok(())
    }

    /// Declares a parameter.
    pub(super) fn declare_param(&mut self, ty: ValType, value: Value) {
        self.declare_local(ty, value);
        self.locals.types.push((self.locals.first.len() as u32, ty));
    }

    /// Declares one that starts with `value`, behind those declared so far.
    pub(super) fn declare_local(&mut self, ty: ValType, value: Value) {
        let variable = self.low.builder.declare_var(clif_type(ty));
        self.low.builder.def_var(variable, value);
        self.locals.first.push(variable);
    }

    fn local(&mut self, index: LocalIndex) -> Variable {
        let Locals { first, late, types, .. } = &mut self.locals;
        if let Some(&variable) = first.get(index) {
            return variable;
        }
        let builder = &mut self.low.builder;
        *late.entry(index).or_insert_with(|| {
            let run = types.partition_point(|&(end, _)| end <= index.as_u32());
            builder.declare_var(clif_type(types[run].1))
        })
    }

    /// Begins a loop.
    pub(super) fn begin_loop_of_locals(&mut self) {
        if self.open_loops > DEEP {
            self.locals.read.push(BTreeSet::new());
        }
    }

    /// Ends a loop, behind which control is now, if anywhere.
    pub(super) fn end_loop_of_locals(&mut self) {
        let Some(read) = self.locals.read.pop() else { return };
        for &index in &read {
            if !self.reachable {
                break;
            }
            let variable = self.local(index);
            let value = self.low.builder.use_var(variable);
            let value = self.low.builder.func.dfg.resolve_aliases(value);
            self.low.builder.def_var(variable, value);
        }
        if let Some(around) = self.locals.read.last_mut() {
            let mut few = read;
            if around.len() < few.len() {
                std::mem::swap(around, &mut few);
            }
            around.extend(few);
        }
    }

    pub(super) fn local_get(&mut self, index: LocalIndex) {
        if let Some(read) = self.locals.read.last_mut() {
            read.insert(index);
        }
        let variable = self.local(index);
        let value = self.low.builder.use_var(variable);
        let types = &self.locals.types;
        let run = types.partition_point(|&(end, _)| end <= index.as_u32());
        self.push_typed(value, types[run].1);
    }

    pub(super) fn local_set(&mut self, index: LocalIndex) {
        let value = self.pop();
        let variable = self.local(index);
        self.low.builder.def_var(variable, value);
    }

    pub(super) fn local_tee(&mut self, index: LocalIndex) {
        self.local_set(index);
        self.local_get(index);
    }
}
