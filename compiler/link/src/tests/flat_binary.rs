use super::elf_file::{BASE, ENTRY, EXECUTE, Part, WRITE, expectations, linked};
use crate::{flatten, image};

fn flat(parts: &[Part]) -> Result<Vec<u8>, String> {
    let image = image::rewrite(&linked(parts, &[]), None, &expectations(), false).unwrap();
    flatten(&image).map_err(|error| error.to_string())
}

#[test]
fn a_flat_binary_is_memory_from_the_entry_point_on() {
    let gap = 0x2000;
    let flat = flat(&[
        Part::new(".text", EXECUTE, ENTRY, b"code"),
        Part::new(".data", WRITE, ENTRY + gap, b"data"),
        Part::zeroes(".bss", ENTRY + gap + 4, 100),
    ]);
    assert_eq!(flat.unwrap(), [&b"code"[..], &vec![0; gap as usize - 4], b"data"].concat());
}

#[test]
fn the_entry_point_comes_first() {
    let code = Part::new(".text", EXECUTE, ENTRY, b"code");
    let before = Part::new(".data", WRITE, BASE, b"data");
    let error = flat(&[before, code]).unwrap_err();
    assert_eq!(error, format!("the first instruction lies at {ENTRY:#x}, but the image begins at {BASE:#x}"));
}

#[test]
fn a_distant_segment_is_refused() {
    let far = ENTRY + (1 << 30);
    let error = flat(&[Part::new(".text", EXECUTE, ENTRY, b"code"), Part::new(".data", WRITE, far, b"data")]);
    assert_eq!(error.unwrap_err(), format!("a part of the image lies far away, at {far:#x}"));
}
