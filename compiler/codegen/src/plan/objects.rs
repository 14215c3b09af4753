//! What is known of the objects of a program whose instances are all known: which types they have, and which of their
//! fields change after they have been made.
//!
//! Both are collected from what is reached of every instance. Types that several modules have are one, by the numbers
//! of the program, and a field is one in all types that inherit it: it goes by the type that declares it. So what is
//! written through a supertype, or by another module, is written.

use super::reach::Reach;
use std::collections::BTreeSet;
use wasmc_frontend::Summary;
use wasmc_frontend::index::{InstanceId, TypeIndex};
use wasmc_frontend::program::Program;
use wasmc_frontend::program::types::Numbers;

/// What is known of all objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Objects {
    /// The numbers of the types that they have.
    pub made: BTreeSet<u32>,
    /// Fields that instructions write, by the number of the type that declares each and its position; elements of
    /// arrays have the position 0.
    pub written: BTreeSet<(u32, u32)>,
}

impl Objects {
    /// What is known of the objects of a program of which `reached` are all instances, with what is reached of each;
    /// `None` where others may be added.
    pub fn new<'r>(program: &Program<'_>, reached: impl IntoIterator<Item = (InstanceId, &'r Reach)>) -> Option<Self> {
        if program.start.is_none() && !program.is_library {
            return None;
        }
        let mut objects = Self::default();
        let mut count = 0;
        for (instance, reach) in reached {
            objects.add(program, instance, &reach.summary);
            count += 1;
        }
        (count == program.instances().count()).then_some(objects)
    }

    fn add(&mut self, program: &Program<'_>, instance: InstanceId, summary: &Summary) {
        let (types, ids) = (program.types(), program.type_ids(program[instance].module));
        let number = |index: TypeIndex| types.numbers(ids[index]).first;
        let constant = program.module_of(instance).constants().flatten().filter_map(|operator| operator.made());
        self.made.extend(summary.made.iter().copied().chain(constant).map(number));
        let declared =
            |&(index, field): &(TypeIndex, u32)| (types.numbers(types.declarer(ids[index], field)).first, field);
        self.written.extend(summary.written_fields.iter().map(declared));
    }

    /// Of the numbers of a type and its subtypes, the first and the last that an object can have.
    pub fn possible(&self, numbers: Numbers) -> Numbers {
        if numbers.is_empty() {
            return numbers;
        }
        let mut possible = self.made.range(numbers.first..=numbers.last).copied();
        match (possible.next(), possible.next_back()) {
            (Some(first), last) => Numbers { first, last: last.unwrap_or(first) },
            (None, _) => Numbers { first: 1, last: 0 },
        }
    }
}
