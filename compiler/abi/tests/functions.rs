//! The tables of builtins and host functions.

use std::collections::BTreeSet;
use wasmc_abi::builtin::{Builtin, Caller, function};
use wasmc_abi::host::{Embedded, HostFunction, Interface, Needs, Snapshot0, find, import_symbol};
use wasmc_abi::memory::MemoryStrategy;
use wasmc_abi::signature::ValueType::{self, F32, I32, I64, V128};
use wasmc_abi::system_calls::{SystemCalls, of_memory_growth};

fn host_functions() -> impl Iterator<Item = (Interface, &'static HostFunction)> {
    Interface::ALL.into_iter().flat_map(|interface| interface.functions().map(move |function| (interface, function)))
}

fn is_identifier(symbol: &str) -> bool {
    let starts_well = symbol.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    starts_well && symbol.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

#[test]
fn symbols_are_distinct_c_identifiers() {
    let mut symbols: Vec<String> = Builtin::ALL.iter().map(|builtin| builtin.symbol().to_string()).collect();
    // Functions that both versions of WASI share have one symbol.
    let own = host_functions().filter(|(interface, function)| {
        *interface != Interface::WasiSnapshot0 || function.snapshot_0 == Snapshot0::Differs
    });
    for (interface, function) in own {
        symbols.push(function.symbol(interface, false).to_string());
        if function.embedded == Embedded::Overlaid {
            symbols.push(function.symbol(interface, true).to_string());
        }
    }
    for symbol in &symbols {
        assert!(is_identifier(symbol), "{symbol}");
    }
    let distinct: BTreeSet<&String> = symbols.iter().collect();
    assert_eq!(distinct.len(), symbols.len());
}

#[test]
fn numbers_lead_back_to_builtins() {
    for &builtin in Builtin::ALL {
        assert_eq!(Builtin::from_number(builtin.number()), Some(builtin));
    }
    assert_eq!(Builtin::from_number(Builtin::ALL.len() as u32), None);
}

#[test]
fn signatures_follow_from_rust_types() {
    let types = |builtin: Builtin| (builtin.signature().params, builtin.signature().results);
    assert_eq!(types(Builtin::MemoryGrow), (&[I64, I64][..], &[I64][..]));
    assert_eq!(types(Builtin::Memset), (&[I64, I32, I64][..], &[I64][..]));
    assert_eq!(types(Builtin::AtomicWait32), (&[I64, I32, I64][..], &[I32][..]));
    assert_eq!(types(Builtin::Exit), (&[I32][..], &[][..]));
    assert_eq!(types(Builtin::WasiInit), (&[][..], &[][..]));
    assert_eq!(types(Builtin::FmaF32), (&[F32, F32, F32][..], &[F32][..]));
    assert_eq!(types(Builtin::X86Pshufb), (&[V128, V128][..], &[V128][..]));
}

#[test]
fn definitions_have_the_types_of_their_rows() {
    extern "C" fn exit(_: i32) -> ! {
        panic!()
    }
    let _: function::Exit = exit;
}

#[test]
fn only_what_has_its_own_calls_keeps_any() {
    for &builtin in Builtin::ALL {
        if builtin.caller() == Caller::Libcall {
            assert_eq!(builtin.system_calls(), SystemCalls::Fixed(&[]), "{builtin:?}");
        }
    }
    assert_eq!(Builtin::MemoryGrow.system_calls(), SystemCalls::OfMemoryGrowth);
    assert_eq!(of_memory_growth(MemoryStrategy::FixedGuard, 8 << 30), ["mprotect"]);
    assert_eq!(of_memory_growth(MemoryStrategy::Explicit, 0), ["mmap", "mremap"]);
}

/// Signatures of functions as the specification has them (`wasi_snapshot_preview1.witx`, lowered as its README says).
#[test]
fn signatures_are_those_of_the_specification() {
    let expected: [(&str, &[ValueType], &[ValueType]); 12] = [
        ("args_get", &[I32, I32], &[I32]),
        ("clock_time_get", &[I32, I64, I32], &[I32]),
        ("fd_allocate", &[I32, I64, I64], &[I32]),
        ("fd_filestat_set_times", &[I32, I64, I64, I32], &[I32]),
        ("fd_pread", &[I32, I32, I32, I64, I32], &[I32]),
        ("fd_seek", &[I32, I64, I32, I32], &[I32]),
        ("fd_write", &[I32, I32, I32, I32], &[I32]),
        ("path_open", &[I32, I32, I32, I32, I32, I64, I64, I32, I32], &[I32]),
        ("path_symlink", &[I32, I32, I32, I32, I32], &[I32]),
        ("proc_exit", &[I32], &[]),
        ("sched_yield", &[], &[I32]),
        ("sock_recv", &[I32, I32, I32, I32, I32, I32], &[I32]),
    ];
    for (name, params, results) in expected {
        let (_, function) = find("wasi_snapshot_preview1", name).expect(name);
        assert_eq!((function.signature.params, function.signature.results), (params, results), "{name}");
    }
}

#[test]
fn names_are_unique_and_found_in_their_interface() {
    for interface in Interface::ALL {
        let names: BTreeSet<&str> = interface.functions().map(|function| function.name).collect();
        assert_eq!(names.len(), interface.functions().count(), "{interface}");
    }
    for (interface, function) in host_functions() {
        let (found_in, found) = find(interface.module(), function.name).expect(function.name);
        assert_eq!((found_in, found.name), (interface, function.name));
    }
    assert_eq!(Interface::WasiPreview1.functions().count(), 46);
    assert_eq!(Interface::WasiSnapshot0.functions().count(), 45);
    assert!(find("wasi_unstable", "sock_accept").is_none());
    assert!(find("wasi_snapshot_preview1", "thread-spawn").is_none());
    assert!(find("wasi_snapshot_preview2", "fd_read").is_none());
    assert!(find("env", "fd_read").is_none());
}

#[test]
fn imports_have_the_symbols_of_their_definitions() {
    let symbol = |module, name, embeds| import_symbol(module, name, embeds).to_string();
    assert_eq!(symbol("wasi_snapshot_preview1", "fd_read", false), "wasi_snapshot_preview1_fd_read");
    assert_eq!(symbol("wasi_unstable", "fd_read", false), "wasi_snapshot_preview1_fd_read");
    assert_eq!(symbol("wasi_unstable", "fd_seek", false), "wasi_unstable_fd_seek");
    assert_eq!(symbol("wasi_unstable", "fd_seek", true), "wasmc_embedded_wasi_unstable_fd_seek");
    assert_eq!(symbol("wasi_unstable", "fd_read", true), "wasmc_embedded_wasi_snapshot_preview1_fd_read");
    assert_eq!(symbol("wasi_snapshot_preview1", "random_get", true), "wasi_snapshot_preview1_random_get");
    assert_eq!(symbol("wasi", "thread-spawn", true), "wasi_thread_spawn");
    // Those of native functions: no host function has these names.
    assert_eq!(symbol("wasi_unstable", "sock_accept", true), "wasi_unstable_sock_accept");
    assert_eq!(symbol("env", "a.b-c", true), "env_a_b_c");
}

#[test]
fn needs_follow_from_what_a_function_takes() {
    let mut all = Needs::default();
    for (interface, function) in host_functions() {
        let needs = function.needs;
        all = all.and(needs);
        assert_eq!(needs.grants, interface != Interface::WasiThreads, "{}", function.name);
        assert_eq!(needs.paths, function.name.starts_with("path_"), "{}", function.name);
        assert_eq!(needs.threads, interface == Interface::WasiThreads, "{}", function.name);
        assert_eq!(needs.listening_sockets, function.name == "sock_accept", "{}", function.name);
        assert!(!needs.paths || function.system_calls().any(|call| call == "openat2"), "{}", function.name);
    }
    assert_eq!(all, Needs { grants: true, paths: true, listening_sockets: true, names: false, threads: true });
}
