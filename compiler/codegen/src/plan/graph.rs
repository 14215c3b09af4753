//! Which function calls which by name.

use std::collections::BTreeSet;
use wasmc_frontend::Module;

/// The calls between functions of a module that are made by name. Calls through references are not in it: they may go
/// to any function that escapes ([`Reach::escaping`](super::reach::Reach::escaping)).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallGraph {
    callees: Vec<Vec<u32>>,
    callers: Vec<Vec<u32>>,
}

impl CallGraph {
    /// The calls of `functions`, by index.
    pub fn new(module: &Module<'_>, functions: &BTreeSet<u32>) -> Self {
        let empty = || vec![Vec::new(); module.functions.len()];
        let mut graph = Self { callees: empty(), callers: empty() };
        for &caller in functions {
            for &callee in module.summary(caller).iter().flat_map(|summary| &summary.callees) {
                graph.callees[caller as usize].push(callee);
                graph.callers[callee as usize].push(caller);
            }
        }
        graph
    }

    /// The functions that `function` calls, in ascending order, each once.
    pub fn callees(&self, function: u32) -> &[u32] {
        &self.callees[function as usize]
    }

    /// The functions that call `function`, in ascending order, each once.
    pub fn callers(&self, function: u32) -> &[u32] {
        &self.callers[function as usize]
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
        let graph = CallGraph::new(&module, &BTreeSet::from([0, 1, 2, 3]));
        assert_eq!(
            [0, 1, 2, 3, 4].map(|function| graph.callees(function).to_vec()),
            [vec![], vec![0, 2], vec![1], vec![], vec![]]
        );
        assert_eq!([0, 1, 2, 3].map(|function| graph.callers(function).to_vec()), [vec![1], vec![2], vec![1], vec![]]);
    }
}
