//! Licences of dependencies: each must be one of those that `deny.toml` allows. `cargo deny check` reads the same file
//! and checks more; it is not needed here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::manifest;
use crate::process;
use crate::workspaces::{WORKSPACES, cargo_in};

/// The part of `deny.toml` that is read here.
#[derive(Deserialize)]
struct Deny {
    licenses: Licences,
}

#[derive(Deserialize)]
struct Licences {
    allow: BTreeSet<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
}

/// A package that may have licences of its own.
#[derive(Deserialize)]
struct Exception {
    name: String,
    allow: BTreeSet<String>,
}

/// Fails with every dependency, of any workspace and for any target, whose licence is not allowed.
pub fn check() -> Result<()> {
    let text = fs::read_to_string(manifest::root().join("deny.toml")).context("reading deny.toml")?;
    let Deny { licenses } = toml::from_str(&text).context("reading deny.toml")?;
    let mut refused = BTreeSet::new();
    let packages = packages()?;
    ensure!(!packages.is_empty(), "cargo lists no dependencies");
    for (package, expression) in &packages {
        let exception = licenses.exceptions.iter().find(|exception| exception.name == *package);
        let also = exception.map(|exception| &exception.allow);
        let allowed =
            |licence: &str| licenses.allow.contains(licence) || also.is_some_and(|also| also.contains(licence));
        if !is_satisfied(expression, &allowed).with_context(|| format!("the licence of {package}"))? {
            refused.insert(format!("{package}: {expression}"));
        }
    }
    let refused: Vec<String> = refused.into_iter().collect();
    ensure!(refused.is_empty(), "deny.toml does not allow these licences:\n{}", refused.join("\n"));
    println!("licences of {} packages are allowed", packages.len());
    Ok(())
}

/// Names of all packages with their licence expressions.
fn packages() -> Result<BTreeMap<String, String>> {
    let mut packages = BTreeMap::new();
    for folder in WORKSPACES {
        let mut cargo = cargo_in(folder);
        cargo.args([
            "tree",
            "--workspace",
            "--all-features",
            "--target=all",
            "--edges=all",
            "--prefix=none",
            "--no-dedupe",
        ]);
        cargo.args(["--locked", "--format={p}\t{l}"]);
        let listed = process::tool(cargo)?.stdout;
        for line in String::from_utf8(listed)?.lines() {
            let Some((package, licence)) = line.split_once('\t') else { continue };
            let name = package.split(' ').next().unwrap_or(package);
            let is_ours = package.contains(&*manifest::root().to_string_lossy());
            if !is_ours {
                packages.insert(name.to_owned(), licence.to_owned());
            }
        }
    }
    Ok(packages)
}

/// Whether the SPDX expression holds where `allowed` says which licences are.
fn is_satisfied(expression: &str, allowed: &dyn Fn(&str) -> bool) -> Result<bool> {
    // Older manifests separate alternatives by a slash.
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words: Vec<&str> = spaced.split_whitespace().rev().collect();
    let satisfied = alternatives(&mut words, allowed)?;
    ensure!(words.is_empty(), "`{expression}` is not an SPDX expression");
    Ok(satisfied)
}

/// `conjunction OR conjunction ...`. The words come from the end of the list.
fn alternatives(words: &mut Vec<&str>, allowed: &dyn Fn(&str) -> bool) -> Result<bool> {
    let mut satisfied = conjunction(words, allowed)?;
    while words.pop_if(|word| *word == "OR").is_some() {
        satisfied |= conjunction(words, allowed)?;
    }
    Ok(satisfied)
}

/// `licence AND licence ...`, each of which may be an expression in parentheses.
fn conjunction(words: &mut Vec<&str>, allowed: &dyn Fn(&str) -> bool) -> Result<bool> {
    let mut satisfied = licence(words, allowed)?;
    while words.pop_if(|word| *word == "AND").is_some() {
        satisfied &= licence(words, allowed)?;
    }
    Ok(satisfied)
}

fn licence(words: &mut Vec<&str>, allowed: &dyn Fn(&str) -> bool) -> Result<bool> {
    match words.pop() {
        Some("(") => {
            let satisfied = alternatives(words, allowed)?;
            ensure!(words.pop() == Some(")"), "a parenthesis is not closed");
            Ok(satisfied)
        }
        None | Some("OR" | "AND" | "WITH" | ")") => bail!("a licence is missing"),
        Some(name) if words.pop_if(|word| *word == "WITH").is_some() => {
            let exception = words.pop().context("an exception is missing after WITH")?;
            Ok(allowed(&format!("{name} WITH {exception}")))
        }
        Some(name) => Ok(allowed(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::is_satisfied;

    fn holds(expression: &str) -> bool {
        is_satisfied(expression, &|licence| ["MIT", "Zlib", "Apache-2.0 WITH LLVM-exception"].contains(&licence))
            .unwrap()
    }

    #[test]
    fn one_alternative_is_enough() {
        assert!(holds("MIT"));
        assert!(holds("GPL-3.0 OR MIT"));
        assert!(holds("MIT/Apache-2.0") && holds("Apache-2.0 / MIT"));
        assert!(!holds("GPL-3.0 OR Apache-2.0"));
    }

    #[test]
    fn everything_of_a_conjunction_is_needed() {
        assert!(holds("MIT AND Zlib"));
        assert!(!holds("MIT AND Unicode-3.0"));
        assert!(holds("GPL-3.0 AND Unicode-3.0 OR MIT"), "AND binds closer");
        assert!(!holds("(GPL-3.0 OR MIT) AND Unicode-3.0"));
    }

    #[test]
    fn a_licence_with_an_exception_is_another_licence() {
        assert!(holds("Apache-2.0 WITH LLVM-exception"));
        assert!(!holds("Apache-2.0 WITH Classpath-exception-2.0"));
    }

    #[test]
    fn what_is_no_expression_is_an_error() {
        for expression in ["", "MIT OR", "(MIT", "MIT)", "MIT Zlib", "Apache-2.0 WITH"] {
            assert!(is_satisfied(expression, &|_| true).is_err(), "{expression}");
        }
    }
}
