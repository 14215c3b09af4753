//! How long lines, functions and files may be, and what they may not mention.

use crate::files::Files;
use crate::tokens::{Kind, Token, tokens};

/// Columns of a line.
const LINE: usize = 120;
/// Lines of a function, from its `fn` to its last brace.
const FUNCTION: usize = 90;
/// Lines of a file.
const FILE: usize = 400;

/// What precedes the reason for a file or function that is longer: in the comment at the top of the file, or right
/// above the function.
const REASON: &str = "Long because ";
/// What comes right above a function that is a table, and says of what.
const TABLE: &str = "Table: ";

/// Languages in which files can be too long: those of programs, not of tables and text.
const CODE: [&str; 6] = ["rs", "ld", "sh", "c", "h", "py"];
/// Tables and text.
const OTHERS: [&str; 2] = ["toml", "md"];
/// Files that programs write.
const GENERATED: [&str; 2] = ["tests/wast/results.md", "Cargo.lock"];
/// Folders of one person's or one machine's, which nothing may depend on.
const MACHINE_PATHS: [&str; 4] = ["/home/", "/root/", "/Users/", "/work/"];

/// A rule that a file breaks.
pub type Complaint = String;

/// All complaints about the texts of the repository.
pub fn complaints(files: &Files) -> Vec<Complaint> {
    let ours = files.iter().filter(|(name, _)| !GENERATED.iter().any(|generated| name.ends_with(generated)));
    ours.flat_map(|(name, text)| {
        let language = name.rsplit_once('.').map_or("", |(_, language)| language);
        let mut complaints = Vec::new();
        // The numbers of lines of fixtures in C are in the modules made from them, which a break would change.
        let is_numbered = name.starts_with("fixtures/") && matches!(language, "c" | "h");
        if (CODE.contains(&language) || OTHERS.contains(&language)) && !is_numbered {
            complaints.extend(long_lines(name, text, language));
        }
        if CODE.contains(&language) || OTHERS.contains(&language) {
            complaints.extend(machine_paths(name, text));
        }
        if CODE.contains(&language) {
            complaints.extend(long_file(name, text));
        }
        if language == "rs" {
            complaints.extend(long_functions(name, text));
        }
        complaints
    })
    .collect()
}

fn long_lines(name: &str, text: &str, language: &str) -> Vec<Complaint> {
    let exempt = |line: &str| language == "md" && (line.starts_with('|') || line.contains("]("));
    let long = |line: &str| line.chars().count() > LINE && !exempt(line);
    let lines = text.lines().enumerate().filter(|(_, line)| long(line));
    lines.map(|(index, line)| format!("{name}:{}: {} columns", index + 1, line.chars().count())).collect()
}

fn machine_paths(name: &str, text: &str) -> Vec<Complaint> {
    // Here they are named.
    if name.starts_with("tests/house/") {
        return Vec::new();
    }
    let lines = text.lines().enumerate();
    let found =
        lines.filter_map(|(index, line)| Some((index, MACHINE_PATHS.iter().find(|path| line.contains(**path))?)));
    found.map(|(index, path)| format!("{name}:{}: a path in {path}", index + 1)).collect()
}

fn long_file(name: &str, text: &str) -> Option<Complaint> {
    let lines = text.lines().count();
    let head = text.lines().take_while(|line| is_comment(line) || line.trim().is_empty());
    let explained = head.into_iter().any(|line| line.contains(REASON));
    (lines > FILE && !explained).then(|| format!("{name}: {lines} lines; say `{REASON}...` at its top, or divide it"))
}

fn is_comment(line: &str) -> bool {
    ["//", "#", "/*", "*", "\"\"\""].iter().any(|start| line.trim_start().starts_with(start))
}

