//! `fixtures/expectations`: what the compiler makes of a module, as text that reviewers read. `cargo xtask bless`
//! rewrites it.
//!
//! A file begins with lines `;;! KEY = VALUE` (see [`Header`]) and ends with the expectation, as comments.

use crate::support::{Bench, check_all, finish, root, text, wasmc};
use object::read::{Object, ObjectSection, ObjectSymbol, Relocation, RelocationTarget};
use object::{RelocationFlags, SectionKind};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// What a file says of itself.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    /// The target to compile for. Its runtime is not needed.
    target: String,
    /// More options of the compiler.
    #[serde(default)]
    flags: String,
    /// What is expected.
    expect: Kind,
    /// The function whose text alone is expected, in place of all.
    function: Option<String>,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// Cranelift IR before optimisation.
    Clif,
    /// Machine code, as Cranelift writes it.
    Asm,
    /// Sections, symbols and relocations of the object.
    Object,
}

#[test]
fn the_compiler_makes_what_is_expected() {
    let folder = root().join("fixtures/expectations");
    let files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let bless = std::env::var_os("WASMC_BLESS").is_some();
    check_all(&files, |file| check(file, bless));
}

fn check(file: &Path, bless: bool) -> Result<(), String> {
    let source = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let (module, expected) = split(&source);
    let header: String =
        module.lines().filter_map(|line| line.strip_prefix(";;!")).map(|line| format!("{line}\n")).collect();
    let header: Header = toml::from_str(&header).map_err(|error| format!("{}: {error}", file.display()))?;
    let made = compile(file, &header)?;
    let made: String = made.trim_end().lines().map(|line| format!(";; {line}").trim_end().to_owned() + "\n").collect();
    if bless {
        return fs::write(file, format!("{module}\n\n{made}")).map_err(|error| format!("{}: {error}", file.display()));
    }
    match made.lines().zip(expected.lines().chain([""; 1])).find(|(made, expected)| made != expected) {
        _ if made == expected => Ok(()),
        Some((made, expected)) => Err(format!(
            "{}: `cargo xtask bless` makes the change the expectation. The first difference:\n- {expected}\n+ {made}",
            file.display()
        )),
        None => Err(format!("{}: the expectation goes on after what the compiler makes", file.display())),
    }
}

/// The module with its header, and the comment lines at the end.
fn split(source: &str) -> (&str, &str) {
    let mut end = source.len();
    for line in source.lines().rev().take_while(|line| line.starts_with(";;")) {
        end -= line.len() + 1;
    }
    (source[..end].trim_end(), &source[end..])
}

fn compile(file: &Path, header: &Header) -> Result<String, String> {
    let bench = Bench::new();
    let output = bench.path("output");
    let kind = match header.expect {
        Kind::Clif => "clif",
        Kind::Asm => "asm",
        Kind::Object => "obj",
    };
    let mut command = wasmc();
    command.arg(file).args(["--target", &header.target, "--emit", kind, "-o"]).arg(&output);
    let finished = finish(command.args(header.flags.split_whitespace()));
    if !finished.status.success() {
        return Err(format!("{}: {}", file.display(), text(&finished.stderr)));
    }
    let made = fs::read(output).map_err(|error| format!("{}: {error}", file.display()))?;
    let made = if header.expect == Kind::Object { layout(&made) } else { text(&made) };
    match &header.function {
        Some(name) => only(&made, name).ok_or_else(|| format!("{}: there is no function {name}", file.display())),
        None => Ok(made),
    }
}

/// The text of one function.
fn only(text: &str, function: &str) -> Option<String> {
    let is_title = |line: &&str| line.starts_with("; ");
    let wanted = |line: &&str| is_title(line) && line.ends_with(&format!(" {function}"));
    let lines: Vec<&str> = text.lines().skip_while(|line| !wanted(line)).collect();
    let (title, rest) = lines.split_first()?;
    let body = rest.iter().take_while(|line| !is_title(line));
    Some([title].into_iter().chain(body).fold(String::new(), |text, line| text + line + "\n"))
}

/// Sections with what lies in them by offset, symbols and relocations; tables of the object format are left out.
fn layout(object: &[u8]) -> String {
    let file = object::File::parse(object).expect("the object can be read");
    let mut text = String::new();
    for section in file.sections().filter(|section| section.kind() != SectionKind::Metadata) {
        let (name, kind) = (section.name().unwrap(), section.kind());
        writeln!(text, "section {name} {kind:?}: {} bytes, aligned to {}", section.size(), section.align()).unwrap();
        let symbols = file.symbols().filter(|symbol| symbol.section_index() == Some(section.index()));
        let symbols = symbols.filter(|symbol| symbol.name() != Ok("")).map(|symbol| {
            let scope = if symbol.is_global() { "global" } else { "local" };
            (symbol.address() - section.address(), format!("{scope} {}", symbol.name().unwrap()))
        });
        let relocations = section.relocations().map(|(offset, relocation)| {
            let target = target(&file, relocation.target());
            (offset, format!("-> {target}{:+} (type {})", relocation.addend(), type_of(&relocation)))
        });
        let mut lines: Vec<(u64, String)> = symbols.chain(relocations).collect();
        lines.sort();
        lines.iter().for_each(|(offset, line)| writeln!(text, "  {offset:#06x} {line}").unwrap());
    }
    let undefined = file.symbols().filter(ObjectSymbol::is_undefined).map(|symbol| symbol.name().unwrap().to_owned());
    let undefined: BTreeSet<String> = undefined.filter(|name| !name.is_empty()).collect();
    text + &undefined.iter().map(|name| format!("undefined {name}\n")).collect::<String>()
}

/// The number that the object format gives a relocation's type.
fn type_of(relocation: &Relocation) -> u32 {
    match relocation.flags() {
        RelocationFlags::Elf { r_type } => r_type.0,
        RelocationFlags::MachO { r_type, .. } => r_type.0.into(),
        other => panic!("{other:?} is of another format"),
    }
}

/// What a relocation refers to.
fn target(file: &object::File<'_>, target: RelocationTarget) -> String {
    let RelocationTarget::Symbol(index) = target else { panic!("{target:?} is no symbol") };
    let symbol = file.symbol_by_index(index).unwrap();
    match symbol.section_index() {
        Some(section) if symbol.name() == Ok("") => file.section_by_index(section).unwrap().name().unwrap().to_owned(),
        _ => symbol.name().unwrap().to_owned(),
    }
}
