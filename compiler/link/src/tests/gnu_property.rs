use super::elf_file::{input, object, section};
use crate::inputs::Input;
use crate::{Error, GnuProperties};
use object::{Architecture, SectionKind};

/// A note with the property GNU_PROPERTY_AARCH64_FEATURE_1_AND: 0xc000_0000, four bytes.
fn note(bits: u32) -> Vec<u8> {
    let words = [4, 16, 5, u32::from_le_bytes(*b"GNU\0"), 0xc000_0000, 4, bits, 0];
    words.map(u32::to_le_bytes).concat()
}

const BTI: u32 = 1;
const PAC: u32 = 2;

fn with_code(note: Option<&[u8]>) -> Vec<u8> {
    let mut object = object(Architecture::Aarch64);
    section(&mut object, ".text", SectionKind::Text, &[0; 4]);
    if let Some(note) = note {
        section(&mut object, ".note.gnu.property", SectionKind::Note, note);
    }
    object.write().unwrap()
}

fn without_bti(inputs: &[Input]) -> String {
    match GnuProperties::of_inputs(inputs) {
        Err(Error::NoBti(name)) => name,
        other => panic!("{other:?}"),
    }
}

#[test]
fn inputs_have_what_all_of_them_declare() {
    let inputs = [input("both.o", with_code(Some(&note(BTI | PAC)))), input("one.o", with_code(Some(&note(BTI))))];
    assert_eq!(GnuProperties::of_inputs(&inputs[..1]).unwrap(), GnuProperties::ALL);
    assert_eq!(GnuProperties::of_inputs(&inputs).unwrap(), GnuProperties::BTI);
    assert_eq!(GnuProperties::of_inputs(&[]).unwrap(), GnuProperties::ALL);
}

#[test]
fn an_object_without_bti_is_named() {
    assert_eq!(without_bti(&[input("none.o", with_code(None))]), "none.o");
    assert_eq!(without_bti(&[input("pac.o", with_code(Some(&note(PAC))))]), "pac.o");
}

#[test]
fn a_malformed_note_declares_nothing() {
    assert_eq!(without_bti(&[input("cut.o", with_code(Some(&note(BTI)[..20])))]), "cut.o");
}

#[test]
fn objects_without_code_need_declare_nothing() {
    let mut data = object(Architecture::Aarch64);
    section(&mut data, ".data", SectionKind::Data, &[0; 4]);
    let inputs = [input("data.o", data.write().unwrap())];
    assert_eq!(GnuProperties::of_inputs(&inputs).unwrap(), GnuProperties::ALL);
}

/// An archive in the format of `ar`.
fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = b"!<arch>\n".to_vec();
    for (name, bytes) in members {
        let name = format!("{name}/");
        archive.extend(format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 644, bytes.len()).bytes());
        archive.extend_from_slice(bytes);
        archive.resize(archive.len().next_multiple_of(2), b'\n');
    }
    archive
}

#[test]
fn a_member_of_an_archive_is_named() {
    let (good, bad) = (with_code(Some(&note(BTI))), with_code(None));
    assert_eq!(without_bti(&[input("lib.a", archive(&[("good.o", &good), ("bad.o", &bad)]))]), "lib.a(bad.o)");
    let inputs = [input("lib.a", archive(&[("good.o", &good)]))];
    assert_eq!(GnuProperties::of_inputs(&inputs).unwrap(), GnuProperties::BTI);
}

/// What an image declares, the kernel reads in a segment.
#[test]
fn images_declare_their_properties() {
    use super::elf_file::{expectations, linked, sample, sections};
    for properties in [GnuProperties::BTI, GnuProperties::ALL] {
        let expected = crate::Expectations { gnu_properties: properties, ..expectations() };
        let image = crate::image::rewrite(&linked(&sample(), &[]), None, &expected, true).unwrap();
        assert_eq!(GnuProperties::of_image(&image).unwrap(), properties);
        assert_eq!(sections(&image)[0].0, ".note.gnu.property");
        crate::verify(&image, &expected).unwrap();
    }
}

#[test]
fn images_without_a_note_declare_nothing() {
    use super::elf_file::{expectations, linked, sample};
    let image = crate::image::rewrite(&linked(&sample(), &[]), None, &expectations(), true).unwrap();
    assert_eq!(GnuProperties::of_image(&image).unwrap(), GnuProperties::NONE);
}
