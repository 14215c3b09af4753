//! The table of WASI 0.2's functions.

use std::collections::BTreeSet;
use wasmc_abi::preview2::{drop_of, find, functions, numbers, resource};
use wasmc_abi::signature::ValueType::{self, I32, I64};
use wasmc_abi::{builtin::Builtin, preview2::types};

#[test]
fn versions_and_names_lead_to_functions() {
    let write = find("wasi:io/streams", "[method]output-stream.write").unwrap();
    assert_eq!(write.symbol(), "wasmc_p2_io_streams_output_stream_write");
    assert!(write.needs.grants);
    assert!(write.system_calls().any(|call| call == "writev"));
    assert_eq!(find("wasi:io/streams@0.2.0", "[method]output-stream.write"), None);
    assert_eq!(find("wasi:io/streams", "output-stream.write"), None);
    assert_eq!(find("wasi:cli/run", "run"), None);
}

/// Signatures as the canonical ABI lowers the types of the specification, after the address of the caller's record.
#[test]
fn signatures_are_those_of_the_specification() {
    let expected: [(&str, &str, &[ValueType], &[ValueType]); 8] = [
        ("wasi:cli/exit", "exit", &[I64, I32], &[]),
        ("wasi:cli/stdout", "get-stdout", &[I64], &[I32]),
        ("wasi:clocks/monotonic-clock", "now", &[I64], &[I64]),
        ("wasi:io/poll", "poll", &[I64, I32, I32, I32], &[]),
        ("wasi:io/poll", "[resource-drop]pollable", &[I64, I32], &[]),
        ("wasi:filesystem/types", "[method]descriptor.advise", &[I64, I32, I64, I64, I32, I32], &[]),
        ("wasi:filesystem/types", "[method]descriptor.open-at", &[I64, I32, I32, I32, I32, I32, I32, I32], &[]),
        ("wasi:random/insecure-seed", "insecure-seed", &[I64, I32], &[]),
    ];
    for (interface, name, params, results) in expected {
        let function = find(interface, name).unwrap_or_else(|| panic!("{interface} {name}"));
        assert_eq!((function.signature.params, function.signature.results), (params, results), "{interface} {name}");
    }
}

#[test]
fn texts_have_no_names_of_types() {
    let ty = |interface, name| find(interface, name).unwrap().ty;
    assert_eq!(
        ty("wasi:io/streams", "[method]input-stream.read"),
        "(self: borrow<wasi:io/streams#input-stream>, len: u64) -> \
         result<list<u8>, variant{last-operation-failed(own<wasi:io/error#error>), closed}>"
    );
    assert_eq!(ty("wasi:clocks/wall-clock", "now"), "() -> record{seconds: u64, nanoseconds: u32}");
    assert_eq!(ty("wasi:cli/exit", "exit"), "(status: result)");
    // One function after the other is found again, and no text has white space of the source.
    for function in functions() {
        assert_eq!(find(function.interface, function.name), Some(function));
        assert!(!function.ty.contains("  ") && function.ty.starts_with('('), "{}", function.ty);
    }
}

#[test]
fn symbols_are_distinct_and_no_builtins() {
    let symbols: BTreeSet<&str> = functions().map(|function| function.symbol()).collect();
    assert_eq!(symbols.len(), functions().count());
    assert!(Builtin::ALL.iter().all(|builtin| !symbols.contains(builtin.symbol())));
}

#[test]
fn every_resource_can_be_dropped() {
    assert_eq!(resource("wasi:io/streams", "output-stream"), Some(numbers::OUTPUT_STREAM));
    assert_eq!(resource("wasi:cli/stdout", "output-stream"), None);
    let count = functions().filter(|function| function.name.starts_with("[resource-drop]")).count() as u32;
    assert_eq!(count, 14);
    for number in 1..=count {
        let function = drop_of(number).unwrap();
        let name = function.name.strip_prefix("[resource-drop]").unwrap();
        assert_eq!(resource(function.interface, name), Some(number));
    }
    assert_eq!((drop_of(0), drop_of(count + 1)), (None, None));
}

#[test]
fn enumerations_are_numbered_as_the_texts_say() {
    use types::filesystem_types::{ErrorCode, descriptor_flags};
    assert_eq!((ErrorCode::Access as u8, ErrorCode::NoEntry as u8, ErrorCode::CrossDevice as u8), (0, 20, 36));
    assert_eq!(ErrorCode::ALL.len(), 37);
    assert_eq!((descriptor_flags::MUTATE_DIRECTORY, descriptor_flags::ALL), (1 << 5, 0x3f));
}
