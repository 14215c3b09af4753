//! Several modules in one program, compared with the interpreter.

use super::answer::{Answer, Trap};
use super::generate::FUEL;
use super::native::{self, Guest, Run};
use super::reference::Reference;
use super::request::{Request, requests};
use super::variation::Variation;
use crate::wast::compile::read;
use crate::wast::suites::Language;
use std::collections::BTreeMap;
use std::ops::AddAssign;
use wasmc_frontend::Module;
use wasmc_frontend::index::ExternIndex;
use wasmc_frontend::wasmparser::Operator;

/// What has been compared.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Modules that both sides ran.
    pub modules: u64,
    /// Modules that use features of one side alone, or that may end differently on different machines.
    pub skipped: u64,
    /// Calls that returned values on both sides.
    pub returned: u64,
    /// Calls that trapped on both sides, by trap. A module out of fuel traps with `unreachable`.
    pub traps: BTreeMap<Trap, u64>,
    /// Modules compared only in part, because one side reached a limit of its own.
    pub cut: u64,
    /// Globals, memories and tables.
    pub states: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.modules += other.modules;
        self.skipped += other.skipped;
        self.returned += other.returned;
        self.cut += other.cut;
        self.states += other.states;
        for (trap, count) in other.traps {
            *self.traps.entry(trap).or_default() += count;
        }
    }
}

/// Where both sides differ: the module's number in its batch, and what differs.
#[derive(Clone, Debug)]
pub struct Difference {
    /// Number of the module.
    pub module: usize,
    /// What differs.
    pub what: String,
}

/// A module that the interpreter has run.
struct Case<'a> {
    index: usize,
    module: Module<'a>,
    requests: Vec<Request>,
    answers: Vec<Answer>,
}

/// Compares modules, compiled as `variation` says. `name` is that of the program.
pub fn compare(wasm: &[Vec<u8>], name: &str, variation: &Variation, reference: &Reference) -> (Tally, Vec<Difference>) {
    let language = Language::everything();
    let (mut tally, mut differences) = (Tally::default(), Vec::new());
    let mut cases = Vec::new();
    for (index, wasm) in wasm.iter().enumerate() {
        match read(wasm, &language) {
            Ok(module) if variation.loses_payloads() && converts_floats(&module) => tally.skipped += 1,
            Ok(module) => match case(index, wasm, module, reference) {
                Some(case) => cases.push(case),
                None => tally.skipped += 1,
            },
            Err(error) => {
                differences.push(Difference { module: index, what: format!("a valid module is refused: {error}") })
            }
        }
    }
    let guests: Vec<Guest<'_>> = cases.iter().map(guest).collect();
    match native::run(&guests, name, &variation.toolchain) {
        Ok(runs) => {
            let mut has_ended = false;
            for (case, run) in cases.iter().zip(runs) {
                // The module after which the program ended is the one to blame.
                let ends = matches!(run, Run::Answers(_, Some(_)));
                if ends && has_ended {
                    tally.skipped += 1;
                    continue;
                }
                has_ended |= ends;
                match judge(case, run, &mut tally) {
                    Ok(()) => {}
                    Err(what) => differences.push(Difference { module: case.index, what }),
                }
            }
        }
        Err(what) => differences.extend(cases.first().map(|case| Difference { module: case.index, what })),
    }
    (tally, differences)
}

/// Whether a function converts floats to floats: wasm-smith leaves payloads of NaNs in them to the machine, which it
/// does nowhere else.
fn converts_floats(module: &Module<'_>) -> bool {
    let bodies = module.functions.keys().filter_map(|function| module.body(function));
    let mut operators = bodies.flat_map(|body| body.get_operators_reader().into_iter().flatten().flatten());
    operators.any(|operator| {
        matches!(
            operator,
            Operator::F64PromoteF32
                | Operator::F32DemoteF64
                | Operator::F64x2PromoteLowF32x4
                | Operator::F32x4DemoteF64x2Zero
        )
    })
}

fn case<'a>(index: usize, wasm: &[u8], module: Module<'a>, reference: &Reference) -> Option<Case<'a>> {
    let requests = requests(&module);
    let answers = reference.answers(wasm, &requests)?;
    (!answers.is_empty()).then_some(Case { index, module, requests, answers })
}

fn guest<'c>(case: &'c Case<'_>) -> Guest<'c> {
    let fuel = match case.module.export(FUEL) {
        Some(ExternIndex::Global(fuel)) => Some(fuel),
        _ => None,
    };
    Guest { module: &case.module, fuel, requests: &case.requests[..case.answers.len()] }
}

fn judge(case: &Case<'_>, run: Run, tally: &mut Tally) -> Result<(), String> {
    let (answers, end) = match run {
        Run::Answers(answers, end) => (answers, end),
        Run::Refused(reason) if reason.contains("CPU has no vectors") => {
            tally.skipped += 1;
            return Ok(());
        }
        Run::Refused(reason) => return Err(format!("the compiler refuses a valid module: {reason}")),
    };
    tally.modules += 1;
    for ((request, expected), actual) in case.requests.iter().zip(&case.answers).zip(&answers) {
        if matches!(actual, Answer::Trap(Trap::CallStackExhausted | Trap::OutOfFuel)) {
            tally.cut += 1;
            return Ok(());
        }
        if actual != expected {
            return Err(format!("{request:?}\n  the interpreter: {expected}\n  compiled code:   {actual}"));
        }
        count(request, actual, tally);
    }
    match end {
        Some(end) => Err(format!("{:?}\n  {end}", case.requests[answers.len()])),
        None => {
            tally.cut += u64::from(answers.len() < case.requests.len());
            Ok(())
        }
    }
}

/// Counts an answer on which both sides agree.
pub(super) fn count(request: &Request, answer: &Answer, tally: &mut Tally) {
    match (request, answer) {
        (Request::Instantiate | Request::Call { .. }, Answer::Trap(trap)) => {
            *tally.traps.entry(*trap).or_default() += 1
        }
        (Request::Call { .. }, Answer::Values(_)) => tally.returned += 1,
        (Request::Instantiate, _) => {}
        _ => tally.states += 1,
    }
}
