//! Programs that embed libraries, built as their users would.

use crate::components::component;
use crate::preview2::{component_of, importer_component};
use crate::support::{Bench, finish, root, text, wasmc};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The programs of `fixtures/library` in Rust, with the modules that each embeds, and what these are compiled with.
const HOSTS: &[(&str, &[&str], &[&str])] = &[
    ("basics", &["library/basics/guest.wat"], &[]),
    (
        "composed",
        &[
            "components/handle_dropped_twice.wat",
            "components/handle_forged.wat",
            "components/linked.wat",
            "components/out_of_bounds.wat",
            "components/resources.wat",
            "components/run_error.wat",
            "components/shared_everything.wat",
            "components/shared_too_far.wat",
            "components/strings.wat",
        ],
        &[],
    ),
    ("exceptions", &["library/exceptions/throwing.wat"], &[]),
    ("granted", &["library/granted/granted.wat"], &[]),
    ("imports", &["library/imports/importing.wat"], &[]),
    ("liar", &["library/liar/liar.wat"], &[]),
    ("metering", &["library/metering/metering.wat"], &["--fuel", "1000000", "--epoch"]),
    ("objects", &["library/objects/objects.wat"], &["--max-gc-heap", "8M"]),
    (
        "preview2",
        &[
            "programs/cat/cat.wasm, adapted",
            "programs/hash_map/hash_map.wasm, adapted",
            "programs/json_format/json_format.wasm, adapted",
            "programs/wasi/clock.wasm, adapted",
            "programs/wasi/environ.wasm, adapted",
            "programs/wasi/random.wasm, adapted",
            "programs/wasi/readdir.wasm, adapted",
            "programs/wasi/stat.wasm, adapted",
            "programs/wc/wc.wasm, adapted",
            IMPORTER,
            "preview2/files.wat",
            "preview2/random_clocks.wat",
            "preview2/read_only.wat",
            "preview2/streams.wat",
            "preview2/tcp.wat",
            "preview2/text_latin1.wat",
            "preview2/text_utf16.wat",
            "preview2/trap_blocking_write.wat",
            "preview2/trap_children.wat",
            "preview2/trap_enum.wat",
            "preview2/trap_handle_dropped.wat",
            "preview2/trap_handle_type.wat",
            "preview2/trap_handle_unknown.wat",
            "preview2/trap_handle_zero.wat",
            "preview2/trap_list_outside.wat",
            "preview2/trap_list_wraps.wat",
            "preview2/trap_permit.wat",
            "preview2/trap_poll_empty.wat",
            "preview2/trap_poll_unaligned.wat",
            "preview2/trap_result_outside.wat",
            "preview2/trap_result_unaligned.wat",
            "preview2/trap_string_invalid.wat",
            "preview2/trap_string_outside.wat",
            "preview2/trap_utf16_invalid.wat",
            "preview2/trap_utf16_unaligned.wat",
            "preview2/trap_variant.wat",
            "preview2/udp.wat",
        ],
        &[],
    ),
    ("references", &["library/references/references.wat", "library/references/externs.wat"], &[]),
    ("snapshots", &["library/snapshots/snapshots.wat", "library/snapshots/graphs.wat"], &[]),
    ("things", &["library/things/things.wat"], &[]),
    ("unasked", &["library/unasked/unasked.wat"], &["--unknown-imports=trap"]),
    ("values", &["library/values/values.wat"], &[]),
    ("waiting", &["library/waiting/waiting.wat"], &[]),
    (
        "wasi",
        &[
            "programs/exceptions/exceptions.wasm",
            "programs/wasi/environ.wasm",
            "programs/wasi/files.wasm",
            "programs/wasi/random.wasm",
            "programs/wasi/readdir.wasm",
            "programs/wasi/stat.wasm",
        ],
        &[],
    ),
];

/// A program of `fixtures/library` in Rust. All of them are one package, built once.
pub fn rust_host(name: &str) -> PathBuf {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(build);
    target().join("debug").join(name)
}

/// What hosts in C link that have WASI.
pub fn wasi_library() -> PathBuf {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--offline", "--target-dir"]).arg(target()).current_dir(root().join("compiler/wasi"));
        let output = finish(&mut cargo);
        assert!(output.status.success(), "{}", text(&output.stderr));
    });
    target().join("debug/libwasmc_wasi.a")
}

/// The modules that a program embeds.
pub fn guests(name: &str) -> &'static [&'static str] {
    HOSTS.iter().find(|(host, ..)| *host == name).map_or(&[], |(_, guests, _)| guests)
}

