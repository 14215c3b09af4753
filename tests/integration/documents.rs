//! Files that documents name exist.

use crate::support::root;

#[test]
fn files_named_in_the_architecture_exist() {
    let text = std::fs::read_to_string(root().join("compiler/ARCHITECTURE.md")).unwrap();
    let mut checked = 0;
    for name in text.split('`').skip(1).step_by(2).filter(|name| name.contains('/') && name.ends_with(".rs")) {
        let places = ["", "compiler/", "compiler/codegen/src/"];
        assert!(places.iter().any(|place| root().join(place).join(name).exists()), "{name} does not exist");
        checked += 1;
    }
    assert!(checked > 10, "only {checked} files are named");
}
