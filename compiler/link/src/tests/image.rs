use super::elf_file::{
    BASE, ENTRY, PAGE, Part, READ, WRITE, expectations, linked, loaded, memory, sample, sections, segments,
};
use crate::image::rewrite;
use crate::linear_memory::LinearMemory;
use object::elf;
use object::endian::LittleEndian as LE;
use object::read::elf::ProgramHeader as _;

fn image(parts: &[Part]) -> Vec<u8> {
    rewrite(&linked(parts, &[]), None, &expectations(), false).unwrap()
}

#[test]
fn memory_holds_what_sections_say() {
    let image = image(&sample());
    for part in sample().iter().filter(|part| part.flags.contains(elf::SHF_ALLOC)) {
        let mut expected = part.data.clone();
        expected.resize(part.size as usize, 0);
        assert_eq!(memory(&image, part.address, part.size).unwrap(), expected, "{}", part.name);
    }
    crate::verify(&image, &expectations()).unwrap();
}

#[test]
fn segments_permit_what_sections_need() {
    let image = image(&sample());
    let flags: Vec<_> = loaded(&image).iter().map(|segment| segment.p_flags(LE)).collect();
    assert_eq!(flags, [elf::PF_R, elf::PF_R | elf::PF_X, elf::PF_R | elf::PF_W]);
    let stack = segments(&image).into_iter().find(|segment| segment.p_type(LE) == elf::PT_GNU_STACK).unwrap();
    assert_eq!(stack.p_flags(LE), elf::PF_R | elf::PF_W);
}

#[test]
fn segments_follow_each_other_without_padding() {
    let file = rewrite(&linked(&sample(), &[]), None, &expectations(), true).unwrap();
    assert!(file.len() < 1600, "{} bytes", file.len());
    for segment in loaded(&file) {
        assert_eq!(segment.p_offset(LE) % PAGE, segment.p_vaddr(LE) % PAGE);
    }
}

#[test]
fn addresses_and_offsets_need_not_agree_where_nothing_is_mapped() {
    let mut expected = expectations();
    expected.file_align = crate::PageSize::LOADED;
    let parts = [
        Part::new(".text", super::elf_file::EXECUTE, ENTRY, &[0xc3; 16]),
        Part::new(".data", WRITE, BASE + 9 * PAGE + 0x800, b"data"),
    ];
    let mapped = rewrite(&linked(&parts, &[]), None, &expectations(), true).unwrap();
    let copied = rewrite(&linked(&parts, &[]), None, &expected, true).unwrap();
    assert!(copied.len() < mapped.len(), "{} {}", copied.len(), mapped.len());
    crate::verify(&copied, &expected).unwrap();
}

#[test]
fn pages_of_zeroes_are_not_in_the_file() {
    let mut data = vec![0; 40 * PAGE as usize];
    data[0] = 1;
    data[30 * PAGE as usize] = 2;
    let parts = [sample()[1].clone(), Part::new(".data", WRITE, BASE + 8 * PAGE, &data)];
    let image = image(&parts);
    assert!(image.len() < 4 * PAGE as usize, "{} bytes", image.len());
    assert_eq!(memory(&image, BASE + 8 * PAGE, 1).unwrap(), [1]);
    assert_eq!(memory(&image, BASE + 38 * PAGE, 1).unwrap(), [2]);
    let end = BASE + 48 * PAGE;
    let last = loaded(&image).pop().unwrap();
    assert_eq!(last.p_vaddr(LE) + last.p_memsz(LE), end);
}

#[test]
fn section_headers_describe_contents_and_zeroes() {
    let mut data = vec![0; 40 * PAGE as usize];
    data[0] = 1;
    data[30 * PAGE as usize] = 2;
    let start = BASE + 8 * PAGE;
    let image = image(&[sample()[1].clone(), Part::new(".data", WRITE, start, &data)]);
    let data: Vec<_> = sections(&image).into_iter().filter(|section| section.0 == ".data").collect();
    let parts: Vec<_> = data.iter().map(|(_, address, size, kind)| (address - start, *size, *kind)).collect();
    assert_eq!(
        parts,
        [
            (0, 1, elf::SHT_PROGBITS),
            (1, 30 * PAGE - 1, elf::SHT_NOBITS),
            (30 * PAGE, 1, elf::SHT_PROGBITS),
            (30 * PAGE + 1, 10 * PAGE - 1, elf::SHT_NOBITS),
        ]
    );
}

#[test]
fn debug_sections_and_symbols_stay_unless_stripped() {
    let file = linked(&sample(), &[("named", BASE + 0x200, 4)]);
    let names = |strip| {
        let image = rewrite(&file, None, &expectations(), strip).unwrap();
        sections(&image).into_iter().map(|section| section.0).collect::<Vec<_>>()
    };
    assert_eq!(names(true), [".rodata", ".text", ".data", ".bss", ".shstrtab"]);
    assert_eq!(names(false), [".rodata", ".text", ".data", ".bss", ".symtab", ".strtab", ".debug_info", ".shstrtab"]);
}

#[test]
fn linear_memory_lies_at_its_address_alone() {
    let memory_address = 0x20_0000;
    let contents = LinearMemory { address: memory_address, bytes: b"linear memory".to_vec() };
    let mut expected = expectations();
    expected.memory_address = Some(memory_address);
    let image = rewrite(&linked(&sample(), &[]), Some(&contents), &expected, false).unwrap();
    assert_eq!(memory(&image, memory_address, 13).unwrap(), b"linear memory");
    assert_eq!(memory(&image, BASE + 0x200, 9).unwrap(), b"read-only");
    crate::verify(&image, &expected).unwrap();
}

/// The record of grants lies among read-only data; tools find it in a section of its own.
#[test]
fn the_record_of_grants_has_a_section() {
    let parts = [Part::new(".rodata", READ, BASE + 0x200, b"beforeGRANTSafter"), sample()[1].clone()];
    let file = linked(&parts, &[("wasmc_grants", BASE + 0x206, 6)]);
    let image = rewrite(&file, None, &expectations(), true).unwrap();
    let kind = elf::SHT_PROGBITS;
    assert_eq!(
        sections(&image)[..3],
        [
            (".rodata".into(), BASE + 0x200, 6, kind),
            (".wasmc".into(), BASE + 0x206, 6, kind),
            (".rodata".into(), BASE + 0x20c, 5, kind),
        ]
    );
    assert_eq!(memory(&image, BASE + 0x200, 17).unwrap(), b"beforeGRANTSafter");
}

#[test]
fn what_needs_a_loader_is_refused() {
    let refused = |part: Part| rewrite(&linked(&[part], &[]), None, &expectations(), false).unwrap_err().to_string();
    let data = Part::new(".x", WRITE, BASE, b"data");
    assert_eq!(
        refused(Part { flags: WRITE | elf::SHF_TLS, ..data.clone() }),
        "thread-local data (section .x) cannot be part of a static image"
    );
    assert_eq!(
        refused(Part { kind: elf::SHT_FINI_ARRAY, ..data.clone() }),
        "a function to call before or after main (section .x) cannot be part of a static image"
    );
    assert_eq!(
        refused(Part { kind: elf::SHT_DYNAMIC, ..data }),
        "dynamic linking (section .x) cannot be part of a static image"
    );
}

#[test]
fn sections_that_only_the_linker_wrote_are_read_only() {
    let got = Part::new(".got", WRITE, BASE + 0x400, &[1; 8]);
    let image = image(&[got, sample()[1].clone()]);
    assert_eq!(loaded(&image)[0].p_flags(LE), elf::PF_R);
}
