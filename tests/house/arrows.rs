//! Who uses whom: the arrows between the modules of a crate, and circles of them.
//!
//! The arrows are those that paths in the source show (`use` lines, and paths in code). Methods that a type has from
//! another file are not seen, nor is what comments mention. Code for tests alone may use everything.
//!
//! Files that lie in one folder are compared with each other, with all that lies below each of them: seen from outside,
//! a module, its file `mod.rs` and its children are one room. `mod.rs` may use its children, and they may use what it
//! declares; how its children use each other is what counts. So the rooms of a crate are the children of its root, and
//! each room with children is looked at again by itself. `lib.rs` only maps the crate: nothing in the crate may use
//! what `lib.rs` itself defines.

use crate::modules::{Crate, Id, ROOT};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A line that uses another file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrow {
    pub file: String,
    pub line: usize,
    pub used: String,
}

impl fmt::Display for Arrow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} uses {}", self.file, self.line, self.used)
    }
}

/// The children of one module, and for each pair of them the first arrow from one to the other.
#[derive(Debug, Default)]
pub struct Level(pub BTreeMap<Id, BTreeMap<Id, Arrow>>);

/// The arrows of a crate.
#[derive(Debug, Default)]
pub struct Arrows {
    /// By the module whose children are compared.
    pub levels: BTreeMap<Id, Level>,
    /// To what the root itself defines.
    pub to_root: Vec<Arrow>,
}

impl Arrows {
    /// Those of a crate.
    pub fn of(krate: &Crate) -> Self {
        let mut arrows = Self::default();
        for (from, module) in krate.modules.iter().enumerate().filter(|(_, module)| !module.test) {
            for mention in &module.mentions {
                for to in krate.resolve(from, &mention.path).into_iter().filter(|&to| !krate.modules[to].test) {
                    arrows.add(krate, from, to, mention.line);
                }
            }
        }
        arrows
    }

    fn add(&mut self, krate: &Crate, from: Id, to: Id, line: usize) {
        let name = |id: Id| krate.modules[id].file.clone();
        let arrow = Arrow { file: name(from), line, used: name(to) };
        let (here, there) = (krate.chain(from), krate.chain(to));
        let common = here.iter().zip(&there).take_while(|(here, there)| here == there).count();
        if let (Some(&here), Some(&there)) = (here.get(common), there.get(common)) {
            let level = self.levels.entry(krate.chain(from)[common - 1]).or_default();
            level.0.entry(here).or_default().entry(there).or_insert(arrow);
        } else if to == ROOT && from != ROOT && !self.to_root.contains(&arrow) {
            self.to_root.push(arrow);
        }
    }

    /// All circles, of every level.
    pub fn circles(&self) -> Vec<Circle> {
        self.levels.values().flat_map(Level::circles).collect()
    }
}

/// Arrows of which each begins where the one before it ends, and the first where the last ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circle(pub Vec<Arrow>);

impl fmt::Display for Circle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a circle of {}:", self.0.len())?;
        self.0.iter().try_for_each(|arrow| write!(f, "\n    {arrow}"))
    }
}

impl Level {
    /// For every arrow that is part of a circle, the shortest such circle; each once.
    pub fn circles(&self) -> Vec<Circle> {
        let mut seen = BTreeSet::new();
        for (&from, targets) in &self.0 {
            for &to in targets.keys() {
                seen.extend(self.shortest_way(to, from).map(first_least));
            }
        }
        seen.iter().map(|nodes| self.circle(nodes)).collect()
    }

    fn circle(&self, nodes: &[Id]) -> Circle {
        let next = nodes.iter().cycle().skip(1);
        Circle(nodes.iter().zip(next).map(|(from, to)| self.0[from][to].clone()).collect())
    }

    /// The nodes on a shortest way, both ends included.
    fn shortest_way(&self, from: Id, to: Id) -> Option<Vec<Id>> {
        let mut ways = vec![vec![from]];
        let mut reached = BTreeSet::from([from]);
        while !ways.is_empty() {
            if let Some(way) = ways.iter().find(|way| way.last() == Some(&to)) {
                return Some(way.clone());
            }
            let mut longer = Vec::new();
            for way in &ways {
                let targets = way.last().and_then(|last| self.0.get(last));
                for &target in targets.into_iter().flat_map(BTreeMap::keys) {
                    if reached.insert(target) {
                        longer.push([&way[..], &[target]].concat());
                    }
                }
            }
            ways = longer;
        }
        None
    }
}

