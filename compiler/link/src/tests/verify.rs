use super::elf_file::{BASE, ENTRY, expectations, linked, sample};
use crate::verify::verify_contents;
use crate::{Expectations, GnuProperties, image, verify};
use object::elf::{self, FileHeader64, ProgramHeader64, SectionHeader64};
use object::endian::{LittleEndian as LE, U16, U32, U64};
use object::pod::{from_bytes_mut, slice_from_bytes_mut};

fn good() -> Vec<u8> {
    image::rewrite(&linked(&sample(), &[]), None, &expectations(), false).unwrap()
}

fn file_header(image: &mut [u8]) -> &mut FileHeader64<LE> {
    from_bytes_mut(image).unwrap().0
}

/// The program headers: read-only data, code, data, the stack.
fn segments(image: &mut [u8]) -> &mut [ProgramHeader64<LE>] {
    let count = file_header(image).e_phnum.get(LE) as usize;
    slice_from_bytes_mut(&mut image[size_of::<FileHeader64<LE>>()..], count).unwrap().0
}

/// What is wrong with a good image once `change` has changed it.
fn complaint(change: impl FnOnce(&mut Vec<u8>), expected: &Expectations) -> String {
    let mut image = good();
    change(&mut image);
    let error = verify(&image, expected).unwrap_err().to_string();
    error.strip_prefix("the linked image is not as it must be: ").unwrap_or(&error).to_owned()
}

#[test]
fn an_image_as_it_must_be_is_accepted() {
    verify(&good(), &expectations()).unwrap();
}

#[test]
fn only_executables_for_the_architecture_are_accepted() {
    let wrong = "not an executable for the target's architecture";
    let change = |image: &mut Vec<u8>| file_header(image).e_machine = U16::new(LE, elf::EM_AARCH64);
    assert_eq!(complaint(change, &expectations()), wrong);
    let change = |image: &mut Vec<u8>| file_header(image).e_type = U16::new(LE, elf::ET_DYN);
    assert_eq!(complaint(change, &expectations()), wrong);
}

#[test]
fn nothing_is_writable_and_executable() {
    let change = |image: &mut Vec<u8>| segments(image)[1].p_flags = U32::new(LE, elf::PF_R | elf::PF_W | elf::PF_X);
    assert_eq!(complaint(change, &expectations()), "a segment is both writable and executable");
}

#[test]
fn the_stack_is_not_executable() {
    let wrong = "nothing says that the stack is not executable";
    let change = |image: &mut Vec<u8>| segments(image)[3].p_flags = U32::new(LE, elf::PF_R | elf::PF_X);
    assert_eq!(complaint(change, &expectations()), wrong);
    let fewer = |image: &mut Vec<u8>| file_header(image).e_phnum = U16::new(LE, 3);
    assert_eq!(complaint(fewer, &expectations()), wrong);
}

#[test]
fn a_static_image_has_no_other_segments() {
    let change = |image: &mut Vec<u8>| segments(image)[3].p_type = U32::new(LE, elf::PT_INTERP);
    assert_eq!(complaint(change, &expectations()), "a segment of a kind that a static image has no use for");
}

#[test]
fn the_entry_point_lies_in_code() {
    let change = |image: &mut Vec<u8>| file_header(image).e_entry = U64::new(LE, BASE + 0x200);
    assert_eq!(complaint(change, &expectations()), "the entry point 0x300000200 is not in code");
    let after = |image: &mut Vec<u8>| file_header(image).e_entry = U64::new(LE, ENTRY + 32);
    assert_eq!(complaint(after, &expectations()), format!("the entry point {:#x} is not in code", ENTRY + 32));
}

#[test]
fn segments_do_not_overlap() {
    let change = |image: &mut Vec<u8>| segments(image)[0].p_memsz = U64::new(LE, 0xe01);
    assert_eq!(
        complaint(change, &expectations()),
        format!("the segment at {ENTRY:#x} overlaps another, or they are not in order")
    );
}

#[test]
fn segments_can_be_mapped() {
    let change = |image: &mut Vec<u8>| {
        let offset = &mut segments(image)[1].p_offset;
        *offset = U64::new(LE, offset.get(LE) + 16);
    };
    assert!(complaint(change, &expectations()).starts_with("the segment at 0x300001210 cannot be mapped from offset"));
}

#[test]
fn sections_lie_in_their_places() {
    let expected = Expectations { image_base: ENTRY, ..expectations() };
    assert_eq!(complaint(|_| (), &expected), "section .rodata lies at 0x300000200");
}

/// Section headers of the image: none, read-only data, code, data and zeroes.
fn sections(image: &mut [u8]) -> &mut [SectionHeader64<LE>] {
    let header = file_header(image);
    let (start, count) = (header.e_shoff.get(LE) as usize, header.e_shnum.get(LE) as usize);
    slice_from_bytes_mut(&mut image[start..], count).unwrap().0
}

#[test]
fn sections_do_not_overlap() {
    let change = |image: &mut Vec<u8>| {
        let sections = sections(image);
        sections[4].sh_addr = U64::new(LE, sections[3].sh_addr.get(LE) + 2);
    };
    assert_eq!(complaint(change, &expectations()), "section .data overlaps section .bss");
}

#[test]
fn segments_permit_what_sections_need_and_no_more() {
    let wrong = "the segment of section .rodata permits something else";
    let change = |image: &mut Vec<u8>| sections(image)[1].sh_flags = U64::new(LE, elf::SHF_ALLOC | elf::SHF_WRITE);
    assert_eq!(complaint(change, &expectations()), wrong);
    let change = |image: &mut Vec<u8>| segments(image)[0].p_flags = U32::new(LE, elf::PF_R | elf::PF_X);
    assert_eq!(complaint(change, &expectations()), wrong);
    let change = |image: &mut Vec<u8>| sections(image)[4].sh_size = U64::new(LE, 1 << 20);
    assert_eq!(complaint(change, &expectations()), "no segment holds section .bss");
}

#[test]
fn images_hold_what_the_linker_made() {
    let linked = linked(&sample(), &[]);
    let mut image = good();
    verify_contents(&image, &linked).unwrap();
    let start = segments(&mut image)[2].p_offset.get(LE) as usize;
    image[start] ^= 1;
    let error = verify_contents(&image, &linked).unwrap_err().to_string();
    assert!(error.ends_with("section .data has other contents than the linker gave it"), "{error}");
}

#[test]
fn files_hold_little_but_their_contents() {
    let larger = |image: &mut Vec<u8>| image.resize(image.len() + (1 << 20), 0);
    assert!(complaint(larger, &expectations()).starts_with("the file has "));
}

#[test]
fn gnu_properties_are_those_of_the_code() {
    let expected = Expectations { gnu_properties: GnuProperties::BTI, ..expectations() };
    assert_eq!(complaint(|_| (), &expected), "the image declares GNU properties that its code does not have");
}

#[test]
fn malformed_files_are_errors() {
    assert!(verify(b"", &expectations()).is_err());
    let good = good();
    for length in (0..good.len()).step_by(7) {
        assert!(verify(&good[..length], &expectations()).is_err(), "{length} bytes");
    }
}
