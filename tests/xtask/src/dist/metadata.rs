//! What cargo says about the packages of the workspace and what they depend on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::process;
use crate::workspaces::cargo;

/// The output of `cargo metadata`, as far as it is read here.
#[derive(Deserialize)]
pub struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
    pub target_directory: PathBuf,
}

#[derive(Deserialize)]
pub struct Package {
    id: String,
    pub name: String,
    pub version: String,
    pub description: Option<String>,
    pub license: Option<String>,
    pub repository: Option<String>,
    /// None for what lies in the repository.
    pub source: Option<String>,
    pub manifest_path: PathBuf,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    /// None for what is linked with, as opposed to `dev` and `build`.
    kind: Option<String>,
}

impl Metadata {
    /// Asks cargo, with more `arguments`.
    pub fn read(arguments: &[&str]) -> Result<Self> {
        let mut cargo = cargo();
        cargo.args(["metadata", "--format-version", "1", "--locked"]).args(arguments);
        serde_json::from_slice(&process::tool(cargo)?.stdout).context("reading the output of `cargo metadata`")
    }

    /// The package called `name` in the workspace.
    pub fn package(&self, name: &str) -> Result<&Package> {
        let found = self.members().find(|package| package.name == name);
        found.with_context(|| format!("the workspace has no package {name}"))
    }

    /// The packages of the workspace.
    pub fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.source.is_none())
    }

    /// What is linked with the package called `name`, itself included, sorted.
    pub fn linked(&self, name: &str) -> Result<Vec<&Package>> {
        let nodes: BTreeMap<&str, &Node> = self.resolve.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
        let mut found = BTreeSet::new();
        let mut open = vec![self.package(name)?.id.as_str()];
        while let Some(id) = open.pop() {
            if found.insert(id) {
                let linked = |dependency: &&Dependency| dependency.dep_kinds.iter().any(|kind| kind.kind.is_none());
                open.extend(nodes[id].deps.iter().filter(linked).map(|dependency| dependency.pkg.as_str()));
            }
        }
        let mut packages: Vec<_> = self.packages.iter().filter(|package| found.contains(package.id.as_str())).collect();
        packages.sort_by_key(|package| (&package.name, &package.version));
        Ok(packages)
    }
}
