//! WASI 0.2 of components that are libraries: what the crate for embedders does is what programs do.

use super::check;
use super::hosts::{guests, rust_host};
use crate::preview2::{case, check_started};
use crate::support::{check_all, finish, root};
use std::process::Command;

/// What messages of programs say, and those of libraries in place of it: these have no numbers.
const SAID: &[(&str, &str)] = &[
    ("unknown handle index ", "unknown handle index"),
    ("handle index 1 used", "handle index used"),
    ("unexpected discriminant: ", "invalid variant discriminant"),
    ("string pointer not aligned", "string pointer is not aligned"),
    ("pointer not aligned", "unaligned pointer"),
];

#[test]
fn each_instance_has_what_its_host_grants() {
    check(&finish(&mut Command::new(rust_host("granted"))));
}

#[test]
fn functions_do_in_libraries_what_they_do_in_programs() {
    let host = rust_host("preview2");
    check_all(guests("preview2"), |guest| {
        let mut case = case(root().join("fixtures").join(guest));
        for said in &mut case.stderr {
            let text = said.strip_prefix("wasm trap: ").unwrap_or(said);
            let other = SAID.iter().find_map(|(program, library)| {
                let (before, _) = text.split_once(program)?;
                before.is_empty().then(|| (*library).to_owned())
            });
            *said = other.unwrap_or_else(|| text.to_owned());
        }
        let name = guest.strip_suffix(".wat").unwrap_or(guest).replace('/', "_");
        check_started(&case, |_, options| {
            let mut start = Command::new(&host);
            start.arg(name).args(options);
            Ok(start)
        })
    });
}