/// The same circle, begun at its least node.
fn first_least(mut nodes: Vec<Id>) -> Vec<Id> {
    let least = (0..nodes.len()).min_by_key(|&index| nodes[index]).unwrap_or(0);
    nodes.rotate_left(least);
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Files;

    /// The circles and the arrows to the root of a crate with these files.
    fn circles(sources: &[(&str, &str)]) -> Vec<String> {
        let files: Files = sources.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect();
        let arrows = Arrows::of(&Crate::read(&files, "lib.rs"));
        let circles = arrows.circles().into_iter().map(|circle| circle.0.iter().map(Arrow::to_string).collect());
        let circles = circles.map(|arrows: Vec<String>| arrows.join("; "));
        circles.chain(arrows.to_root.iter().map(Arrow::to_string)).collect()
    }

    #[test]
    fn arrows_one_way_make_no_circle() {
        let sources =
            [("lib.rs", "mod a; mod b; mod c;"), ("a.rs", "use crate::{b, c::C};"), ("b.rs", "use super::c;")];
        assert_eq!(circles(&[&sources[..], &[("c.rs", "pub struct C;")]].concat()), Vec::<String>::new());
    }

    #[test]
    fn a_circle_names_files_and_lines() {
        let sources = [
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "use std::io;\nuse crate::{\n    b::B,\n};"),
            ("b.rs", "fn f() { crate::c::g() }"),
            ("c.rs", "use super::a;"),
        ];
        assert_eq!(circles(&sources), ["a.rs:3 uses b.rs; b.rs:1 uses c.rs; c.rs:1 uses a.rs"]);
    }

    #[test]
    fn what_is_exported_again_counts_where_it_is_defined() {
        let sources = [
            ("lib.rs", "mod a; mod b; pub use a::A; pub use b::*;"),
            ("a.rs", "use crate::B as Other; pub struct A;"),
            ("b.rs", "use crate::A; pub struct B;"),
        ];
        assert_eq!(circles(&sources), ["a.rs:1 uses b.rs; b.rs:1 uses a.rs"]);
    }

    #[test]
    fn a_folder_and_its_children_are_one_room() {
        let sources = [
            ("lib.rs", "mod a; mod b;"),
            ("a/mod.rs", "mod x; mod y; pub struct A;"),
            ("a/x.rs", "use super::{A, y};"),
            ("a/y.rs", "use super::A; use crate::b;"),
            ("b.rs", "use crate::a::x;"),
        ];
        assert_eq!(circles(&sources), ["a/y.rs:1 uses b.rs; b.rs:1 uses a/x.rs"]);
    }

    #[test]
    fn children_of_a_folder_make_circles_too() {
        let sources = [
            ("lib.rs", "mod a;"),
            ("a/mod.rs", "mod x; mod y; use x::X; use y::Y;"),
            ("a/x.rs", "fn f(_: super::Y) {} pub struct X;"),
            ("a/y.rs", "use super::x::X; pub struct Y;"),
        ];
        assert_eq!(circles(&sources), ["a/x.rs:1 uses a/y.rs; a/y.rs:1 uses a/x.rs"]);
    }

    #[test]
    fn tests_and_comments_use_everything() {
        let sources = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "use crate::b;"),
            ("b.rs", "//! See [`crate::a`].\n#[cfg(test)]\nmod tests { use crate::a; }"),
        ];
        assert_eq!(circles(&sources), Vec::<String>::new());
    }

    #[test]
    fn names_of_other_crates_lead_out() {
        let sources = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "use other::other; use crate::b::B; fn f() { other::b::g() }"),
            ("b.rs", "use one::two as three; use three::one as two; use two::x; pub use ::a::B;"),
        ];
        assert_eq!(circles(&sources), Vec::<String>::new());
    }

    #[test]
    fn the_root_defines_nothing_for_others() {
        let sources = [("lib.rs", "mod a; pub struct Top;"), ("a.rs", "use crate::Top;")];
        assert_eq!(circles(&sources), ["a.rs:1 uses lib.rs"]);
    }

    #[test]
    fn a_module_with_a_file_for_each_system_uses_its_own() {
        let sources = [
            ("lib.rs", "mod sys; mod a;"),
            ("sys/mod.rs", "#[path = \"p/mod.rs\"]\nmod os;\n#[path = \"q/mod.rs\"]\nmod os;\npub use os::*;"),
            ("sys/p/mod.rs", "pub mod f; pub fn open() {}"),
            ("sys/p/f.rs", "use crate::sys::os::open;"),
            ("sys/q/mod.rs", "pub mod f; pub fn open() { crate::a::x() }"),
            ("sys/q/f.rs", "use super::open;"),
            ("a.rs", "use crate::sys::open; pub fn x() {}"),
        ];
        assert_eq!(circles(&sources), ["sys/q/mod.rs:1 uses a.rs; a.rs:1 uses sys/p/mod.rs"]);
    }
}
