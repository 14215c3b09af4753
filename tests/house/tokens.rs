//! Rust source to tokens: as much of its grammar as the rules need. Comments are left out.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An identifier, a keyword or a number.
    Word,
    /// A string literal; its text is what lies between the quotes.
    Text,
    /// `::`, or one character of punctuation.
    Mark,
}

/// A token and its line, counted from 1.
#[derive(Clone, Copy, Debug)]
pub struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    pub line: usize,
}

impl Token<'_> {
    /// Whether it is this word or mark.
    pub fn is(&self, text: &str) -> bool {
        self.kind != Kind::Text && self.text == text
    }
}

/// The tokens of a file.
pub fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut lexer = Lexer { source, at: 0, line: 1, tokens: Vec::new() };
    while lexer.at < source.len() {
        lexer.next();
    }
    lexer.tokens
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
    line: usize,
    tokens: Vec<Token<'a>>,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    fn next(&mut self) {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return };
        if first.is_whitespace() {
            self.skip(first.len_utf8());
        } else if rest.starts_with("//") {
            self.skip(rest.find('\n').unwrap_or(rest.len()));
        } else if rest.starts_with("/*") {
            self.skip(block_comment(rest));
        } else if first == '"' {
            self.string(0);
        } else if first == '\'' {
            self.skip(character_or_tick(rest));
        } else if is_word(first) {
            self.word();
        } else {
            let length = if rest.starts_with("::") { 2 } else { first.len_utf8() };
            self.push(Kind::Mark, &rest[..length]);
            self.skip(length);
        }
    }

    /// A word, or the literal that it is the prefix of.
    fn word(&mut self) {
        let rest = self.rest();
        let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        let hashes = after.len() - after.trim_start_matches('#').len();
        let quoted = after[hashes..].starts_with('"');
        match word {
            "r" | "br" | "cr" if quoted => self.raw_string(length, hashes),
            "b" | "c" if after.starts_with('"') => self.string(length),
            "b" if after.starts_with('\'') => self.skip(length + character_or_tick(after)),
            "r" if hashes == 1 => self.skip(2), // a raw identifier: the word follows
            _ => {
                self.push(Kind::Word, word);
                self.skip(length);
            }
        }
    }

    /// A string literal with escapes, after a prefix.
    fn string(&mut self, prefix: usize) {
        let text = &self.rest()[prefix + 1..];
        let mut escaped = false;
        let end = text.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let end = end.unwrap_or(text.len());
        self.push(Kind::Text, &text[..end]);
        self.skip((prefix + end + 2).min(self.rest().len()));
    }

    fn raw_string(&mut self, prefix: usize, hashes: usize) {
        let text = &self.rest()[prefix + hashes + 1..];
        let quote = format!("\"{}", "#".repeat(hashes));
        let end = text.find(&quote).unwrap_or(text.len());
        self.push(Kind::Text, &text[..end]);
        self.skip((prefix + hashes + 1 + end + quote.len()).min(self.rest().len()));
    }

    fn push(&mut self, kind: Kind, text: &'a str) {
        self.tokens.push(Token { kind, text, line: self.line });
    }

    fn skip(&mut self, bytes: usize) {
        self.line += self.rest()[..bytes].matches('\n').count();
        self.at += bytes;
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Bytes of the block comment at the start of `text`; such comments nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// Bytes of the character literal at the start of `text`, or of the tick of a lifetime.
fn character_or_tick(text: &str) -> usize {
    let mut characters = text.char_indices().skip(1);
    match characters.next() {
        Some((_, '\\')) => {
            characters.next();
            characters.find(|(_, c)| *c == '\'').map_or(text.len(), |(end, _)| end + 1)
        }
        Some(_) => match characters.next() {
            Some((end, '\'')) => end + 1,
            _ => 1,
        },
        None => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(source: &str) -> Vec<&str> {
        tokens(source).iter().map(|token| token.text).collect()
    }

    #[test]
    fn comments_are_left_out() {
        assert_eq!(words("a // b\n/* c /* d */ e */ f"), ["a", "f"]);
    }

    #[test]
    fn literals_hold_no_tokens() {
        assert_eq!(
            words(r##"a("b \" :: c", r#"d "e""#, '"', b'\'', 'f') g"##),
            ["a", "(", r#"b \" :: c"#, ",", r#"d "e""#, ",", ",", ",", ")", "g"]
        );
    }

    #[test]
    fn lifetimes_are_no_literals() {
        assert_eq!(words("fn f<'a>(x: &'a str)"), ["fn", "f", "<", "a", ">", "(", "x", ":", "&", "a", "str", ")"]);
    }

    #[test]
    fn lines_count_those_of_literals() {
        let lines: Vec<usize> = tokens("a\n\"b\nc\" d").iter().map(|token| token.line).collect();
        assert_eq!(lines, [1, 2, 3]);
    }

    #[test]
    fn paths_are_cut_at_colons() {
        assert_eq!(words("r#type::x"), ["type", "::", "x"]);
    }
}
