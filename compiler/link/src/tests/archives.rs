use super::elf_file::{input, object, section, symbol};
use crate::Input;
use crate::archives::select;
use object::{Architecture, SectionKind};

/// An object that defines symbols, weakly where a name ends in `?`, and needs others.
fn with(defined: &[&str], needed: &[&str]) -> Vec<u8> {
    let mut object = object(Architecture::X86_64);
    let text = section(&mut object, ".text", SectionKind::Text, &[0xc3]);
    for name in defined {
        let mut defined = symbol(name.trim_end_matches('?'), Some(text));
        defined.weak = name.ends_with('?');
        object.add_symbol(defined);
    }
    needed.iter().for_each(|name| {
        object.add_symbol(symbol(name, None));
    });
    object.write().unwrap()
}

/// An archive in System V's format, without an index.
fn archive(name: &str, members: &[(&str, Vec<u8>)]) -> Input {
    let mut bytes = b"!<arch>\n".to_vec();
    for (name, contents) in members {
        let name = format!("{name}/");
        bytes.extend(format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 644, contents.len()).bytes());
        bytes.extend(contents);
        bytes.resize(bytes.len().next_multiple_of(2), b'\n');
    }
    input(name, bytes)
}

fn names(objects: &[Input]) -> Vec<&str> {
    objects.iter().map(|object| object.name.as_str()).collect()
}

#[test]
fn members_take_part_where_something_needs_them() {
    let one =
        archive("one.a", &[("f.o", with(&["f"], &["g"])), ("h.o", with(&["h"], &[])), ("x.o", with(&["x"], &["?"]))]);
    let two = archive(
        "two.a",
        &[("g.o", with(&["g"], &["h"])), ("h.o", with(&["h"], &[])), ("start.o", with(&["start"], &[]))],
    );
    let selected = select(vec![input("main.o", with(&["main"], &["f"]))], &[one, two], "start");
    assert_eq!(names(&selected), ["main.o", "one.a(f.o)", "one.a(h.o)", "two.a(g.o)", "two.a(start.o)"]);
}

#[test]
fn an_object_comes_before_archives() {
    let one = archive("one.a", &[("f.o", with(&["f"], &["nowhere"]))]);
    let selected = select(vec![input("main.o", with(&["start", "f"], &[]))], &[one], "start");
    assert_eq!(names(&selected), ["main.o"]);
}

/// A board's functions are linked in place of the runtime's, which refers to them itself.
#[test]
fn a_weak_definition_gives_way_to_that_of_an_earlier_archive() {
    let board = archive("board.a", &[("putc.o", with(&["putc"], &[]))]);
    let runtime = archive("runtime.a", &[("all.o", with(&["start", "putc?", "getc?"], &[]))]);
    assert_eq!(names(&select(Vec::new(), &[board, runtime], "start")), ["board.a(putc.o)", "runtime.a(all.o)"]);
}
