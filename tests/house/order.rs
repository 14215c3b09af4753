//! The order of rooms, as `compiler/ARCHITECTURE.md` shows it: the lines of its block `arrows`.
//!
//! ```text
//! codegen: emit, optimize -> glue, translate
//!          -> lower
//! crates:  driver -> codegen -> abi
//! ```
//!
//! A room may use those to its right, at any distance, and none to its left nor beside it. A line that begins with a
//! space goes on with the one before it. With several lines for a crate, what one of them allows is allowed. A crate
//! with such a line names all its rooms. `crates` are those of the workspace, by the names of their folders.

use crate::arrows::Arrow;
use std::collections::{BTreeMap, BTreeSet};

/// Where the order stands.
pub const DOCUMENT: &str = "compiler/ARCHITECTURE.md";
/// What its block begins with.
const BLOCK: &str = "```arrows";

/// The lines of one crate; each is a list of groups, from left to right.
#[derive(Debug, Default)]
pub struct Order(Vec<Vec<Vec<String>>>);

/// The order of every crate that the document shows.
///
/// # Errors
/// Where there is no such block, or a line of it is not as it should be.
pub fn orders(document: &str) -> Result<BTreeMap<String, Order>, String> {
    let mut orders: BTreeMap<String, Order> = BTreeMap::new();
    let lines = document.lines().skip_while(|line| *line != BLOCK).skip(1).take_while(|line| !line.starts_with("```"));
    let block = lines.collect::<Vec<_>>().join("\n").replace("\n ", " ");
    for line in block.lines().filter(|line| !line.is_empty()) {
        let (name, chain) = line.split_once(':').ok_or(format!("{DOCUMENT}: `{line}` names no crate"))?;
        let group = |group: &str| group.split(',').map(|room| room.trim().to_string()).collect::<Vec<_>>();
        let groups: Vec<_> = chain.split("->").map(group).collect();
        if groups.iter().flatten().any(String::is_empty) {
            return Err(format!("{DOCUMENT}: a name is missing in `{line}`"));
        }
        orders.entry(name.trim().to_string()).or_default().0.push(groups);
    }
    if orders.is_empty() { Err(format!("{DOCUMENT} has no block `arrows`")) } else { Ok(orders) }
}

impl Order {
    /// Whether `from` may use `to`.
    fn allows(&self, from: &str, to: &str) -> bool {
        let place =
            |line: &[Vec<String>], room: &str| line.iter().position(|group| group.iter().any(|name| name == room));
        self.0.iter().any(|line| match (place(line, from), place(line, to)) {
            (Some(from), Some(to)) => from < to,
            _ => false,
        })
    }

    /// What is wrong with arrows between rooms.
    pub fn complaints<'a>(
        &self,
        rooms: &BTreeSet<&str>,
        arrows: impl Iterator<Item = (&'a str, &'a str, &'a Arrow)>,
    ) -> Vec<String> {
        let named: BTreeSet<&str> = self.0.iter().flatten().flatten().map(String::as_str).collect();
        let missing = rooms.difference(&named).map(|room| format!("{DOCUMENT} does not say where `{room}` stands"));
        let gone = named.difference(rooms).map(|room| format!("{DOCUMENT} names `{room}`, which does not exist"));
        let known = |room: &str| named.contains(room);
        let wrong = arrows
            .filter(|(from, to, _)| known(from) && known(to) && !self.allows(from, to))
            .map(|(from, to, arrow)| format!("`{from}` must not use `{to}`: {arrow}"));
        missing.chain(gone).chain(wrong).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(lines: &str) -> Order {
        let document = format!("text\n```arrows\n{lines}\n```\nx: y -> z\n");
        let mut orders = orders(&document).unwrap();
        assert_eq!(orders.len(), 1);
        orders.remove("k").unwrap()
    }

    fn complaints(order: &Order, rooms: &[&str], arrows: &[(&str, &str)]) -> Vec<String> {
        let arrow = Arrow { file: "f".into(), line: 1, used: "g".into() };
        order.complaints(&rooms.iter().copied().collect(), arrows.iter().map(|&(from, to)| (from, to, &arrow)))
    }

    #[test]
    fn arrows_point_to_the_right() {
        let order = order("k: a, b -> c\n   -> d");
        let rooms = ["a", "b", "c", "d"];
        assert_eq!(complaints(&order, &rooms, &[("a", "c"), ("b", "d"), ("c", "d")]), Vec::<String>::new());
        let upwards = complaints(&order, &rooms, &[("d", "a"), ("a", "b")]);
        assert_eq!(upwards, ["`d` must not use `a`: f:1 uses g", "`a` must not use `b`: f:1 uses g"]);
    }

    #[test]
    fn a_further_line_allows_more() {
        let order = order("k: a, b -> c\nk: a -> b");
        assert_eq!(complaints(&order, &["a", "b", "c"], &[("a", "b")]), Vec::<String>::new());
        assert_eq!(complaints(&order, &["a", "b", "c"], &[("b", "a")]).len(), 1);
    }

    #[test]
    fn every_room_has_its_place() {
        let order = order("k: a -> b");
        assert_eq!(
            complaints(&order, &["a", "c"], &[("a", "c")]),
            [
                "compiler/ARCHITECTURE.md does not say where `c` stands",
                "compiler/ARCHITECTURE.md names `b`, which does not exist"
            ]
        );
    }

    #[test]
    fn a_document_without_an_order_is_refused() {
        assert!(orders("nothing").is_err());
        assert!(orders("```arrows\na -> b\n```").is_err());
        assert!(orders("```arrows\nk: a -> \n```").is_err());
    }
}
