//! Generated modules on several targets, under `--deterministic`, compared with each other: every bit of every result
//! is the same. These may use what an interpreter lacks, or need not agree on with it: atomic operations, relaxed
//! vectors, bits of NaNs; or structures and arrays, with a collection at every allocation and without.

use super::answer::{Answer, Trap};
use super::batch::{Difference, Tally, count};
use super::generate::{self, FUEL};
use super::native::{self, Guest, Run};
use super::random::Random;
use super::reproduction::Reproduction;
use super::request::{Request, requests};
use super::variation::Variation;
use crate::wast::compile::read;
use crate::wast::suites::Language;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use wasmc_frontend::Module;
use wasmc_frontend::index::ExternIndex;
use wasmc_frontend::wasmparser::Operator;

/// The targets; what another answers is compared with the first.
const TARGETS: [&str; 3] = ["x86_64-linux", "aarch64-linux", "riscv64-linux"];

/// Modules in one program.
const BATCH: usize = 24;

/// In the message of QEMU 7.2 for riscv64 where, in one block, a vector conversion with a rounding mode of its own
/// follows a scalar one: it notes the state of the instruction twice.
const EMULATOR_DEFECT: &str = "decode_save_opc: Assertion";

/// Bytes of stack for a thread that compiles.
const STACK_SIZE: usize = 256 << 20;

/// What is compared.
pub struct Comparison {
    /// The ways to compile and to run, of which each side takes one for each program.
    sides: Vec<Vec<Variation>>,
    /// Makes a module, with tail calls or without.
    generate: fn(&mut Random, bool) -> Option<Vec<u8>>,
}

impl Comparison {
    /// All targets.
    ///
    /// # Errors
    /// Where the runtime of one is not built in.
    pub fn of_targets() -> Result<Self, wasmc::Error> {
        let sides = TARGETS.into_iter().map(|target| side(target, Variation::make_deterministic));
        Ok(Self { sides: sides.collect::<Result<_, _>>()?, generate: generate::module_of_all_features })
    }

    /// All targets, with a collection at every allocation, and one without.
    ///
    /// # Errors
    /// Where the runtime of one is not built in.
    pub fn of_heaps() -> Result<Self, wasmc::Error> {
        let plain = side(TARGETS[0], |variation| {
            variation.make_deterministic();
            variation.limit_heap();
        });
        let stressed = TARGETS.into_iter().map(|target| {
            side(target, |variation| {
                variation.make_deterministic();
                variation.limit_heap();
                variation.collect_always();
            })
        });
        let sides = std::iter::once(plain).chain(stressed).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { sides, generate: generate::module_with_objects })
    }
}

fn side(target: &str, change: impl FnMut(&mut Variation)) -> Result<Vec<Variation>, wasmc::Error> {
    let mut variations = Variation::all(Some(target))?;
    variations.iter_mut().for_each(change);
    Ok(variations)
}

/// Compares batches until time is up, or a number of them has been compared; differing modules go to `folder`.
pub fn search(
    comparison: &Comparison,
    seed: u64,
    (time, batches): (Duration, u64),
    jobs: usize,
    folder: &Path,
) -> (Tally, Vec<String>) {
    let start = Instant::now();
    let (next, found) = (AtomicU64::new(0), Mutex::new((Tally::default(), Vec::new())));
    let work = || {
        while start.elapsed() < time {
            let number = next.fetch_add(1, Relaxed);
            if number >= batches {
                return;
            }
            let (tally, differences) = batch(comparison, seed, number, folder);
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            found.0 += tally;
            differences.iter().for_each(|difference| eprintln!("{difference}\n"));
            found.1.extend(differences);
        }
    };
    thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            let thread = thread::Builder::new().stack_size(STACK_SIZE);
            thread.spawn_scoped(scope, work).expect("threads can be started");
        }
    });
    found.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn batch(comparison: &Comparison, seed: u64, number: u64, folder: &Path) -> (Tally, Vec<String>) {
    let mut random = Random::nested(seed, number);
    let variations: Vec<&Variation> = comparison.sides.iter().map(|side| Variation::pick(side, &mut random)).collect();
    let tail_calls = random.once_in(2);
    let modules: Vec<Vec<u8>> = (0..BATCH).filter_map(|_| (comparison.generate)(&mut random, tail_calls)).collect();
    let (tally, differences) = compare(&modules, &format!("across-{seed}-{number}"), &variations);
    let report = |Difference { module, what }| {
        let (name, original) = (format!("across-{seed}-{number}-{module}"), &modules[module]);
        let reproduction = Reproduction { name, what: &what, variation: variations[1], original, smallest: original };
        match reproduction.write(folder) {
            Ok(folder) => format!("{what}\n  module: {}", folder.display()),
            Err(error) => format!("{what}\n  cannot be written: {error}"),
        }
    };
    let reports = differences.into_iter().map(report).collect();
    (tally, reports)
}

