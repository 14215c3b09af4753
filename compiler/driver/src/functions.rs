//! All functions of a program through the three steps to machine code, in parallel.

use crate::cache::{Cache, Digest};
use crate::options::Options;
use crate::phases::{Phases, Stopwatch};
use crate::workers::parallel_map;
use std::time::Duration;
use wasmc_codegen::{CompiledFunction, Compiler, Effort, Error, FunctionKey, Machine, Plan, Portable, Translated};
use wasmc_frontend::Shown;
use wasmc_frontend::index::FuncIndex;

/// What functions are compiled for.
pub struct Work<'p> {
    /// The plan of each instance, with the machine that it is for.
    pub parts: Vec<(&'p Plan<'p>, &'p Machine)>,
    /// The options.
    pub options: &'p Options,
    /// Functions of earlier compilations.
    pub cache: Option<&'p Cache>,
}

/// How long the steps of all functions take, on all threads together.
#[derive(Default)]
struct Steps {
    translate: Stopwatch,
    /// Finding what is cached.
    find: Stopwatch,
    optimize: Stopwatch,
    emit: Stopwatch,
}

/// Where compiled functions are looked for first.
struct Cached<'c> {
    cache: &'c Cache,
    /// What hashes of the functions begin with.
    hash: &'c blake3::Hasher,
    steps: &'c Steps,
}

impl Cached<'_> {
    /// A function, out of the cache or compiled and put into it. `None` where it cannot be compiled: errors name what
    /// was taken out of it.
    fn function(
        &self,
        compiler: &mut Compiler<'_>,
        key: FunctionKey,
        translated: Translated,
    ) -> Option<CompiledFunction> {
        let (Portable { inside, outside, content }, digest) = self.steps.find.time(|| {
            let portable = compiler.portable(translated);
            let digest: Digest = self.hash.clone().update(&portable.content).finalize().into();
            (portable, digest)
        });
        drop(content);
        let found = self.steps.find.time(|| outside.put_back(outside.decode(key, self.cache.get(&digest)?)?));
        if found.is_some() {
            return found;
        }
        let function = self.steps.rest(compiler, inside).ok()?;
        if let Some(bytes) = outside.encode(&function) {
            self.cache.put(digest, bytes);
        }
        outside.put_back(function)
    }
}

impl Steps {
    /// The steps after the first.
    fn rest(&self, compiler: &mut Compiler<'_>, translated: Translated) -> Result<CompiledFunction, Error> {
        let optimized = self.optimize.time(|| compiler.optimize(translated))?;
        self.emit.time(|| compiler.emit(optimized))
    }

    fn note(&self, phases: &mut Phases) {
        phases.part("translate", self.translate.elapsed());
        if self.find.elapsed() > Duration::ZERO {
            phases.part("find", self.find.elapsed());
        }
        phases.part("optimize", self.optimize.elapsed());
        phases.part("emit", self.emit.elapsed());
    }
}

