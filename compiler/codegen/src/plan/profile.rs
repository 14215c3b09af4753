//! What a program counts for a profile, and what is known of it by one.

use super::Plan;
use super::counting::Counting;
use super::counts::{Counts, FunctionCounts};
use super::order;
use crate::key::FunctionKey;
use crate::passes::Pass;
use crate::{Error, OptLevel, Options};
use std::collections::BTreeSet;
use wasmc_frontend::index::{FuncIndex, TypeIndex};
use wasmc_frontend::{Module, Program};

/// What a program counts, and what is known of it.
#[derive(Clone, Debug, Default)]
pub struct ProfilePlan {
    /// What the program counts, where it writes a profile.
    pub counting: Option<Counting>,
    /// What a profile says, where there is one.
    pub counts: Option<Counts>,
}

impl ProfilePlan {
    /// What the options ask for of `functions`. Puts those to compile in the order in which they are laid out.
    ///
    /// # Errors
    /// None for functions that are valid.
    pub(super) fn new(
        program: &Program<'_>,
        module: &Module<'_>,
        functions: &BTreeSet<FuncIndex>,
        keys: &mut [FunctionKey],
        options: &Options,
    ) -> Result<Self, Error> {
        let counting = options.profile_to.as_ref().map(|_| Counting::new(module, functions.iter().copied()));
        let counts = options.profile.as_ref().map(|profile| Counts::new(module, profile)).transpose()?;
        let orders = options.opt_level != OptLevel::None && options.passes.have(Pass::Order);
        // The tables of a library are looked through by index.
        if let Some(counts) = counts.as_ref().filter(|_| orders && !program.is_library) {
            order::by(counts, module, keys)?;
        }
        Ok(Self { counting: counting.transpose()?, counts })
    }
}

impl Plan<'_> {
    /// What a profile says of a function.
    pub(crate) fn counts_of(&self, function: FuncIndex) -> Option<&FunctionCounts> {
        self.profile.counts.as_ref()?.of(function)
    }

    /// Whether a profile says that a function has never run.
    pub(crate) fn is_cold(&self, key: FunctionKey) -> bool {
        matches!(key, FunctionKey::Wasm(function) if self.counts_of(function).is_some_and(FunctionCounts::is_cold))
    }

    /// Whether a reference to a function of a type can refer to a function, which can be called by name.
    pub(crate) fn can_be(&self, function: FuncIndex, type_index: TypeIndex) -> bool {
        let has_type = || {
            let (wanted, type_of) = (self.type_numbers(type_index), self.module.functions[function].type_index);
            (wanted.first..=wanted.last).contains(&self.type_numbers(type_of).first)
        };
        self.module.body(function).is_some() && self.reach.escaping.contains(&function) && has_type()
    }
}
