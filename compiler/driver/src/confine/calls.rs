//! Which system calls a program makes once its own code runs: those of the host functions that it imports and of the
//! builtins that its code calls, by the tables of [`wasmc_abi`].

use std::collections::BTreeSet;
use wasmc_abi::builtin::Builtin;
use wasmc_abi::system_calls::{EVERY_PROGRAM, SystemCalls, of_memory_growth};
use wasmc_codegen::{CompiledFunction, Plan, RelocationTarget, Symbol};
use wasmc_frontend::program::Binding;
use wasmc_frontend::program::component::Function;

/// Names of all calls that a program makes once its own code runs; sorted.
pub fn needed(plan: &Plan<'_>, functions: &[CompiledFunction]) -> BTreeSet<&'static str> {
    let imported = plan.reach.imports(plan.module).flat_map(|function| match plan.binding(function) {
        Some(Binding::Host(_, function)) => function.system_calls().collect(),
        Some(&Binding::Canonical(id)) => match plan.program.canonical(id).function {
            Function::Host(host) => host.system_calls().collect(),
            Function::Builtin(builtin) => of_builtin(plan, builtin),
        },
        _ => Vec::new(),
    });
    let called = builtins(functions).into_iter().flat_map(|builtin| of_builtin(plan, builtin));
    EVERY_PROGRAM.iter().copied().chain(imported).chain(called).collect()
}

fn of_builtin(plan: &Plan<'_>, builtin: Builtin) -> Vec<&'static str> {
    match builtin.system_calls() {
        SystemCalls::Fixed(calls) => calls.to_vec(),
        SystemCalls::OfMemoryGrowth => {
            let memories = plan.memories.values();
            memories.flat_map(|memory| of_memory_growth(memory.strategy, memory.reserved)).copied().collect()
        }
    }
}

/// The builtins that functions call.
fn builtins(functions: &[CompiledFunction]) -> BTreeSet<Builtin> {
    let relocations = functions.iter().flat_map(|function| &function.relocations);
    let builtin = |target| match target {
        RelocationTarget::Symbol(Symbol::Builtin(builtin)) => Some(builtin),
        _ => None,
    };
    relocations.filter_map(|relocation| builtin(relocation.target)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::confine::architecture::CallArchitecture;
    use wasmc_abi::host::Interface;
    use wasmc_abi::memory::MemoryStrategy;
    use wasmc_link::Architecture;

    #[test]
    fn every_architecture_has_the_calls_of_the_tables() {
        let functions = Interface::ALL.into_iter().flat_map(Interface::functions);
        let fixed = Builtin::ALL.iter().filter_map(|builtin| match builtin.system_calls() {
            SystemCalls::Fixed(calls) => Some(calls),
            SystemCalls::OfMemoryGrowth => None,
        });
        let strategies = [MemoryStrategy::FixedExplicit, MemoryStrategy::Explicit];
        let growth =
            strategies.into_iter().flat_map(|strategy| [0, 1 << 32].map(|size| of_memory_growth(strategy, size)));
        let lists = fixed.chain(growth).chain([EVERY_PROGRAM]).flatten().copied();
        for call in lists.chain(functions.flat_map(|function| function.system_calls())) {
            for architecture in [Architecture::X86_64, Architecture::Aarch64, Architecture::Riscv64] {
                assert!(CallArchitecture(architecture).number(call).is_some(), "{call} on {architecture:?}");
            }
        }
    }
}
