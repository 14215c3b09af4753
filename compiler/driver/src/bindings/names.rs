//! Identifiers for what a module calls otherwise.

use std::collections::HashSet;

/// Identifiers in one scope, none of them twice.
#[derive(Debug, Default)]
pub struct Names {
    taken: HashSet<String>,
}

impl Names {
    /// A scope in which these names are taken.
    pub fn new(taken: &[&str]) -> Self {
        Self { taken: taken.iter().map(|&name| name.to_string()).collect() }
    }

    /// An identifier for `name`: with `_` for whatever no identifier has, and a number behind it where it is taken.
    pub fn identifier(&mut self, name: &str) -> String {
        let allowed = |character: char| if character.is_ascii_alphanumeric() { character } else { '_' };
        let mut identifier: String = name.chars().map(allowed).collect();
        if identifier.chars().all(|character| character == '_') {
            identifier.insert(0, 'x');
        }
        if identifier.starts_with(|first: char| first.is_ascii_digit()) {
            identifier.insert(0, '_');
        }
        let numbered = (2..).map(|number| format!("{identifier}_{number}"));
        let mut candidates = std::iter::once(identifier.clone()).chain(numbered);
        let free = candidates.find(|candidate| !self.taken.contains(candidate)).expect("numbers do not end");
        self.taken.insert(free.clone());
        free
    }
}

/// Words that nothing can be called by.
pub const RUST_WORDS: &[&str] = &[
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super",
    "trait", "true", "try", "type", "typeof", "union", "unsafe", "unsized", "use", "virtual", "where", "while",
    "yield",
];

/// Names that the types of bindings have anyway.
pub const RUST_NAMES: &[&str] = &[
    "new",
    "with_options",
    "host",
    "host_mut",
    "into_host",
    "restore",
    "restore_with_options",
    "snapshot",
    "wait_for",
    "guest",
    "fuel",
    "interrupter",
    "prepare",
    "cast_ref",
    "is_same_ref",
];

/// Names of types that bindings in Rust use anyway.
pub const RUST_TYPES: &[&str] =
    &["Guest", "Imports", "Instance", "Option", "Result", "Self", "Sized", "T", "Some", "None", "Ok", "Err"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_distinct_and_none_is_taken() {
        let mut names = Names::new(&["fn", "new"]);
        let made = ["add", "add", "fn", "a-b", "a.b", "1st", "", "new"].map(|name| names.identifier(name));
        assert_eq!(made, ["add", "add_2", "fn_2", "a_b", "a_b_2", "_1st", "x", "new_2"]);
    }
}
