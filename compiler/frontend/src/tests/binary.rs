use crate::to_binary;

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
fn components_are_named_in_either_format() {
    let message = String::from("this is a component, which is not yet supported");
    assert_eq!(refused(b"\0asm\x0d\0\x01\0"), (Some(4), message.clone()));
    for text in ["(component)", " ;; a\n (; b ;)\n( component $c)"] {
        assert_eq!(refused(text.as_bytes()), (None, message.clone()), "{text}");
    }
    assert!(to_binary(b";; (component)\n(module (; (component) ;))").is_ok());
}
