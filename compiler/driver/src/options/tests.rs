//! Settling: for each rule, requests that it accepts and requests that it refuses, and what is derived.

use super::{Emit, Options, Request};
use crate::confine::Confinement;
use crate::embed::Embed;
use crate::error::Error;
use crate::grants::{Grant, ProgramLimits};
use crate::target::Target;
use std::net::{Ipv4Addr, SocketAddr};
use wasmc_abi::confinement::Mode;
use wasmc_abi::grants;
use wasmc_codegen::Bounds;

const LINUX: &str = "x86_64-linux";
const HARDENED: &str = "aarch64-linux";
const MACOS: &str = "aarch64-macos";
const BARE: &str = "riscv64-none";

fn target(name: &str) -> Target {
    Target::find(Some(name), None).expect("the target is built in")
}

fn settle(request: Request, name: &str) -> Result<Options, Error> {
    request.settle(target(name), false)
}

#[track_caller]
fn accept(request: Request, name: &str) -> Options {
    settle(request, name).expect("the request is possible")
}

/// The target refuses the request with an error that names all of `words`.
#[track_caller]
fn refuse(request: Request, name: &str, words: &[&str]) {
    let error = settle(request, name).expect_err("the request is not possible").to_string();
    for word in words {
        assert!(error.contains(word), "{word:?} is missing: {error}");
    }
}

/// A request for one grant.
fn grant(grant: Grant) -> Request {
    Request { grants: vec![grant], ..Request::default() }
}

fn directory(text: &str) -> Request {
    grant(Grant::directory(text).expect("a directory"))
}

fn listen() -> Grant {
    Grant::Listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)))
}

#[test]
fn what_is_not_asked_for_is_the_targets() {
    for name in [LINUX, HARDENED, MACOS, BARE] {
        let (options, target) = (accept(Request::default(), name), target(name));
        assert_eq!(options.codegen.bounds, target.bounds, "{name}");
        assert_eq!(options.codegen.stack_size, target.stack_size, "{name}");
        assert_eq!(options.start.is_some(), target.ram.is_some(), "{name}");
        assert_eq!(options.codegen.listens, target.is_linux(), "{name}");
        assert_eq!(options.codegen.confines, target.is_linux(), "{name}");
        assert!(!options.codegen.limits && !options.codegen.embeds && !options.codegen.cfi, "{name}");
        assert_eq!(options.grants.records(), [grants::END], "{name}");
    }
    let request = Request { bounds: Some(Bounds::Explicit), stack_size: Some(1 << 16), ..Request::default() };
    let options = accept(request, LINUX);
    assert_eq!((options.codegen.bounds, options.codegen.stack_size), (Bounds::Explicit, 1 << 16));
}

#[test]
fn a_raw_image_is_for_bare_metal() {
    let request = Request { emit: Emit::Bin, ..Request::default() };
    assert_eq!(accept(request.clone(), BARE).emit, Emit::Bin);
    refuse(request.clone(), LINUX, &["`--emit bin`", LINUX, "--emit exe"]);
    refuse(request, MACOS, &["`--emit bin`", MACOS]);
}

#[test]
fn arguments_are_for_bare_metal() {
    let request = |argument: &str| Request { arguments: vec![argument.into()], ..Request::default() };
    let start = accept(request("one"), BARE).start.expect("there is no system");
    assert_eq!(start.arguments("folder/app.wasm"), ["app", "one"]);
    refuse(request("one"), LINUX, &["`--arg`", LINUX]);
    refuse(request("o\0ne"), BARE, &["argument with a NUL byte"]);
}

#[test]
fn a_seed_is_for_bare_metal() {
    let request = Request { seed: Some(7), ..Request::default() };
    assert_eq!(accept(request.clone(), BARE).start.map(|start| start.seed), Some(7));
    assert_eq!(accept(Request::default(), BARE).start.map(|start| start.seed), Some(0));
    refuse(request, LINUX, &["`--seed`", LINUX]);
}

#[test]
fn guards_need_a_system() {
    let request = Request { bounds: Some(Bounds::Guard), ..Request::default() };
    assert_eq!(accept(request.clone(), LINUX).codegen.bounds, Bounds::Guard);
    refuse(request, BARE, &["--bounds=guard", BARE]);
}

