use super::elf_file::{input, memory, object, request, section, sections, symbol};
use crate::{Error, Input, link};
use object::SectionKind;
use object::write::{Relocation, RelocationFlags};
use object::{Architecture, elf};

/// `_start` with calls of symbols, and some read-only data.
fn start(callees: &[&str]) -> Input {
    let mut object = object(Architecture::X86_64);
    let code: Vec<u8> = callees.iter().flat_map(|_| [0xe8, 0, 0, 0, 0]).chain([0xc3]).collect();
    let text = section(&mut object, ".text", SectionKind::Text, &code);
    object.add_symbol(symbol("_start", Some(text)));
    for (index, callee) in callees.iter().enumerate() {
        let symbol = object.add_symbol(symbol(callee, None));
        let flags = RelocationFlags::Elf { r_type: elf::R_X86_64_PC32 };
        let relocation = Relocation { offset: 5 * index as u64 + 1, symbol, addend: -4, flags };
        object.add_relocation(text, relocation).unwrap();
    }
    input("start.o", object.write().unwrap())
}

/// A function in a section of its own, which returns.
fn function(name: &str) -> Input {
    let mut object = object(Architecture::X86_64);
    let text = section(&mut object, &format!(".text.{name}"), SectionKind::Text, &[0xc3]);
    object.add_symbol(symbol(name, Some(text)));
    input(&format!("{name}.o"), object.write().unwrap())
}

#[test]
fn calls_reach_other_objects_and_what_nothing_reaches_is_dropped() {
    let image = link(request(vec![start(&["called"]), function("called"), function("unused")])).unwrap();
    let (_, address, size, _) = sections(&image).into_iter().find(|section| section.0 == ".text").unwrap();
    let code = memory(&image, address, size).unwrap();
    let distance = i32::from_le_bytes(code[1..5].try_into().unwrap());
    assert_eq!(code[(5 + distance) as usize], 0xc3);
    assert!(size < 24 + 8, "{size} bytes of code");
}

#[test]
fn undefined_symbols_are_listed_with_who_refers_to_them() {
    match link(request(vec![start(&["b", "a", "b"])])) {
        Err(Error::Unresolved(unresolved)) => {
            let symbols: Vec<&str> = unresolved.iter().map(|each| each.symbol.as_str()).collect();
            assert_eq!(symbols, ["a", "b"]);
            assert!(unresolved.iter().all(|each| each.referrer.contains("start.o")), "{unresolved:?}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_same_inputs_give_the_same_image() {
    let image = || link(request(vec![start(&["called"]), function("called")])).unwrap();
    assert_eq!(image(), image());
}

#[test]
fn an_image_is_not_spread_over_a_large_file() {
    let mut request = request(vec![start(&["called"]), function("called")]);
    request.script = "SECTIONS { . = 0x300000200; .text : { *(.text) } . = 0x340000000; .far : { *(.text.called) } }";
    let error = link(request).unwrap_err().to_string();
    assert!(error.contains("the script spreads the image over a file of "), "{error}");
}