fn long_functions(name: &str, text: &str) -> Vec<Complaint> {
    let tokens = tokens(text);
    let lines: Vec<&str> = text.lines().collect();
    let mut complaints = Vec::new();
    for (index, pair) in tokens.windows(2).enumerate() {
        let (keyword, function) = (pair[0], pair[1]);
        if !keyword.is("fn") || function.kind != Kind::Word {
            continue;
        }
        let length = last_line(&tokens[index..]).map_or(0, |last| last + 1 - keyword.line);
        if length > FUNCTION && !is_explained(&lines[..keyword.line - 1]) {
            let (line, function) = (keyword.line, function.text);
            complaints.push(format!("{name}:{line}: `{function}` has {length} lines"));
        }
    }
    complaints
}

/// The line of the brace that ends the first body in `tokens`; `None` where a declaration has no body.
fn last_line(tokens: &[Token<'_>]) -> Option<usize> {
    let (mut parentheses, mut braces) = (0, 0);
    for token in tokens.iter().filter(|token| token.kind == Kind::Mark) {
        match token.text {
            "(" | "[" => parentheses += 1,
            ")" | "]" => parentheses -= 1,
            "{" => braces += 1,
            "}" => {
                braces -= 1;
                if braces == 0 && parentheses == 0 {
                    return Some(token.line);
                }
            }
            ";" if braces == 0 && parentheses == 0 => return None,
            _ => {}
        }
    }
    None
}

/// Whether comments or attributes at the end of `above` say why a function is long: it is a table, assembly, or else.
fn is_explained(above: &[&str]) -> bool {
    let head = above.iter().rev().take_while(|line| is_comment(line));
    head.into_iter().any(|line| [REASON, TABLE, "naked"].iter().any(|reason| line.contains(reason)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, text: &str) -> Vec<Complaint> {
        complaints(&Files::from([(name.to_string(), text.to_string())]))
    }

    #[test]
    fn lines_have_120_columns() {
        assert_eq!(check("a.rs", &format!("// {}\n", "ü".repeat(117))), Vec::<String>::new());
        assert_eq!(check("a.rs", &format!("\n// {}\n", "ü".repeat(118))), ["a.rs:2: 121 columns"]);
        assert_eq!(check("a.wat", &"x".repeat(200)), Vec::<String>::new());
    }

    #[test]
    fn tables_and_links_of_documents_are_as_long_as_they_must_be() {
        let long = "x".repeat(200);
        assert_eq!(check("a.md", &format!("| {long} |\n[a]({long})\n")), Vec::<String>::new());
        assert_eq!(check("a.md", &long), ["a.md:1: 200 columns"]);
        assert_eq!(check("tests/wast/results.md", &long), Vec::<String>::new());
    }

    #[test]
    fn files_have_400_lines_or_a_reason() {
        let lines = "x\n".repeat(400);
        assert_eq!(check("a.c", &lines), Vec::<String>::new());
        assert_eq!(
            check("a.c", &format!("x\n{lines}")),
            ["a.c: 401 lines; say `Long because ...` at its top, or divide it"]
        );
        assert_eq!(check("a.c", &format!("/* A\n * Long because of b.\n */\n{lines}")), Vec::<String>::new());
        assert_eq!(check("a.c", &format!("{lines}// Long because of b.\n")).len(), 1);
    }

    #[test]
    fn functions_have_90_lines_or_are_tables() {
        let function = |lines: usize| format!("fn f(x: [u8; 2]) -> T {{\n{}}}\n", "x;\n".repeat(lines - 2));
        assert_eq!(check("a.rs", &function(90)), Vec::<String>::new());
        assert_eq!(check("a.rs", &format!("\n{}", function(91))), ["a.rs:2: `f` has 91 lines"]);
        assert_eq!(check("a.rs", &format!("// Table: of x.\n#[inline]\n{}", function(91))), Vec::<String>::new());
        assert_eq!(check("a.rs", &format!("// Table: of x.\nstruct S;\n{}", function(91))).len(), 1);
        assert_eq!(check("a.rs", &format!("fn g();\ntype F = fn(u8);\n{}", "x\n".repeat(100))), Vec::<String>::new());
    }

    #[test]
    fn paths_of_one_machine_are_refused() {
        assert_eq!(check("a.sh", "cd /home/me\n"), ["a.sh:1: a path in /home/"]);
    }
}
