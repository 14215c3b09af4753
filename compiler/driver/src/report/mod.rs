//! Reports: where the bytes of a module's code and data go, and, by a profile, its time.
//!
//! - [`text`]: as tables, [`html`]: as a page of its own, [`treemap`]: whose rectangles are as large as what they show.

mod html;
mod text;
mod treemap;

use crate::options::{Emit, Options};
use wasmc_codegen::{CompiledFunction, FunctionKey, Plan};

/// What is known of a compiled program.
struct Report {
    /// What messages call the module.
    name: String,
    target: String,
    /// The functions with machine code, those with the most bytes first.
    functions: Vec<Function>,
    /// Data segments, the largest first.
    data: Vec<Data>,
    /// Blocks that have run, most often what comes first; `None` without a profile.
    hot: Option<Vec<Block>>,
}

/// A function.
struct Function {
    name: String,
    /// What its name begins with: a crate, a namespace.
    group: String,
    /// Bytes of its body.
    wasm: u64,
    /// Bytes of its machine code.
    native: u64,
    /// How often it has been entered.
    entered: u64,
    /// How often its blocks have run.
    executed: u64,
}

/// A data segment.
struct Data {
    name: String,
    bytes: u64,
}

/// A block of a function, by the offset in the function's body that it begins at.
struct Block {
    function: String,
    offset: u32,
    count: u64,
}

/// Hot blocks that are kept.
const MOST_BLOCKS: usize = 100;

/// The longest part of a name that is shown, in characters: names are as long as modules want.
const LONGEST_NAME: usize = 160;

/// Bytes of the longest name that is demangled.
const LONGEST_MANGLED: usize = 4096;

/// What functions are grouped as that have no path in their names.
const NO_PATH: &str = "functions without a path";

