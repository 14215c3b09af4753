//! Components in text format: composed ones of `fixtures/components`, and core modules of `fixtures/preview2` that
//! import functions of WASI 0.2. Each says in lines that begin with `;;!` what it is given and what it must do.

// The tests make the same components of these modules.
#[path = "../../../integration/preview2/text.rs"]
mod text;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::program::{Check, Program};
use crate::manifest;

/// Composed components, by what they show.
const COMPOSED: [(&str, &str); 4] = [
    ("strings in every pair of encodings", "strings"),
    ("resources", "resources"),
    ("shared memories and tables", "linked"),
    ("a handle that is dropped twice", "handle_dropped_twice"),
];

/// Modules that call WASI, by what they show.
const OF_WASI: [(&str, &str); 6] = [
    ("TCP with itself", "tcp"),
    ("UDP with itself", "udp"),
    ("addresses as names", "names"),
    ("files", "files"),
    ("chance and clocks", "random_clocks"),
    ("streams", "streams"),
];

/// The programs.
pub fn programs() -> Result<Vec<Program>> {
    let fixtures = manifest::root().join("fixtures");
    let mut programs = Vec::new();
    for (what, name) in COMPOSED {
        let source = read(&fixtures.join("components").join(name).with_extension("wat"))?;
        programs.push(program(format!("composed: {what}"), &source, |source, _| source.to_owned())?);
    }
    for (what, name) in OF_WASI {
        let source = read(&fixtures.join("preview2").join(name).with_extension("wat"))?;
        programs.push(program(format!("WASI 0.2: {what}"), &source, text::component)?);
    }
    Ok(programs)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}

fn program(name: String, source: &str, make: fn(&str, &str) -> String) -> Result<Program> {
    let mut encoding = "utf8";
    let (mut options, mut files, mut check) = (Vec::new(), Vec::new(), Check::default());
    for line in source.lines().filter_map(|line| line.strip_prefix(";;! ")) {
        let (word, rest) = line.split_once(' ').context("a word and a value")?;
        match word {
            "encoding" => encoding = rest,
            "option" => options.push(rest.to_owned()),
            // What can be granted when a program starts, can be when it is compiled.
            "grant" => options.extend(rest.split(' ').map(str::to_owned)),
            "file" => {
                let (name, text) = rest.split_once(' ').context("a name and what the file holds")?;
                files.push((name.to_owned(), text.to_owned()));
            }
            "stdin" => check.stdin.extend(format!("{rest}\n").bytes()),
            "stdout" => check.stdout.extend(format!("{rest}\n").bytes()),
            "status" => check.status = rest.parse()?,
            // What is said is for the tests alone.
            "stderr" => {}
            other => bail!("{name}: unknown word {other}"),
        }
    }
    let component = make(source, encoding);
    let build = move |path: &Path| {
        fs::write(path, &component)?;
        Ok(None)
    };
    Ok(Program { options, files, checks: vec![check], ..Program::new(name, "text", build) })
}
