//! The rules of the house: how the sources are arranged, that documents tell the truth about them, and how long things
//! may be. Each rule is explained where it is checked:
//!
//! - [`arrows`]: who uses whom, without circles; [`order`]: in which direction,
//! - [`text`]: lengths of lines, functions and files,
//! - [`documents`]: names of files in documents.
//!
//! `cargo test --release -p wasmc-house` takes seconds: it builds nothing of the compiler.

mod arrows;
mod documents;
mod files;
mod modules;
mod order;
mod text;
mod tokens;
mod workspace;

use arrows::Arrows;
use files::Files;
use modules::{Crate, ROOT};
use std::collections::BTreeSet;

fn expect_none(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

/// Every crate of the repository: the name of its package, whether it is the package's first, its modules and arrows.
fn crates(files: &Files) -> Vec<(String, bool, Crate, Arrows)> {
    let mut crates = Vec::new();
    for package in workspace::packages(files) {
        assert!(!package.roots.is_empty(), "{} has no sources", package.name);
        for (index, root) in package.roots.iter().enumerate() {
            let krate = Crate::read(files, root);
            let arrows = Arrows::of(&krate);
            crates.push((package.name.clone(), index == 0, krate, arrows));
        }
    }
    crates
}

#[test]
fn no_modules_use_each_other_in_circles() {
    let mut complaints = Vec::new();
    for (name, _, _, arrows) in crates(&files::repository()) {
        complaints.extend(arrows.circles().iter().map(|circle| format!("{name}: {circle}")));
        complaints.extend(arrows.to_root.iter().map(|arrow| format!("{name}: its root is not for use: {arrow}")));
    }
    expect_none(complaints);
}

#[test]
fn rooms_keep_their_order() {
    let files = files::repository();
    let orders = order::orders(&files[order::DOCUMENT]).unwrap();
    let mut complaints = Vec::new();
    let mut checked = BTreeSet::from(["crates".to_string()]);
    for (name, _, krate, arrows) in crates(&files).into_iter().filter(|(_, first, ..)| *first) {
        let Some(order) = orders.get(&name) else { continue };
        let room = |id: usize| krate.modules[id].name.as_str();
        let children = krate.modules[ROOT].children.iter().filter(|&&id| !krate.modules[id].test);
        let rooms = children.map(|&id| room(id)).collect();
        let level = arrows.levels.get(&ROOT).into_iter().flat_map(|level| &level.0);
        let between = level.flat_map(|(&from, to)| to.iter().map(move |(&to, arrow)| (room(from), room(to), arrow)));
        complaints.extend(order.complaints(&rooms, between).into_iter().map(|text| format!("{name}: {text}")));
        checked.insert(name);
    }
    let unknown = orders.keys().filter(|name| !checked.contains(*name));
    complaints
        .extend(unknown.map(|name| format!("{} names the crate `{name}`, which does not exist", order::DOCUMENT)));
    expect_none(complaints);
}

#[test]
fn crates_keep_their_order() {
    let files = files::repository();
    let packages = workspace::packages(&files);
    let orders = order::orders(&files[order::DOCUMENT]).unwrap();
    let names = packages.iter().map(|package| package.name.as_str()).collect();
    expect_none(orders["crates"].complaints(&names, workspace::arrows(&packages)));
}

#[test]
fn lengths_are_kept() {
    expect_none(text::complaints(&files::repository()));
}

#[test]
fn files_named_in_documents_exist() {
    expect_none(documents::complaints(&files::repository()));
}