/// The report on compiled plans, as what the options ask for.
pub fn of(name: &str, compiled: &[(&Plan<'_>, &[CompiledFunction])], options: &Options) -> String {
    let report = Report::new(name, compiled, options);
    if options.emit == Emit::HtmlReport { html::page(&report) } else { text::tables(&report) }
}

impl Report {
    fn new(name: &str, compiled: &[(&Plan<'_>, &[CompiledFunction])], options: &Options) -> Self {
        let (mut functions, mut data, mut hot) = (Vec::new(), Vec::new(), None);
        for (plan, compiled) in compiled {
            functions.extend(compiled.iter().map(|function| Function::new(plan, function)));
            let segments = plan.module.data.iter();
            data.extend(segments.map(|(index, segment)| Data {
                name: format!("data segment {}", index.as_u32()),
                bytes: segment.bytes.len() as u64,
            }));
            if let Some(counts) = &plan.profile.counts {
                let hot = hot.get_or_insert_with(Vec::new);
                for function in *compiled {
                    let FunctionKey::Wasm(index) = function.key else { continue };
                    let blocks = counts.of(index).map_or(&[][..], |counts| counts.blocks());
                    let mut blocks: Vec<_> = blocks.iter().filter(|block| block.1 > 0).collect();
                    blocks.sort_by_key(|block| std::cmp::Reverse(block.1));
                    blocks.truncate(MOST_BLOCKS);
                    let name = || cut(&shown(plan, function.key));
                    hot.extend(blocks.iter().map(|&&(offset, count)| Block { function: name(), offset, count }));
                    if hot.len() > 64 * MOST_BLOCKS {
                        keep_hottest(hot);
                    }
                }
            }
        }
        functions.sort_by(|one, other| other.native.cmp(&one.native).then_with(|| one.name.cmp(&other.name)));
        data.sort_by_key(|segment: &Data| std::cmp::Reverse(segment.bytes));
        if let Some(hot) = &mut hot {
            keep_hottest(hot);
        }
        Self { name: cut(name), target: options.target.name.clone(), functions, data, hot }
    }

    /// The bytes of all machine code.
    fn native(&self) -> u64 {
        self.functions.iter().map(|function| function.native).sum()
    }

    /// The bytes of all bodies.
    fn wasm(&self) -> u64 {
        self.functions.iter().map(|function| function.wasm).sum()
    }

    /// The bytes of all data segments.
    fn data(&self) -> u64 {
        self.data.iter().map(|segment| segment.bytes).sum()
    }

    /// The functions that have run, those whose blocks have run most often first.
    fn busiest(&self) -> Vec<&Function> {
        let mut functions: Vec<&Function> = self.functions.iter().filter(|function| function.executed > 0).collect();
        functions.sort_by_key(|function| std::cmp::Reverse(function.executed));
        functions
    }

    /// How often all blocks have run.
    fn executed(&self) -> u64 {
        self.functions.iter().fold(0, |sum: u64, function| sum.saturating_add(function.executed))
    }

    /// The groups of functions, by the bytes of their machine code, the largest first.
    fn groups(&self) -> Vec<(&str, Vec<&Function>)> {
        let mut groups: std::collections::BTreeMap<&str, Vec<&Function>> = std::collections::BTreeMap::new();
        self.functions.iter().for_each(|function| groups.entry(&function.group).or_default().push(function));
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by_key(|(_, functions)| std::cmp::Reverse(size(functions)));
        groups
    }
}

fn keep_hottest(hot: &mut Vec<Block>) {
    hot.sort_by_key(|block| std::cmp::Reverse(block.count));
    hot.truncate(MOST_BLOCKS);
}

/// The bytes of machine code of some functions.
fn size(functions: &[&Function]) -> u64 {
    functions.iter().map(|function| function.native).sum()
}

impl Function {
    fn new(plan: &Plan<'_>, compiled: &CompiledFunction) -> Self {
        let index = match compiled.key {
            FunctionKey::Wasm(index) => Some(index),
            _ => None,
        };
        let name = shown(plan, compiled.key);
        let counts = plan.profile.counts.as_ref().zip(index).and_then(|(counts, index)| counts.of(index));
        let executed = counts.map_or(0, |counts| counts.blocks().iter().fold(0, |sum: u64, b| sum.saturating_add(b.1)));
        Self {
            group: index.map_or_else(|| "made by wasmc".into(), |_| group(&name)),
            name: cut(&name),
            wasm: index.and_then(|index| plan.module.body(index)).map_or(0, |body| body.as_bytes().len() as u64),
            native: compiled.code.len() as u64,
            entered: counts.map_or(0, |counts| counts.entered()),
            executed,
        }
    }
}

fn shown(plan: &Plan<'_>, key: FunctionKey) -> String {
    match key {
        FunctionKey::Wasm(index) => match plan.module.function_name(index) {
            Some(name) if name.len() <= LONGEST_MANGLED => symbolic_demangle::demangle(&name).into_owned(),
            Some(name) => name.to_string(),
            None => format!("function {}", index.as_u32()),
        },
        _ => plan.shown(key),
    }
}

/// A name, or as much of it as is shown.
fn cut(name: &str) -> String {
    match name.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.into(),
    }
}

/// What a name begins with, in Rust and C++: `core` of `core::fmt::write` and of `<core::cell::Cell as Debug>::fmt`.
fn group(name: &str) -> String {
    let path = name.trim_start_matches(['<', '&', '*', '(', '[', ' ']);
    let path = path.strip_prefix("mut ").or(path.strip_prefix("dyn ")).unwrap_or(path);
    let first = path.split("::").next().filter(|first| first.len() < path.len());
    // The result of a template function of C++ stands before its name.
    let word = first.and_then(|first| first.rsplit(' ').next()).map(|word| word.trim_end_matches(['<', '(', '>']));
    cut(word.filter(|word| !word.is_empty()).unwrap_or(NO_PATH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_grouped_by_what_they_begin_with() {
        let names = ["core::fmt::write", "<&mut alloc::vec::Vec<T> as core::fmt::Debug>::fmt", "memcpy", "::", ""];
        assert_eq!(names.map(group), ["core", "alloc", NO_PATH, NO_PATH, NO_PATH]);
        assert_eq!(group("void std::sort<int*>(int*, int*)"), "std");
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        assert_eq!(cut(&"ä".repeat(LONGEST_NAME)).chars().count(), LONGEST_NAME);
        assert_eq!(cut(&"ä".repeat(LONGEST_NAME + 1)).chars().count(), LONGEST_NAME + 1);
    }
}
