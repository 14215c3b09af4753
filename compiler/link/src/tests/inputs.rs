use super::elf_file::{input, linked, object, sample, section, symbol};
use crate::inputs::{Input, absolute_addressing, check, keep_got_loads};
use crate::target::Architecture;
use object::write::{Relocation, RelocationFlags};
use object::{SectionKind, elf};

fn refused(objects: &[Input], archives: &[Input]) -> String {
    check(objects, archives, Architecture::X86_64).unwrap_err().to_string()
}

fn empty(architecture: object::Architecture) -> Vec<u8> {
    object(architecture).write().unwrap()
}

#[test]
fn inputs_are_what_they_are_given_as() {
    check(&[input("a.o", empty(object::Architecture::X86_64))], &[], Architecture::X86_64).unwrap();
    assert_eq!(refused(&[input("a.o", b"text".to_vec())], &[]), "a.o: not a 64-bit ELF object");
    assert_eq!(
        refused(&[input("a", linked(&sample(), &[]))], &[]),
        "a: an ELF file, but not an object (compile with -c)"
    );
    assert_eq!(
        refused(&[input("a.o", empty(object::Architecture::Aarch64))], &[]),
        "a.o: an object for another architecture than the target's"
    );
    let object = empty(object::Architecture::X86_64);
    assert_eq!(refused(&[], &[input("a.a", object)]), "a.a: not an archive of objects");
}

/// An object with `code` and relocations of an undefined symbol in it.
fn relocated(kind: SectionKind, code: &[u8], relocations: &[(u64, elf::RelocationType)]) -> Vec<u8> {
    let mut object = object(object::Architecture::X86_64);
    let name = if kind == SectionKind::Text { ".text" } else { ".debug_info" };
    let section = section(&mut object, name, kind, code);
    let symbol = object.add_symbol(symbol("outside", None));
    for &(offset, r_type) in relocations {
        let relocation = Relocation { offset, symbol, addend: -4, flags: RelocationFlags::Elf { r_type } };
        object.add_relocation(section, relocation).unwrap();
    }
    object.write().unwrap()
}

fn relocation_types(object: &[u8]) -> Vec<elf::RelocationType> {
    use object::read::{Object as _, ObjectSection as _};
    let file = object::File::parse(object).unwrap();
    let text = file.section_by_name(".text").unwrap();
    let kind = |relocation: object::read::Relocation| match relocation.flags() {
        object::RelocationFlags::Elf { r_type } => r_type,
        other => panic!("{other:?}"),
    };
    text.relocations().map(|(_, relocation)| kind(relocation)).collect()
}

/// Loads keep their form; calls and jumps through the table may become direct.
#[test]
fn loads_from_the_global_offset_table_stay_loads() {
    let code = [
        &[0x48, 0x8b, 0x05, 0, 0, 0, 0][..], // mov outside@GOTPCREL(%rip), %rax
        &[0xff, 0x15, 0, 0, 0, 0],           // call *outside@GOTPCREL(%rip)
        &[0xff, 0x25, 0, 0, 0, 0],           // jmp *outside@GOTPCREL(%rip)
    ];
    let (load, branch) = (elf::R_X86_64_REX_GOTPCRELX, elf::R_X86_64_GOTPCRELX);
    let object = input("a.o", relocated(SectionKind::Text, &code.concat(), &[(3, load), (9, branch), (15, branch)]));
    let kept = keep_got_loads(&object, Architecture::X86_64);
    assert_eq!(relocation_types(&kept), [elf::R_X86_64_GOTPCREL, branch, branch]);
    assert_eq!(keep_got_loads(&object, Architecture::Aarch64), object.bytes);
}

#[test]
fn absolute_addressing_is_found_in_code_alone() {
    let found = |kind, relocation| {
        let object = input("a.o", relocated(kind, &[0; 8], &[(0, relocation)]));
        absolute_addressing([&object].into_iter(), Architecture::X86_64).map(|error| error.to_string())
    };
    let message = "a.o is not position independent: R_X86_64_32S";
    assert_eq!(found(SectionKind::Text, elf::R_X86_64_32S).as_deref(), Some(message));
    assert_eq!(found(SectionKind::Text, elf::R_X86_64_PC32), None);
    assert_eq!(found(SectionKind::Debug, elf::R_X86_64_32), None);
}
