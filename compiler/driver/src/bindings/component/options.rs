//! What functions were lifted and lowered with: each set of options once.

use super::spelling::handles;
use std::fmt::Write as _;
use wasmc_abi::preview2::FIRST_IN_LIBRARIES;
use wasmc_component::interface::{Function, Interface, Lowering, Options};

/// All sets of options that a component's functions have, as code has them.
#[derive(Debug)]
pub struct OptionSets(Vec<String>);

impl OptionSets {
    /// Those of a component.
    pub fn new(world: &Interface) -> Self {
        let mut sets = Self(Vec::new());
        let lowered = world.lowerings.iter().filter_map(|lowering| match *lowering {
            Lowering::Function { namespace, function, options } => {
                Some((&world.imports[namespace].functions[function], options))
            }
            Lowering::Trap | Lowering::Drop(_) => None,
        });
        let exported = world.exports.iter().flat_map(|namespace| &namespace.functions);
        let lifted = exported.filter_map(|function| Some((function, function.lifted?.options)));
        for (function, options) in lowered.chain(lifted) {
            let set = text(world, function, options);
            if !sets.0.contains(&set) {
                sets.0.push(set);
            }
        }
        sets
    }

    /// Their declarations.
    pub fn declared(&self) -> String {
        let mut text = String::new();
        for (number, set) in self.0.iter().enumerate() {
            let _ = write!(
                text,
                "static OPTIONS_{number}: wasmc_embed::component::Options = \
                 wasmc_embed::component::Options {{\n{set}}};\n\n"
            );
        }
        text
    }

    /// The name of those of a function.
    pub fn name(&self, world: &Interface, function: &Function, options: Options) -> String {
        let set = text(world, function, options);
        let number = self.0.iter().position(|known| *known == set).expect("it is one of all");
        format!("OPTIONS_{number}")
    }
}

fn text(world: &Interface, function: &Function, options: Options) -> String {
    let types = function.params.iter().map(|(_, ty)| ty).chain(&function.result);
    let tables = handles(world, types);
    let tables: Vec<String> =
        tables.iter().map(|&(resource, table)| format!("[{}, {table}]", resource_number(world, resource))).collect();
    format!(
        "    memory: {:?},\n    realloc: {:?},\n    encoding: wasmc_embed::component::Encoding::{:?},\n    \
         tables: &[{}],\n",
        options.memory,
        options.realloc,
        options.encoding,
        tables.join(", "),
    )
}

/// What bindings know a resource by.
pub fn resource_number(world: &Interface, resource: usize) -> u64 {
    match world.resources[resource].wasi {
        Some(number) => u64::from(FIRST_IN_LIBRARIES + number),
        None => resource as u64,
    }
}
