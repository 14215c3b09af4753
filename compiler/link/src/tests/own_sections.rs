use super::elf_file::{input, object, section, symbol};
use crate::own_sections::OwnSections;
use object::elf::{self, SectionFlags as Bits};
use object::{Architecture, SectionFlags, SectionKind};

/// An object with sections of these names, kinds and flags, with contents of 4 bytes at multiples of 8.
fn with(sections: &[(&str, SectionKind, Bits)]) -> Vec<u8> {
    let mut object = object(Architecture::X86_64);
    for (name, kind, flags) in sections {
        let id = section(&mut object, name, *kind, &[1; 4]);
        object.section_mut(id).flags = SectionFlags::Elf { sh_type: elf::SHT_PROGBITS, sh_flags: *flags };
    }
    object.write().unwrap()
}

const READ: Bits = elf::SHF_ALLOC;
const WRITE: Bits = Bits(elf::SHF_ALLOC.0 | elf::SHF_WRITE.0);
const EXECUTE: Bits = Bits(elf::SHF_ALLOC.0 | elf::SHF_EXECINSTR.0);

fn refused(objects: &[Vec<u8>]) -> String {
    let inputs: Vec<_> = objects.iter().zip(["a.o", "b.o"]).map(|(bytes, name)| input(name, bytes.clone())).collect();
    OwnSections::of(&inputs).unwrap_err().to_string()
}

#[test]
fn each_follows_what_permits_the_same() {
    let sections = [
        ("code", SectionKind::Text, EXECUTE),
        ("names", SectionKind::ReadOnlyData, READ),
        ("state", SectionKind::Data, WRITE),
        (".text.usual", SectionKind::Text, EXECUTE),
        ("more_names", SectionKind::ReadOnlyData, READ),
    ];
    let own = OwnSections::of(&[input("a.o", with(&sections))]).unwrap();
    let script = "@READ 100@ .text MAX(200, @READ_END@) : {} @EXECUTE 300@ @WRITE@ .bss @WRITE_END@ @ZERO 7@ @OTHER@";
    assert_eq!(
        own.fill(script, true).split_whitespace().collect::<Vec<_>>().join(" "),
        ".rodata.own 100 : { *(more_names names) } \
         .text MAX(200, ADDR(.rodata.own) + SIZEOF(.rodata.own)) : {} \
         .text.own 300 : { *(code) } .data.own : { *(state) } .bss ADDR(.data.own) + SIZEOF(.data.own) @OTHER@"
    );
    assert_eq!(OwnSections::default().fill("a @READ 1@ b @READ_END@ c @ d", true), "a  b 0 c @ d");
}

#[test]
fn what_has_no_place_is_refused_by_name() {
    let both = with(&[("mine", SectionKind::Text, Bits(WRITE.0 | EXECUTE.0))]);
    assert_eq!(refused(&[both]), "a.o: section mine is both written and executed");
    let one = with(&[("mine", SectionKind::Data, WRITE)]);
    let other = with(&[("mine", SectionKind::Text, EXECUTE)]);
    assert_eq!(refused(&[one, other]), "b.o: section mine is executed here and written in another object");
    let thread_local = with(&[(".tdata", SectionKind::Tls, Bits(WRITE.0 | elf::SHF_TLS.0))]);
    assert!(refused(&[thread_local]).starts_with("a.o: section .tdata holds thread-local variables"));
    let end = with(&[(".fini_array.5", SectionKind::Data, WRITE)]);
    assert!(refused(&[end]).starts_with("a.o: section .fini_array.5 is to run when the program ends"));
    let old = with(&[(".ctors", SectionKind::Data, WRITE)]);
    assert!(refused(&[old]).starts_with("a.o: section .ctors is a kind of constructor that is not run"));
    let written = with(&[(".rodata.mine", SectionKind::Data, WRITE)]);
    assert_eq!(refused(&[written]), "a.o: section .rodata.mine is written, but has the name of read-only data");
    let executed = with(&[(".data.mine", SectionKind::Text, EXECUTE)]);
    assert_eq!(refused(&[executed]), "a.o: section .data.mine is executed, but has the name of data");
    let contents = with(&[(".bss.mine", SectionKind::Data, WRITE)]);
    assert_eq!(refused(&[contents]), "a.o: section .bss.mine has contents, but the name of zeroes");
    let strange = with(&[("my section", SectionKind::Data, WRITE)]);
    assert!(refused(&[strange]).starts_with("a.o: section my section has a name with other characters"));
}

#[test]
fn those_whose_bounds_are_used_are_apart() {
    let mut user = object(Architecture::X86_64);
    user.add_symbol(symbol("__start_b", None));
    user.add_symbol(symbol("__stop_c", None));
    let [a, b, c] = ["a", "b", "c"].map(|name| (name, SectionKind::Data, WRITE));
    let inputs = [input("a.o", with(&[a, b, c])), input("b.o", user.write().unwrap())];
    let own = OwnSections::of(&inputs).unwrap();
    let script = own.fill("@WRITE 1@ @WRITE_END@ @SYMBOLS@", true);
    for expected in [
        ".data.own 1 : { *(a) }",
        "b MAX(1, ADDR(.data.own) + SIZEOF(.data.own)) : { KEEP(*(b)) }",
        "c  : { KEEP(*(c)) }\n   ADDR(c) + SIZEOF(c) ",
        // Of 4 bytes at a multiple of 8, the linker makes 8.
        "__start_b = ADDR(b);\n__stop_b = ADDR(b) + SIZEOF(b) - 4;\n",
    ] {
        assert!(script.contains(expected), "{expected:?} is missing: {script}");
    }
    assert!(own.defines("__stop_a") && own.defines("__start_c") && !own.defines("__start_d"));
}
