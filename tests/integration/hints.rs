//! Branch hints move code; they change nothing else, and are no reason to refuse a module.

use crate::support::{Bench, finish, text, wasmc};

/// The IR of a module with one branch, to which `hint` is attached, and `section` before the code.
fn clif(hint: &str, section: &str) -> String {
    let module = format!(
        r#"(module {section}
            (func (export "_start") (local i32)
                (block $rare
                    {hint} (br_if $rare (local.get 0))
                    return)
                unreachable))"#
    );
    let bench = Bench::new();
    let module = bench.write("module.wat", module);
    let output = finish(wasmc().arg(module).args(["--emit", "clif", "--target", "x86_64-linux", "-o", "-"]));
    assert!(output.status.success(), "{}", text(&output.stderr));
    // Without the offsets in the module that stand before instructions.
    let instruction = |line: &str| {
        let line = line.trim();
        line.strip_prefix('@').and_then(|line| line.split_once(' ')).map_or(line, |(_, rest)| rest.trim()).to_string()
    };
    text(&output.stdout).lines().map(instruction).collect::<Vec<_>>().join("\n")
}

#[test]
fn hints_only_move_blocks() {
    let plain = clif("", "");
    assert!(!plain.contains("cold"), "{plain}");
    for (hint, cold) in [("\\00", "block2 cold:"), ("\\01", "block3 cold:")] {
        let hinted = clif(&format!("(@metadata.code.branch_hint \"{hint}\")"), "");
        assert!(hinted.contains(cold), "{hinted}");
        assert_eq!(hinted.replace(" cold:", ":"), plain);
    }
}

#[test]
fn malformed_hints_are_ignored() {
    let plain = clif("", "");
    let sections = [
        "",                                 // no count
        "\\ff\\ff\\ff\\ff\\0f",             // more functions than bytes
        "\\01\\00\\01\\05\\01",             // cut short
        "\\01\\00\\01\\05\\02\\00",         // a hint of two bytes
        "\\01\\00\\01\\05\\01\\07",         // neither likely nor unlikely
        "\\01\\63\\01\\05\\01\\01",         // no such function
        "\\01\\00\\01\\7f\\01\\01",         // no such instruction
        "\\01\\00\\00\\00\\00\\00\\00\\00", // more than it says
    ];
    for section in sections {
        let section = format!("(@custom \"metadata.code.branch_hint\" (before code) \"{section}\")");
        assert_eq!(clif("", &section), plain, "{section}");
    }
}
