use super::elf_file::{input, object, section};
use crate::linear_memory::take;
use object::elf::{self, FileHeader64};
use object::endian::LittleEndian as LE;
use object::read::elf::{FileHeader as _, SectionHeader as _};
use object::{Architecture, SectionKind};

fn with_memory(contents: &[u8]) -> Vec<u8> {
    let mut object = object(Architecture::X86_64);
    section(&mut object, ".text", SectionKind::Text, &[0xc3]);
    section(&mut object, ".wasm_memory", SectionKind::Data, contents);
    object.write().unwrap()
}

fn is_excluded(object: &[u8], name: &str) -> bool {
    let header = FileHeader64::<LE>::parse(object).unwrap();
    let sections = header.sections(LE, object).unwrap();
    let (_, section) = sections.section_by_name(LE, name.as_bytes()).unwrap();
    section.sh_flags(LE).contains(elf::SHF_EXCLUDE)
}

#[test]
fn the_linker_is_told_to_leave_the_contents_out() {
    let mut objects = [input("a.o", with_memory(b"contents"))];
    let memory = take(&mut objects, Some(0x20_0000)).unwrap().unwrap();
    assert_eq!((memory.address, &memory.bytes[..]), (0x20_0000, &b"contents"[..]));
    assert!(is_excluded(&objects[0].bytes, ".wasm_memory"));
    assert!(!is_excluded(&objects[0].bytes, ".text"));
}

#[test]
fn objects_without_contents_stay_as_they_are() {
    let plain = object(Architecture::X86_64).write().unwrap();
    let mut objects = [input("a.o", plain.clone()), input("b.o", b"no object".to_vec())];
    assert!(take(&mut objects, None).unwrap().is_none());
    assert_eq!(*objects[0].bytes, plain);
    assert!(take(&mut [input("a.o", with_memory(b""))], Some(0)).unwrap().is_none());
}

#[test]
fn contents_need_an_address() {
    let error = take(&mut [input("a.o", with_memory(b"contents"))], None).unwrap_err();
    assert_eq!(error.to_string(), "a.o: section .wasm_memory without an address for it");
}
