//! Names of a module as people and tools see them.

use std::fmt::{self, Write as _};

/// Shows text of a module without what could be taken for something else: control characters, which terminals obey,
/// line breaks, which would forge a line, and what changes the direction of text, are written as `\n` or `\u{202e}`.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a>(pub &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '"' | '\'' | '\\' => to.write_char(character),
            _ => write!(to, "{}", character.escape_debug()),
        })
    }
}

/// As [`Shown`], for text of several lines.
pub fn lines(text: &str) -> String {
    text.split('\n').map(|line| Shown(line).to_string()).collect::<Vec<_>>().join("\n")
}
