//! The examples of libraries: `compiler/build/examples`.

use crate::library::hosts;
use crate::support::{Bench, finish, root, text, wasmc};
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// Where they are.
fn folder() -> PathBuf {
    root().join("compiler/build/examples")
}

/// What an example in Rust prints. All of them are built at once.
fn run(name: &str) -> String {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        let mut cargo = hosts::cargo_with_own_lock(&folder());
        cargo.arg("--locked");
        let output = finish(cargo.env("WASMC", wasmc().get_program()));
        assert!(output.status.success(), "{}", text(&output.stderr));
    });
    let output = finish(&mut Command::new(hosts::target().join("debug").join(name)));
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn an_image_filter() {
    let said = run("image_filter");
    assert!(said.starts_with("blurred 4096 pixels, sum 26"), "{said}");
    assert!(said.contains("the other filter: out of bounds memory access\n    at invert"), "{said}");
    assert!(said.ends_with("blurred again\n"), "{said}");
}

#[test]
fn two_plug_ins() {
    assert_eq!(run("plugins"), "shout: HELLO PLUG-INS ! THREE MORE WORDS !\ncount: words: 5\n");
}

#[test]
fn a_filter_of_requests() {
    let expected = "/: 200\n/index.html: 200\n/admin/users: 403\n/a/.git/config: 403\n/crash: 500\n/still-there: 200\n\
                    allowed: 100\n";
    assert_eq!(run("http_filter"), expected);
}

#[test]
fn a_decoder() {
    let said = run("decoder");
    let (decoded, rest) = said.split_once('\n').expect("it says two lines");
    assert!(decoded.starts_with("decoded 41943") && decoded.ends_with("cut short: malformed data"), "{said}");
    let (_, factor) = rest.trim_end().rsplit_once(": ").expect("the second has a number");
    // Far below what it is: the machine may have other things to do.
    assert!(factor.parse::<f64>().expect("it is a number") > 0.2, "{said}");
}

#[test]
fn a_host_in_c_by_cmake() {
    let build = Bench::new();
    let mut configure = Command::new("cmake");
    configure.arg("-S").arg(folder().join("c_host")).arg("-B").arg(build.folder.path());
    configure.arg(format!("-Dwasmc_DIR={}", root().join("compiler/driver/cmake").display()));
    configure.arg(format!("-DWASMC_EXECUTABLE={}", wasmc().get_program().display()));
    let make = || {
        let output = finish(Command::new("cmake").arg("--build").arg(build.folder.path()));
        assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
        text(&output.stdout)
    };
    let output = finish(&mut configure);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(make().contains("primes.wasm (staticlib)"));
    for host in ["c_host", "c_host_shared"] {
        let output = finish(&mut Command::new(build.path(host)));
        let expected = "168 primes, the last is 997\nwith too many: out of bounds memory access\n";
        assert_eq!((text(&output.stdout).as_str(), output.status.code()), (expected, Some(0)), "{host}");
    }
    assert!(!make().contains("primes.wasm"), "nothing has changed");
}
