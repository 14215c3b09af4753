//! `cargo xtask calls`: what a call from one component to another takes, compared with Wasmtime; `library`: and one
//! between a host and its guest.
//!
//! Each case is a component of two, of which one calls the other in a loop. It is measured with many calls and with
//! one: the difference, in processor time, is that of the calls. Both programs take turns, and the median counts.

mod library;

use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::manifest::Run;
use crate::markdown::{number, table};
use crate::peers::{Features, Invocation, Peer, Subject, Wasmc, WasmtimeCli};

/// The options of `cargo xtask calls`.
#[derive(clap::Args)]
pub struct Options {
    /// Only cases whose name contains this.
    #[arg(long, value_name = "NAME")]
    filter: Option<String>,

    /// Calls between a host and a guest that is linked into it instead of those between components.
    #[arg(long)]
    libraries: bool,

    /// How often each measurement is taken.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=101))]
    runs: u32,
}

/// What is called: a function of one parameter, or of two numbers, that returns a number.
struct Case {
    name: String,
    /// The parameters as the component has them, and as core code does.
    params: &'static str,
    core_params: &'static str,
    /// What is passed.
    arguments: String,
    /// The encodings of strings, of the caller and of the callee.
    encodings: [&'static str; 2],
    /// What the caller's memory holds from [`AT`] on.
    bytes: Vec<u8>,
    /// How many calls take a measurable time.
    calls: u32,
}

/// Where what is passed lies.
const AT: u32 = 1024;

const ENCODINGS: [&str; 3] = ["utf8", "utf16", "latin1+utf16"];

/// Strings of 42 characters: of ASCII, and of several scripts.
const STRINGS: [(&str, &str); 2] = [
    ("ASCII", "hello, components of the world, all of you"),
    ("mixed", "žluťoučký kůň a 漢字かな交じり文 😀 и ещё немного."),
];

fn cases() -> Vec<Case> {
    let case = |name: String, params, core_params, arguments: String, calls| Case {
        name,
        params,
        core_params,
        arguments,
        encodings: ["utf8"; 2],
        bytes: Vec::new(),
        calls,
    };
    let numbers = r#"(param "a" u32) (param "b" u64)"#;
    let passed = "(i32.const 5) (i64.const 7)".to_owned();
    let mut cases = vec![case("numbers".into(), numbers, "i32 i64", passed, 20_000_000)];
    for (what, string) in STRINGS {
        for [from, to] in ENCODINGS.iter().flat_map(|&from| ENCODINGS.map(|to| [from, to])) {
            let (bytes, len) = encoded(string, from);
            let name = format!("string, {what}, {from} to {to}");
            let passed = format!("(i32.const {AT}) (i32.const {})", len.cast_signed());
            let all = case(name, r#"(param "s" string)"#, "i32 i32", passed, 1_000_000);
            cases.push(Case { encodings: [from, to], bytes, ..all });
        }
    }
    let lists = [
        ("u8", r#"(param "l" (list u8))"#),
        ("tuple<u32, u64>", r#"(param "l" (list (tuple u32 u64)))"#),
        ("tuple<u32, u32>", r#"(param "l" (list (tuple u32 u32)))"#),
    ];
    for (element, params) in lists {
        for count in [1, 16, 256, 4096] {
            let passed = format!("(i32.const {AT}) (i32.const {count})");
            let calls = if count > 16 { 100_000 } else { 2_000_000 };
            cases.push(case(format!("list<{element}> of {count}"), params, "i32 i32", passed, calls));
        }
    }
    cases
}

/// A string in an encoding, and the length that goes with it.
fn encoded(string: &str, encoding: &str) -> (Vec<u8>, u32) {
    let utf16 = || string.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let units = string.encode_utf16().count() as u32;
    match encoding {
        "utf8" => (string.into(), string.len() as u32),
        "utf16" => (utf16(), units),
        // Latin-1, where that is enough: here for ASCII.
        _ if string.is_ascii() => (string.into(), string.len() as u32),
        _ => (utf16(), units | 1 << 31),
    }
}

impl Case {
    /// The component that makes so many calls.
    fn component(&self, calls: u32) -> String {
        const LIBC: &str = r#"(core module $libc (memory (export "memory") 4)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 131072)))
            (core instance $libc (instantiate $libc))"#;
        let memory = r#"(memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))"#;
        let Self { params, core_params, arguments, encodings: [from, to], .. } = self;
        let bytes: String = self.bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
        format!(
            r#"(component
            (component $callee {LIBC}
                (core module $m (func (export "f") (param {core_params}) (result i32) (local.get 0)))
                (core instance $m (instantiate $m))
                (func (export "f") {params} (result u32)
                    (canon lift (core func $m "f") {memory} string-encoding={to})))
            (component $caller
                (import "f" (func $f {params} (result u32)))
                {LIBC}
                (core func $low (canon lower (func $f) {memory} string-encoding={from}))
                (core module $m
                    (import "libc" "memory" (memory 1))
                    (import "callee" "f" (func $f (param {core_params}) (result i32)))
                    (data (i32.const {AT}) "{bytes}")
                    (func (export "run") (result i32) (local $left i32)
                        (local.set $left (i32.const {calls}))
                        (loop $again
                            (drop (call $f {arguments}))
                            (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
                        (i32.const 0)))
                (core instance $m (instantiate $m
                    (with "libc" (instance $libc)) (with "callee" (instance (export "f" (func $low))))))
                (func (export "run") (result (result)) (canon lift (core func $m "run"))))
            (instance $callee (instantiate $callee))
            (instance $caller (instantiate $caller (with "f" (func $callee "f"))))
            (func $run (alias export $caller "run"))
            (component $shape (import "run" (func $run (result (result)))) (export "run" (func $run)))
            (instance $exported (instantiate $shape (with "run" (func $run))))
            (export "wasi:cli/run@0.2.0" (instance $exported)))"#
        )
    }
}

/// Runs the command.
pub fn run(options: &Options) -> Result<()> {
    if options.libraries {
        return library::run(options.runs);
    }
    let wasmc = Wasmc::find(Features::Host).context("wasmc is not built: cargo build --release")?;
    let wasmtime = WasmtimeCli::find().context("Wasmtime was not found: put its command on PATH")?;
    let peers: [&dyn Peer; 2] = [&wasmc, &wasmtime];
    let mut lines =
        vec![["call of a function that takes", "wasmc, ns", "Wasmtime, ns", "ratio"].map(String::from).to_vec()];
    let wanted = |case: &Case| options.filter.as_ref().is_none_or(|filter| case.name.contains(filter));
    for case in cases().into_iter().filter(wanted) {
        eprintln!("measuring {}", case.name);
        let [ours, theirs] = measure(&case, peers, options.runs)?;
        lines.push(vec![case.name, number(Some(ours), 1), number(Some(theirs), 1), number(Some(ours / theirs), 2)]);
    }
    println!("{}", table(&lines));
    Ok(())
}

/// Nanoseconds that one call takes with each peer.
fn measure(case: &Case, peers: [&dyn Peer; 2], rounds: u32) -> Result<[f64; 2]> {
    let temporary = tempfile::tempdir()?;
    let invocation = Invocation::new(&Run::default(), Path::new("."))?;
    // Without calls but one, and with all of them.
    let counts = [1, case.calls + 1];
    let artifact = |peer: &dyn Peer, calls: u32| temporary.path().join(format!("{}-{calls}", peer.name()));
    for calls in counts {
        let wasm = temporary.path().join(format!("{calls}.wat"));
        std::fs::write(&wasm, case.component(calls))?;
        let subject = Subject { name: &case.name, wasm, source: None };
        for peer in peers {
            peer.compile(&subject, &invocation, &artifact(peer, calls))?;
        }
    }
    let mut differences = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        for (peer, differences) in peers.into_iter().zip(&mut differences) {
            let mut seconds = [0.0; 2];
            for (seconds, calls) in seconds.iter_mut().zip(counts) {
                let finished = peer.run(&artifact(peer, calls), &invocation)?;
                ensure!(finished.status == 0, "{}, by {}: status {}", case.name, peer.name(), finished.status);
                *seconds = finished.time.user.as_secs_f64();
            }
            differences.push((seconds[1] - seconds[0]) / f64::from(case.calls) * 1e9);
        }
    }
    Ok(differences.map(|mut all| {
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    }))
}
