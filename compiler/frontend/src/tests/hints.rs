use super::module;
use crate::index::FuncIndex;
use wasmparser::FunctionBody;

/// Offset of an opcode in a body, which contains it once.
fn offset_of(body: &FunctionBody<'_>, opcode: u8) -> u64 {
    let bytes = body.as_bytes();
    let mut found = bytes.iter().enumerate().filter(|(_, byte)| **byte == opcode);
    let (offset, _) = found.next().expect("the opcode is there");
    assert!(found.next().is_none());
    offset as u64
}

const IF: u8 = 0x04;
const BR_IF: u8 = 0x0d;

#[test]
fn hints_are_found_by_function_and_offset() {
    let module = module(
        r#"(module
            (func)
            (func (param i32)
                (block
                    (@metadata.code.branch_hint "\00") (br_if 0 (local.get 0))
                    (@metadata.code.branch_hint "\01") (if (local.get 0) (then)))))"#,
    );
    let hints = module.branch_hints.of(FuncIndex::from_u32(1));
    let body = module.body(FuncIndex::from_u32(1)).unwrap();
    let (branch, condition) = (offset_of(body, BR_IF), offset_of(body, IF));
    assert_eq!(hints.at(branch), Some(false));
    assert_eq!(hints.at(condition), Some(true));
    assert_eq!(hints.at(branch + 1), None);
    assert_eq!(module.branch_hints.of(FuncIndex::from_u32(0)).at(branch), None);
    assert_eq!(module.branch_hints.of(FuncIndex::from_u32(9)).at(branch), None);
}

/// A custom section's faults do not make a module invalid.
#[test]
fn a_malformed_section_gives_no_hints() {
    for contents in [r"\ff", r"\01\00", r"\01\00\01\05\01\07", r"\01\00\02\05\01\01"] {
        let text = format!(
            r#"(module (@custom "metadata.code.branch_hint" (before code) "{contents}")
                (func (param i32) (block (br_if 0 (local.get 0)))))"#
        );
        let module = module(&text);
        assert_eq!(module.branch_hints.of(FuncIndex::from_u32(0)).at(5), None, "{contents}");
    }
}