fn build() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hosts-package");
    std::fs::create_dir_all(&folder).expect("the folder for tests is writable");
    let mut links = format!("println!(\"cargo::rustc-link-search=native={}\");\n", folder.display());
    let mut programs = String::new();
    for (host, guests, options) in HOSTS {
        let main = root().join("fixtures/library").join(host).join("main.rs");
        programs += &format!("[[bin]]\nname = {host:?}\npath = {main:?}\n");
        for module in guests.iter().map(|guest| guest_in(&folder, guest)) {
            let guest = module.file_stem().expect("it is a file").to_string_lossy();
            let library = format!("lib{guest}.a");
            let bindings = format!("{guest}.rs");
            emit_changed(&module, "staticlib", &folder.join(&library), options);
            emit_changed(&module, "rust", &folder.join(&bindings), options);
            links += &format!("println!(\"cargo::rerun-if-changed={library}\");\n");
            links += &format!("println!(\"cargo::rustc-link-lib=static={guest}\");\n");
            let (variable, bindings) = (guest.to_uppercase(), folder.join(bindings));
            links += &format!("println!(\"cargo::rustc-env={variable}_BINDINGS={}\");\n", bindings.display());
        }
    }
    write_changed(&folder.join("build.rs"), format!("fn main() {{\n{links}}}\n").as_bytes());
    write_changed(&folder.join("Cargo.toml"), manifest("hosts", &programs, "").as_bytes());
    cargo_build(&folder, &[]);
}

/// A guest. Of the modules of `preview2`, and of those of preview 1 that are marked so, components are made in the
/// folder.
pub fn guest_in(folder: &Path, guest: &str) -> PathBuf {
    let fixtures = root().join("fixtures");
    let (name, component) = if let Some(name) = guest.strip_prefix("preview2/") {
        (format!("preview2_{name}"), component_of(&fixtures.join(guest)).into_bytes())
    } else if let Some(module) = guest.strip_suffix(ADAPTED) {
        let name = Path::new(module).file_stem().expect("it is a file").to_string_lossy();
        (format!("adapted_{name}.wasm"), component(&fixtures.join(module)).expect("it is a program of preview 1"))
    } else if guest == IMPORTER {
        (format!("{IMPORTER}.wat"), importer_component("utf8").into_bytes())
    } else {
        return fixtures.join(guest);
    };
    write_changed(&folder.join(&name), &component);
    folder.join(name)
}

/// A component that imports every function of WASI 0.2.
const IMPORTER: &str = "importer";

/// The mark of a program of preview 1 of which a component is made.
const ADAPTED: &str = ", adapted";

/// Has the command make an output, and writes it where it has changed: cargo looks at the time of files.
fn emit_changed(module: &Path, kind: &str, to: &Path, options: &[&str]) {
    let bench = Bench::new();
    emit(module, kind, &bench.path("output"), options);
    write_changed(to, &std::fs::read(bench.path("output")).expect("it was just made"));
}

fn write_changed(path: &Path, contents: &[u8]) {
    if std::fs::read(path).ok().as_deref() != Some(contents) {
        std::fs::write(path, contents).expect("the folder for tests is writable");
    }
}

/// The manifest of a package with these programs, whose build script is `build.rs`.
pub fn manifest(name: &str, programs: &str, more: &str) -> String {
    let embed = root().join("compiler/embed");
    format!(
        "[package]\nname = \"host-{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\nbuild = \"build.rs\"\n\
         {programs}[dependencies]\nwasmc-embed = {{ path = {embed:?} }}\n{more}[workspace]\n"
    )
}

/// Where hosts are built, so that what they share is built once.
pub fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("hosts")
}

/// A cargo that builds the package in a folder, with the versions that the repository uses.
pub fn cargo(folder: &Path) -> Command {
    write_lock(folder);
    cargo_with_own_lock(folder)
}

/// As [`cargo`], where the package says its versions.
pub fn cargo_with_own_lock(folder: &Path) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--offline", "--target-dir"]).arg(target()).current_dir(folder);
    // Nobody debugs them, and most are built once.
    cargo.env("CARGO_PROFILE_DEV_DEBUG", "false").env("CARGO_INCREMENTAL", "0");
    cargo
}

/// Has a package use the very versions that the repository does, which are there.
pub fn write_lock(folder: &Path) {
    let lock = std::fs::read(root().join("Cargo.lock")).expect("the repository has one");
    std::fs::write(folder.join("Cargo.lock"), lock).expect("the folder is writable");
}

/// Builds the package in a folder; returns what cargo said.
pub fn cargo_build(folder: &Path, environment: &[(&str, &Path)]) -> String {
    let output = finish(cargo(folder).envs(environment.iter().copied()));
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stderr)
}

/// Has the command make an output of a kind.
pub fn emit(module: &Path, kind: &str, to: &Path, options: &[&str]) {
    let name = module.file_stem().expect("it is a file").to_string_lossy().into_owned();
    let output = finish(wasmc().arg(module).args(["--emit", kind, "--name", &name, "-o"]).arg(to).args(options));
    assert!(output.status.success(), "{}", text(&output.stderr));
}
