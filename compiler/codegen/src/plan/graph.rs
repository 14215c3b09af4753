//! Which function calls which by name.

use cranelift_entity::SecondaryMap;
use std::collections::BTreeSet;
use wasmc_frontend::Module;
use wasmc_frontend::index::FuncIndex;

/// The calls between functions of a module that are made by name. Calls through references are not in it: they may go
/// to any function that escapes ([`Reach::escaping`](super::reach::Reach::escaping)).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallGraph {
    callees: SecondaryMap<FuncIndex, Vec<FuncIndex>>,
    callers: SecondaryMap<FuncIndex, Vec<FuncIndex>>,
}

impl CallGraph {
    /// The calls of `functions`.
    pub fn new(module: &Module<'_>, functions: &BTreeSet<FuncIndex>) -> Self {
        let mut graph = Self::default();
        for &caller in functions {
            for &callee in module.summary(caller).iter().flat_map(|summary| &summary.callees) {
                graph.callees[caller].push(callee);
                graph.callers[callee].push(caller);
            }
        }
        graph
    }

    /// The functions that `function` calls, in ascending order, each once.
    pub fn callees(&self, function: FuncIndex) -> &[FuncIndex] {
        &self.callees[function]
    }

    /// The functions that call `function`, in ascending order, each once.
    pub fn callers(&self, function: FuncIndex) -> &[FuncIndex] {
        &self.callers[function]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_seen_from_both_ends() {
        let text = "(module
            (import \"env\" \"log\" (func $log))
            (table 1 funcref) (elem declare func $c)
            (func $a (call $b) (call $b) (call $log))
            (func $b (return_call $a))
            (func $c (drop (ref.func $c)) (call_indirect (i32.const 0)))
            (func $dead (call $c)))";
        let binary = wasmc_frontend::to_binary(text.as_bytes()).unwrap();
        let module = wasmc_frontend::read(&binary, Default::default()).unwrap().validate().unwrap();
        let [log, a, b, c, dead] = [0, 1, 2, 3, 4].map(FuncIndex::from_u32);
        let graph = CallGraph::new(&module, &BTreeSet::from([log, a, b, c]));
        let callees = [log, a, b, c, dead].map(|function| graph.callees(function).to_vec());
        assert_eq!(callees, [vec![], vec![log, b], vec![a], vec![], vec![]]);
        let callers = [log, a, b, c].map(|function| graph.callers(function).to_vec());
        assert_eq!(callers, [vec![a], vec![b], vec![a], vec![]]);
    }
}