/// The machine code of all functions of each plan, in its order.
///
/// # Errors
/// Where a function cannot be compiled.
pub fn compile(work: &Work<'_>, phases: &mut Phases) -> Result<Vec<Vec<CompiledFunction>>, Error> {
    let steps = Steps::default();
    let hash = |&(plan, _): &(&Plan<'_>, _)| Some(work.cache?.base(&Compiler::surroundings(plan)));
    let hashes: Vec<_> = work.parts.iter().map(hash).collect();
    let functions = each_function(work, phases, |compiler, (part, key)| {
        let translated = steps.translate.time(|| compiler.translate(key))?;
        let (Some(cache), Some(hash)) = (work.cache, &hashes[part]) else { return steps.rest(compiler, translated) };
        let cached = Cached { cache, hash, steps: &steps };
        match cached.function(compiler, key, translated) {
            Some(function) => Ok(function),
            None => {
                let translated = steps.translate.time(|| compiler.translate(key))?;
                steps.rest(compiler, translated)
            }
        }
    })?;
    steps.note(phases);
    note_least_effort(work, &functions, phases);
    Ok(functions)
}

/// All functions as text, each under its name.
///
/// # Errors
/// Where a function cannot be compiled.
pub fn text(
    work: &Work<'_>,
    phases: &mut Phases,
    step: impl Fn(&mut Compiler<'_>, FunctionKey) -> Result<String, Error> + Sync,
) -> Result<Vec<u8>, Error> {
    let mut whole = String::new();
    let texts = each_function(work, phases, |compiler, (_, key)| step(compiler, key))?;
    for ((plan, _), texts) in work.parts.iter().zip(texts) {
        for (&key, text) in plan.functions.iter().zip(texts) {
            whole.push_str(&format!("; {}\n{text}\n", title(plan, key)));
        }
    }
    Ok(whole.into_bytes())
}

/// Calls `step` with a compiler, and the plan's position and the function, for every function of each plan.
fn each_function<'p, R: Send>(
    work: &Work<'p>,
    phases: &mut Phases,
    step: impl Fn(&mut Compiler<'_>, (usize, FunctionKey)) -> Result<R, Error> + Sync,
) -> Result<Vec<Vec<R>>, Error> {
    let keys = |part: usize| work.parts[part].0.functions.iter().map(move |&key| (part, key));
    let all: Vec<(usize, FunctionKey)> = (0..work.parts.len()).flat_map(keys).collect();
    phases.run_steps("compile", all.len(), |progress| {
        // A thread has a compiler for the plan of its last function.
        let run = |compiler: &mut Option<(usize, Compiler<'p>)>, (part, key): (usize, FunctionKey)| {
            if compiler.as_ref().is_none_or(|(present, _)| *present != part) {
                let (plan, machine) = work.parts[part];
                *compiler = Some((part, Compiler::new(plan, machine)));
            }
            let (_, compiler) = compiler.as_mut().expect("it was just made");
            let result = step(compiler, (part, key));
            progress.step();
            result
        };
        let weight = |&(part, key): &(usize, FunctionKey)| work.parts[part].0.body_size(key);
        let results = parallel_map(work.options.jobs.get(), all, weight, || None, run);
        let mut results = results.into_iter();
        work.parts.iter().map(|(plan, _)| results.by_ref().take(plan.functions.len()).collect()).collect()
    })
}

/// Functions that a note names.
const NAMED: usize = 3;

/// Says which functions were not optimised because that would take too long.
fn note_least_effort(work: &Work<'_>, functions: &[Vec<CompiledFunction>], phases: &mut Phases) {
    let parts = work.parts.iter().zip(functions);
    let least: Vec<(&Plan<'_>, FunctionKey)> = parts
        .flat_map(|((plan, _), functions)| functions.iter().map(move |function| (*plan, function)))
        .filter(|(_, function)| function.effort == Effort::Least)
        .map(|(plan, function)| (plan, function.key))
        .collect();
    if least.is_empty() {
        return;
    }
    let named: Vec<String> = least.iter().take(NAMED).map(|&(plan, key)| title(plan, key)).collect();
    let others = match least.len().saturating_sub(NAMED) {
        0 => String::new(),
        others => format!(" and {others} more"),
    };
    phases.note(format!("not optimised, as that would take too long: {}{others}", named.join(", ")));
}

fn title(plan: &Plan<'_>, key: FunctionKey) -> String {
    let of = |index: FuncIndex| {
        let name = plan.module.function_name(index).map_or(String::new(), |name| format!(" {}", Shown(&name)));
        format!("function {index}{name}")
    };
    let title = match key {
        FunctionKey::Wasm(index) => of(index),
        FunctionKey::ImportStub(index) => format!("stub of {}", of(index)),
        FunctionKey::Trampoline(index) => format!("trampoline of {}", of(index)),
        FunctionKey::Instantiate => "instantiation".into(),
        FunctionKey::Prepare => "memories".into(),
        FunctionKey::Main => "start".into(),
        FunctionKey::Thread => "start of a thread".into(),
    };
    match plan.program.component {
        Some(_) => format!("{}: {title}", plan.program[plan.instance].name),
        None => title,
    }
}