#[test]
fn a_directory_becomes_part_of_a_program_on_bare_metal() {
    let given = Embed { host: "site".into(), guest: "/site".into() };
    let request = Request { embeds: vec![given.clone()], ..directory("data::/data:ro") };
    let on_bare_metal = accept(request.clone(), BARE);
    assert_eq!(on_bare_metal.embeds, [given.clone(), Embed { host: "data".into(), guest: "/data".into() }]);
    assert_eq!(on_bare_metal.grants.records(), [grants::END]);
    assert!(on_bare_metal.codegen.embeds);

    let on_linux = accept(request, LINUX);
    assert_eq!(on_linux.embeds, [given]);
    assert_eq!(on_linux.grants.records(), b"ddata\0/data\0\0".as_slice());

    refuse(directory("data::/data"), BARE, &["directory `data` cannot be changed", "--embed"]);
}

#[test]
fn some_grants_need_a_system() {
    let file = Grant::file("data/note").expect("a file");
    let refused = [
        (file, &["no file `note`", "--embed"][..]),
        (Grant::InheritedVariable("LANG".into()), &["`LANG`", "--env NAME=VALUE"]),
        (Grant::InheritedEnvironment, &["no environment", "--env NAME=VALUE"]),
        (listen(), &["no sockets", "--listen"]),
        (Grant::Timeout(500), &["nothing limits", "--timeout"]),
        (Grant::MaxOpenFiles(8), &["nothing limits", "--max-open-files"]),
    ];
    for (each, words) in refused {
        accept(grant(each.clone()), LINUX);
        refuse(grant(each), BARE, &[words, &[BARE]].concat());
    }
    for each in [Grant::Variable("LANG".into(), "C".into()), Grant::NoStream(0)] {
        accept(grant(each), BARE);
    }
}

#[test]
fn sockets_and_limits_need_linux() {
    assert!(accept(grant(Grant::Timeout(500)), LINUX).codegen.limits);
    assert!(!accept(grant(listen()), LINUX).codegen.limits);
    for each in [listen(), Grant::Timeout(500), Grant::MaxOpenFiles(8)] {
        refuse(grant(each), MACOS, &["no sockets or limits", MACOS]);
    }
    accept(grant(Grant::InheritedEnvironment), MACOS);
}

#[test]
fn only_who_accepts_connections_listens() {
    let options = accept(grant(listen()), LINUX);
    assert_eq!(options.grants.check(true, false), Ok(()));
    let error = options.grants.check(false, false).expect_err("nobody accepts").to_string();
    assert!(error.contains("127.0.0.1:8080") && error.contains("sock_accept"), "{error}");
    assert_eq!(accept(Request::default(), LINUX).grants.check(false, false), Ok(()));
}

#[test]
fn no_name_has_a_nul_byte() {
    refuse(grant(Grant::Variable("LANG".into(), "C\0D".into())), LINUX, &["grant with a NUL byte"]);
    let embed = |guest: &str| Request {
        embeds: vec![Embed { host: "site".into(), guest: guest.into() }],
        ..Request::default()
    };
    assert!(accept(embed("/site"), LINUX).codegen.embeds);
    refuse(embed("/si\0te"), LINUX, &["embedded directory has a NUL byte"]);
}

#[test]
fn what_memories_may_grow_to_is_told_with_the_grants() {
    let options = accept(
        Request {
            program_limits: ProgramLimits { max_memory: Some(1 << 20), ..ProgramLimits::default() },
            ..Request::default()
        },
        LINUX,
    );
    assert_eq!(options.codegen.max_memory, Some(1 << 20));
    assert_eq!(options.grants.records(), b"M1048576\0\0".as_slice());
}

#[test]
fn control_flow_is_hardened_on_aarch64_linux() {
    let request = Request { cfi: true, ..Request::default() };
    assert!(accept(request.clone(), HARDENED).codegen.cfi);
    for name in [LINUX, "riscv64-linux", MACOS, "x86_64-macos", "aarch64-none", BARE] {
        refuse(request.clone(), name, &["`--cfi`", name, "--target aarch64-linux"]);
    }
}

/// What `--confine` and `--allow-syscall` say.
fn confine(mode: Option<Mode>, allowed: &[&str]) -> Request {
    let allowed_calls = allowed.iter().map(ToString::to_string).collect();
    Request { confine: mode, allowed_calls, ..Request::default() }
}

