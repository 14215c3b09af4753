//! Libraries, in programs that embed them: `fixtures/library` has guests and hosts.

mod hosts;

use crate::support::{Machine, finish, text};
use hosts::RustHost;

#[test]
fn a_host_in_rust_calls_a_guest_in_every_way() {
    let host = RustHost::build("basics", &["guest"]);
    let output = finish(&mut Machine::default().start(&host));
    assert_eq!((text(&output.stdout).as_str(), text(&output.stderr).as_str()), ("done\n", ""));
}

#[test]
fn a_tool_that_watches_memory_finds_nothing_wrong() {
    let host = RustHost::build("basics", &["guest"]);
    let mut valgrind = std::process::Command::new("valgrind");
    // It has no room for a thousand memories, and backtraces of panics take it long.
    valgrind.args(["--quiet", "--error-exitcode=9"]).arg(host).args(["2", "10"]).env("RUST_BACKTRACE", "0");
    let output = finish(&mut valgrind);
    assert_eq!((text(&output.stdout).as_str(), output.status.code()), ("done\n", Some(0)), "{}", text(&output.stderr));
}
