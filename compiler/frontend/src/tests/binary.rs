use crate::binary::{COMPONENT_PREAMBLE, to_binary};

const EMPTY: &[u8] = b"\0asm\x01\0\0\0";

fn refused(input: &[u8]) -> (Option<u64>, String) {
    let error = to_binary(input).unwrap_err();
    (error.offset, error.message)
}

#[test]
fn binary_modules_stay_as_they_are() {
    assert_eq!(*to_binary(EMPTY).unwrap(), *EMPTY);
}

#[test]
fn text_becomes_binary() {
    assert_eq!(*to_binary(b"(module)").unwrap(), *EMPTY);
    assert_eq!(*to_binary(b"\n;; a comment\n(module)").unwrap(), *EMPTY);
}

#[test]
fn what_is_no_module_is_refused() {
    let neither = "not a WebAssembly module: neither the binary format's `\\0asm` nor text format";
    assert_eq!(refused(b"\x7fELF"), (Some(0), neither.into()));
    assert_eq!(refused(b""), (Some(0), neither.into()));
    assert_eq!(refused(b"\0asm\x01"), (Some(5), "the module ends inside its eight-byte preamble".into()));
    let version = "unknown version 0x2 of the binary format; only version 1 exists";
    assert_eq!(refused(b"\0asm\x02\0\0\0"), (Some(4), version.into()));
    assert!(refused(b"(module (func $f)").1.contains("expected"));
}

#[test]
fn components_are_taken_in_either_format() {
    let binary = b"\0asm\x0d\0\x01\0";
    assert!(to_binary(binary).unwrap().starts_with(&COMPONENT_PREAMBLE));
    for text in ["(component)", " ;; a\n (; b ;)\n( component $c)"] {
        assert!(to_binary(text.as_bytes()).unwrap().starts_with(&COMPONENT_PREAMBLE), "{text}");
    }
    let error = crate::read(binary, Default::default()).map(drop).unwrap_err();
    assert_eq!((error.offset, error.message.as_str()), (Some(4), "this is a component where a core module must be"));
}
