//! The command `report`: where bytes and time go.

use crate::support::{Bench, finish, text, wasmc};

/// A function with a name of Rust's, one that a browser must not take for a part of the page, and one that loops.
const MODULE: &str = r#"(module
    (memory (export "memory") 1)
    (data (i32.const 0) "some data")
    (func $a (@name "_RNvCs1234_5crate4name") (param i32) (result i32) (i32.mul (local.get 0) (local.get 0)))
    (func $b (@name "</title><script>alert(1)</script>") (param i32) (result i32)
        (i32.div_u (local.get 0) (i32.const 3)))
    (func $c (@name "space::looping") (param i32) (result i32)
        (loop $next
            (i32.store (local.get 0) (call $b (call $a (local.get 0))))
            (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 0))
    (func (export "_start") (drop (call $c (i32.const 1000)))))"#;

/// What the report says of a module, with options.
fn report(bench: &Bench, options: &[&str]) -> String {
    let module = bench.write("module.wat", MODULE);
    let output = finish(wasmc().arg("report").arg(module).args(["--opt", "no-inline"]).args(options));
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn tables_have_every_function_and_what_it_takes() {
    let said = report(&Bench::new(), &[]);
    let row = |name: &str| {
        let row = said.lines().rev().find(|line| line.ends_with(&format!("  {name}")));
        let row = row.unwrap_or_else(|| panic!("no {name}: {said}"));
        row.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(said.contains("for x86_64-linux:") && said.contains(" 9 bytes of data\n"), "{said}");
    for name in ["crate::name", "space::looping", "</title><script>alert(1)</script>"] {
        let row = row(name);
        let (native, wasm): (u64, u64) = (row[0].parse().unwrap(), row[3].parse().unwrap());
        assert!(native > 0 && wasm > 0 && row[2] == "%", "{row:?}");
    }
    // By groups: what names begin with.
    assert_eq!(row("crate")[3], "1");
    assert_eq!(row("space")[3], "1");
    assert!(!said.contains("block"), "nothing is said of time without a profile: {said}");
}

#[test]
fn profiles_tell_what_takes_time() {
    let bench = Bench::new();
    let profile = bench.path("profile");
    let image = bench.compile_text(MODULE, &[&format!("--profile-generate={}", profile.display())]);
    assert!(finish(&mut std::process::Command::new(image)).status.success());
    let option = ["--profile-use", profile.to_str().unwrap()];
    let said = report(&bench, &option);
    // The loop begins 1000 times, the function once, and so does what is after the loop: all that is counted there.
    let times = said.split_once("blocks run").expect("a table of times").1;
    let row = times.lines().find(|line| line.ends_with("  space::looping")).unwrap_or_else(|| panic!("{said}"));
    let row: Vec<&str> = row.split_whitespace().collect();
    assert!(row[0].parse::<u64>().unwrap() >= 1001 && row[3] == "1", "{said}");
    let hot = said.lines().skip_while(|line| !line.trim_start().starts_with("count")).nth(1).expect("a hot block");
    assert!(hot.trim_start().starts_with("1000  "), "{said}");
    let page = report(&bench, &[&option[..], &["--html", "-o", "-"]].concat());
    assert!(page.contains("<h2>Hot blocks</h2>") && page.contains("hsl("), "{page}");
}

#[test]
fn pages_need_nothing_else_and_names_are_text_in_them() {
    let bench = Bench::new();
    let path = bench.path("report.html");
    assert_eq!(report(&bench, &["--html", "-o", path.to_str().unwrap()]), "");
    let page = std::fs::read_to_string(path).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
    for outside in ["<script", "http:", "https:", "src=", "href=", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}: {page}");
    }
    assert!(page.contains("&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;") && page.contains("crate::name"));
    let (opened, closed) = (page.matches("<rect ").count(), page.matches("</rect>").count());
    assert!(opened == closed && opened > 4, "{page}");
}

#[test]
fn a_report_is_no_place_for_its_module() {
    let bench = Bench::new();
    let module = bench.write("module.html", MODULE);
    let output = finish(wasmc().arg("report").arg(&module).args(["--html", "-o"]).arg(&module));
    let said = text(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("is both input and output"), "{said}");
    assert_eq!(std::fs::read_to_string(&module).unwrap(), MODULE);
    let output = finish(wasmc().arg("report").arg(bench.path("missing.wasm")));
    assert!(output.status.code() == Some(1) && text(&output.stderr).contains("missing.wasm"));
}

#[test]
fn components_and_other_targets_have_reports() {
    let component = crate::support::root().join("fixtures/components/objects.wat");
    let output = finish(wasmc().arg("report").arg(component).args(["--target", "riscv64-linux"]));
    let said = text(&output.stdout);
    assert!(output.status.success() && said.contains("for riscv64-linux:"), "{}", text(&output.stderr));
}