#[test]
fn programs_are_confined_by_what_there_is() {
    let on = |strict| Confinement::On { strict, allowed: Vec::new() };
    for (mode, expected) in [
        (None, on(false)),
        (Some(Mode::Default), on(false)),
        (Some(Mode::Strict), on(true)),
        (Some(Mode::Off), Confinement::Off),
    ] {
        let options = accept(confine(mode, &[]), LINUX);
        assert_eq!(options.codegen.confines, expected != Confinement::Off);
        assert_eq!(options.confinement, expected);
    }
    for name in [MACOS, BARE] {
        assert_eq!(accept(confine(None, &[]), name).confinement, Confinement::Off);
        assert_eq!(accept(confine(Some(Mode::Off), &[]), name).confinement, Confinement::Off);
        for (mode, allowed) in [(Some(Mode::Default), &[][..]), (Some(Mode::Strict), &[]), (None, &["getppid"])] {
            refuse(confine(mode, allowed), name, &[name, "--confine", "--allow-syscall"]);
        }
    }
}

#[test]
fn native_objects_are_confined_where_it_is_said() {
    let with_natives = |request: Request| request.settle(target(LINUX), true).map(|options| options.confinement);
    assert_eq!(with_natives(confine(None, &[])), Ok(Confinement::Off));
    let on = |allowed: &[u32]| Ok(Confinement::On { strict: false, allowed: allowed.to_vec() });
    assert_eq!(with_natives(confine(Some(Mode::Default), &[])), on(&[]));
    // getppid of x86-64, by name and by number.
    assert_eq!(with_natives(confine(None, &["getppid"])), on(&[110]));
    assert_eq!(with_natives(confine(None, &["110"])), on(&[110]));
}

#[test]
fn allowed_calls_are_those_of_the_targets_architecture() {
    let allowed = |call, name| accept(confine(None, &[call]), name).confinement;
    assert_eq!(allowed("getppid", LINUX), Confinement::On { strict: false, allowed: vec![110] });
    assert_eq!(allowed("getppid", HARDENED), Confinement::On { strict: false, allowed: vec![173] });
    refuse(confine(None, &["read_mind"]), LINUX, &["`read_mind`"]);
    refuse(confine(None, &["open"]), HARDENED, &["`open`"]);
}

fn library() -> Request {
    Request { emit: Emit::StaticLib, ..Request::default() }
}

#[test]
fn a_library_has_a_stack_of_its_own_size_and_is_not_confined() {
    let options = accept(library(), LINUX);
    assert_eq!((options.codegen.stack_size, options.confinement), (1 << 20, Confinement::Off));
    let options = accept(Request { stack_size: Some(123 << 10), ..library() }, HARDENED);
    assert_eq!(options.codegen.stack_size, 123 << 10);
    accept(Request { library_name: Some("a_guest".into()), ..library() }, LINUX);
}

#[test]
fn what_belongs_to_executables_is_refused_for_libraries() {
    let grant = Grant::Variable("A".into(), "1".into());
    refuse(Request { grants: vec![grant], ..library() }, LINUX, &["grant", "not for libraries"]);
    refuse(Request { confine: Some(Mode::Strict), ..library() }, LINUX, &["--confine", "not for libraries"]);
    refuse(Request { strip: true, ..library() }, LINUX, &["--strip", "not for libraries"]);
    refuse(Request { library_name: Some("a-guest".into()), ..library() }, LINUX, &["a-guest", "identifier"]);
    refuse(Request { library_name: Some("guest".into()), ..Request::default() }, LINUX, &["--name", "libraries"]);
    refuse(library(), MACOS, &["aarch64-macos", "libraries"]);
}

#[test]
fn what_needs_a_system_is_refused_for_libraries_without_one() {
    accept(library(), BARE);
    refuse(Request { emit: Emit::SharedLib, ..library() }, BARE, &["shared libraries", "riscv64-none"]);
    refuse(Request { epoch: true, ..library() }, BARE, &["--epoch", "--fuel"]);
    refuse(Request { arguments: vec!["one".into()], ..library() }, BARE, &["--arg", "executables"]);
    refuse(Request { seed: Some(1), ..library() }, BARE, &["--seed", "executables"]);
}
