//! Functions have the types of their rows, as far as core values tell these apart.

use super::table::{FUNCTIONS, function};
use wasmc_abi::preview2;

#[test]
fn functions_have_the_types_of_their_rows() {
    assert!(FUNCTIONS.is_sorted_by_key(|function| function.name));
    let mut found = 0;
    for row in preview2::functions().filter(|row| !row.name.starts_with("[resource-drop]")) {
        let name = row.name_for_embedders();
        let function = function(name).unwrap_or_else(|| panic!("{name} is missing"));
        found += 1;
        // The first parameter of the runtime's is the record of whoever calls it.
        assert_eq!((row.signature.params.len() - 1, row.signature.results.len()), function.flat, "{name}");
    }
    assert_eq!(found, FUNCTIONS.len());
}
