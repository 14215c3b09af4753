//! A smaller module that still differs, by wasm-shrink.

use super::batch::compare;
use super::reference::Reference;
use super::variation::Variation;
use wasm_shrink::WasmShrink;

/// Attempts without success before a module is taken to be as small as it gets.
const ATTEMPTS: u32 = 300;

/// What differs when a module is alone in its program.
pub fn difference(wasm: &[u8], variation: &Variation, reference: &Reference) -> Option<String> {
    let (_, differences) = compare(&[wasm.to_vec()], "shrink", variation, reference);
    differences.into_iter().next().map(|difference| difference.what)
}

/// The smallest module found that makes a difference of the same kind as `what`.
pub fn shrink(wasm: &[u8], what: &str, variation: &Variation, reference: &Reference) -> Vec<u8> {
    let mut is_interesting = |candidate: &[u8]| {
        Ok(difference(candidate, variation, reference).is_some_and(|found| kind(&found) == kind(what)))
    };
    let shrink = WasmShrink::default().attempts(ATTEMPTS).run(wasm.to_vec(), &mut is_interesting);
    shrink.map_or_else(|_| wasm.to_vec(), |info| info.output)
}

/// The part of a difference's description that stays the same when a module becomes smaller.
fn kind(what: &str) -> String {
    what.split_whitespace().take_while(|word| !word.contains(|letter: char| letter.is_ascii_digit())).take(4).collect()
}