/// Whether a function waits for other threads, of which there are none.
fn waits(module: &Module<'_>) -> bool {
    let bodies = module.functions.keys().filter_map(|function| module.body(function));
    let mut operators = bodies.flat_map(|body| body.get_operators_reader().into_iter().flatten().flatten());
    operators
        .any(|operator| matches!(operator, Operator::MemoryAtomicWait32 { .. } | Operator::MemoryAtomicWait64 { .. }))
}

struct Case<'a> {
    index: usize,
    module: Module<'a>,
    requests: Vec<Request>,
}

/// Compares modules under one variation for each target.
fn compare(wasm: &[Vec<u8>], name: &str, variations: &[&Variation]) -> (Tally, Vec<Difference>) {
    let language = Language::everything();
    let (mut tally, mut differences, mut cases) = (Tally::default(), Vec::new(), Vec::new());
    for (index, wasm) in wasm.iter().enumerate() {
        match read(wasm, &language) {
            Ok(module) if waits(&module) => tally.skipped += 1,
            Ok(module) => cases.push(Case { index, requests: requests(&module), module }),
            Err(error) => {
                differences.push(Difference { module: index, what: format!("a valid module is refused: {error}") });
            }
        }
    }
    let guests: Vec<Guest<'_>> = cases.iter().map(guest).collect();
    let mut sides = Vec::new();
    for variation in variations {
        match native::run(&guests, name, &variation.toolchain) {
            Ok(runs) => sides.push(runs),
            Err(what) => {
                differences.extend(cases.first().map(|case| Difference { module: case.index, what: what.clone() }));
                return (tally, differences);
            }
        }
    }
    let mut has_ended = false;
    for (number, case) in cases.iter().enumerate() {
        let runs: Vec<&Run> = sides.iter().map(|side| &side[number]).collect();
        // The module after which a program ended is the one to blame.
        if has_ended {
            tally.skipped += 1;
            continue;
        }
        has_ended = runs.iter().any(|run| matches!(run, Run::Answers(_, Some(_))));
        match judge(case, &runs, variations, &mut tally) {
            Err(what) if what.contains(EMULATOR_DEFECT) => tally.skipped += 1,
            Err(what) => differences.push(Difference { module: case.index, what }),
            Ok(()) => {}
        }
    }
    (tally, differences)
}

fn guest<'c>(case: &'c Case<'_>) -> Guest<'c> {
    let fuel = match case.module.export(FUEL) {
        Some(ExternIndex::Global(fuel)) => Some(fuel),
        _ => None,
    };
    Guest { module: &case.module, fuel, requests: &case.requests }
}

fn judge(case: &Case<'_>, runs: &[&Run], variations: &[&Variation], tally: &mut Tally) -> Result<(), String> {
    let mut sides = Vec::new();
    for run in runs {
        match run {
            Run::Answers(answers, None) => sides.push(answers),
            Run::Answers(answers, Some(end)) => {
                return Err(format!("{:?}\n  {end}", case.requests.get(answers.len())));
            }
            Run::Refused(reason) if reason.contains("CPU has no vectors") => {
                tally.skipped += 1;
                return Ok(());
            }
            Run::Refused(reason) => return Err(format!("the compiler refuses a valid module: {reason}")),
        }
    }
    tally.modules += 1;
    for (number, request) in case.requests.iter().enumerate() {
        let answers: Vec<&Answer> = sides.iter().filter_map(|side| side.get(number)).collect();
        // How much stack and heap there is depends on the machine, and on when garbage is collected; fuel is not
        // counted on every side.
        let exhausted = [Trap::CallStackExhausted, Trap::HeapExhausted, Trap::OutOfFuel].map(Answer::Trap);
        if answers.iter().any(|answer| exhausted.contains(answer)) {
            tally.cut += 1;
            return Ok(());
        }
        if answers.iter().any(|answer| *answer != answers[0]) {
            let sides = variations.iter().zip(&answers).map(|(variation, answer)| format!("\n  {variation}: {answer}"));
            return Err(format!("{request:?}{}", sides.collect::<String>()));
        }
        count(request, answers[0], tally);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What takes more fuel than there is, however much that is, is not compared.
    #[test]
    fn fuel_ends_where_lengths_are_huge() {
        let module = r#"(module
            (table i64 1 10 funcref)
            (global (export "fuel") (mut i32) (i32.const 500))
            (func $grow (result i64) (table.grow (ref.null func) (i64.const -1)))
            (func (export "grow_twice") (result i64) (i64.add (call $grow) (call $grow))))"#;
        let module = wasmc_frontend::to_binary(module.as_bytes()).unwrap().into_owned();
        let variations = Variation::all(None).unwrap();
        let with = |fuel: bool| variations.iter().find(|side| side.toolchain.options.fuel.is_some() == fuel).unwrap();
        let (tally, differences) = compare(&[module], "huge", &[with(false), with(true)]);
        let what: Vec<String> = differences.into_iter().map(|difference| difference.what).collect();
        assert_eq!((tally.modules, tally.cut, what), (1, 1, Vec::new()));
    }
}
