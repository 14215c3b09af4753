//! Scripts: the directives of one, one after the other.

use super::driver::{self, Call};
use super::types;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::process::{Command, Stdio};
use wasmc_component::World;
use wast::component::WastVal;
use wast::parser::{self, ParseBuffer};
use wast::{QuoteWat, Wast, WastArg, WastDirective, WastExecute, WastInvoke, WastRet, Wat};

/// How the assertions of scripts went.
#[derive(Debug, Default)]
pub struct Tally {
    /// How many hold.
    pub passed: usize,
    /// Those that do not, with their line and what is wrong.
    pub failed: Vec<String>,
    /// How many are left out, by reason.
    pub skipped: BTreeMap<String, usize>,
}

impl Tally {
    fn add(&mut self, name: &str, line: usize, verdict: Verdict) {
        match verdict {
            Verdict::Pass => self.passed += 1,
            Verdict::Fail(why) => self.failed.push(format!("{name}:{line}: {why}")),
            Verdict::Skip(reason) => *self.skipped.entry(reason).or_default() += 1,
        }
    }
}

enum Verdict {
    Pass,
    Fail(String),
    Skip(String),
}

/// An instance that assertions are about: its component, with the calls of it so far that did not trap.
#[derive(Clone)]
struct Instance<'s> {
    binary: Vec<u8>,
    calls: Vec<PastCall<'s>>,
}

/// A call, whose values are those of the script.
#[derive(Clone)]
struct PastCall<'s> {
    invoke: &'s WastInvoke<'s>,
    result: Option<Option<&'s WastVal<'s>>>,
    line: usize,
}

/// Runs one script; adds to `tally` how it went. `wasmc` is the command, `name` what messages call the script.
///
/// # Errors
/// Where it cannot be read as a script.
pub fn run(wasmc: &Path, name: &str, text: &str, tally: &mut Tally) -> Result<(), String> {
    let buffer = ParseBuffer::new(text).map_err(|error| error.to_string())?;
    let mut script = parser::parse::<Wast<'_>>(&buffer).map_err(|error| error.to_string())?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut binaries: Vec<Option<Result<Vec<u8>, String>>> = Vec::new();
    for directive in &mut script.directives {
        binaries.push(encoded(directive));
    }
    let mut runner = Runner { wasmc, folder: folder.path(), definitions: HashMap::new(), instances: HashMap::new() };
    for (directive, binary) in script.directives.iter().zip(binaries) {
        let line = directive.span().linecol_in(text).0 + 1;
        if let Some(verdict) = runner.step(directive, binary, line) {
            tally.add(name, line, verdict);
        }
    }
    Ok(())
}

/// The binary of what a directive is about; `None` where it is no component.
fn encoded(directive: &mut WastDirective<'_>) -> Option<Result<Vec<u8>, String>> {
    let wat = match directive {
        WastDirective::Module(wat)
        | WastDirective::ModuleDefinition(wat)
        | WastDirective::AssertMalformed { module: wat, .. }
        | WastDirective::AssertInvalid { module: wat, .. } => {
            return Some(wat.encode().map_err(|error| error.to_string()));
        }
        WastDirective::AssertUnlinkable { module, .. }
        | WastDirective::AssertTrap { exec: WastExecute::Wat(module), .. } => module,
        _ => return None,
    };
    Some(wat.encode().map_err(|error| error.to_string()))
}

struct Runner<'s> {
    wasmc: &'s Path,
    folder: &'s Path,
    /// Components by name, that of the last one `None`; or why one cannot be called.
    definitions: HashMap<Option<&'s str>, Result<Vec<u8>, String>>,
    /// Instances by name, that of the last one `None`.
    instances: HashMap<Option<&'s str>, Result<Instance<'s>, String>>,
}

impl<'s> Runner<'s> {
    fn step(
        &mut self,
        directive: &'s WastDirective<'s>,
        binary: Option<Result<Vec<u8>, String>>,
        line: usize,
    ) -> Option<Verdict> {
        match (directive, binary) {
            (WastDirective::Module(wat), Some(binary)) => {
                let (verdict, component) = define(wat, binary);
                self.instantiate(name_of(wat), component);
                verdict
            }
            (WastDirective::ModuleDefinition(wat), Some(binary)) => {
                let (verdict, component) = define(wat, binary);
                self.definitions.insert(None, component.clone());
                self.definitions.insert(name_of(wat), component);
                verdict
            }
            (WastDirective::ModuleInstance { instance, module, .. }, _) => {
                let name = module.as_ref().map(|name| name.name());
                let component = self.definitions.get(&name).cloned();
                let component = component.unwrap_or_else(|| Err("core modules".into()));
                self.instantiate(instance.as_ref().map(|name| name.name()), component);
                None
            }
            (WastDirective::AssertMalformed { .. } | WastDirective::AssertInvalid { .. }, Some(binary)) => {
                Some(match binary.map(|binary| wasmc_component::world(&binary).map(drop)) {
                    Ok(Ok(())) => Verdict::Fail("an invalid component is accepted".into()),
                    Ok(Err(error))
                        if error.help.as_ref().is_some_and(|help| help.contains("fault of the compiler")) =>
                    {
                        Verdict::Fail(error.to_string())
                    }
                    _ => Verdict::Pass,
                })
            }
            (WastDirective::AssertTrap { exec: WastExecute::Wat(_), message, .. }, Some(Ok(binary))) => {
                Some(match self.execute(&binary, &[], None) {
                    Ok(Ran::Trapped(said)) => expect_trap(&said, message),
                    Ok(Ran::Ended) => Verdict::Fail("it does not trap".into()),
                    Ok(Ran::Refused(why)) | Err(why) => refused(&why),
                })
            }
            (WastDirective::AssertTrap { exec: WastExecute::Invoke(invoke), message, .. }, _) => {
                Some(self.call(invoke, None, Some(message), line))
            }
            (WastDirective::AssertReturn { exec: WastExecute::Invoke(invoke), results, .. }, _) => {
                let result = match &results[..] {
                    [WastRet::Component(value)] => Some(value),
                    _ => None,
                };
                Some(self.call(invoke, Some(result), None, line))
            }
            (WastDirective::Invoke(invoke), _) => Some(self.call(invoke, None, None, line)),
            (WastDirective::AssertUnlinkable { .. }, _) => Some(Verdict::Skip("links with the test host".into())),
            _ => Some(Verdict::Skip("directives about several instances".into())),
        }
    }

    fn instantiate(&mut self, name: Option<&'s str>, component: Result<Vec<u8>, String>) {
        let instance = component.map(|binary| Instance { binary, calls: Vec::new() });
        self.instances.insert(None, instance.clone());
        self.instances.insert(name, instance);
    }

    /// Calls a function of an instance, after the calls before: one that returns as said, or traps.
    fn call(
        &mut self,
        invoke: &'s WastInvoke<'s>,
        result: Option<Option<&'s WastVal<'s>>>,
        trap: Option<&str>,
        line: usize,
    ) -> Verdict {
        let name = invoke.module.as_ref().map(|name| name.name());
        let present = match self.instances.get(&name) {
            Some(Ok(present)) => present,
            Some(Err(reason)) => return Verdict::Skip(reason.clone()),
            None => return Verdict::Skip("core modules".into()),
        };
        let call = PastCall { invoke, result, line };
        let ran = self.execute(&present.binary, &present.calls, Some(&call));
        let verdict = match (ran, trap) {
            (Ok(Ran::Ended), None) => Verdict::Pass,
            (Ok(Ran::Trapped(said)), Some(message)) => expect_trap(&said, message),
            (Ok(Ran::Ended), Some(_)) => Verdict::Fail("it does not trap".into()),
            (Ok(Ran::Trapped(said)), None) => Verdict::Fail(said),
            (Ok(Ran::Refused(why)) | Err(why), _) => refused(&why),
        };
        if let (Some(Ok(present)), None) = (self.instances.get_mut(&name), trap) {
            present.calls.push(call);
        }
        verdict
    }

    /// Compiles and runs the calls of a component.
    fn execute(&self, binary: &[u8], before: &[PastCall<'s>], last: Option<&PastCall<'s>>) -> Result<Ran, String> {
        let world = wasmc_component::world(binary).map_err(|error| error.to_string())?;
        let calls = before.iter().chain(last).map(|call| described(&world, call));
        let calls = calls.collect::<Result<Vec<_>, _>>()?;
        let driver = driver::driver(binary, &calls).ok_or("values of other types than the function has")?;
        let (module, image) = (self.folder.join("driver.wasm"), self.folder.join("driver"));
        std::fs::write(&module, driver).map_err(|error| error.to_string())?;
        let compiled = Command::new(self.wasmc).arg(&module).arg("-o").arg(&image).stdin(Stdio::null()).output();
        let compiled = compiled.map_err(|error| error.to_string())?;
        if !compiled.status.success() {
            return Ok(Ran::Refused(String::from_utf8_lossy(&compiled.stderr).into_owned()));
        }
        let run = Command::new(&image).stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        match run.status.code() {
            Some(0) => Ok(Ran::Ended),
            Some(134) => Ok(Ran::Trapped(said)),
            _ => Ok(Ran::Refused(format!("{}: {said}", run.status))),
        }
    }
}

/// The name that a directive gives what it defines.
fn name_of<'s>(wat: &QuoteWat<'s>) -> Option<&'s str> {
    wat.name().map(|name| name.name())
}

/// A component that is valid, or why it cannot be called; and a verdict where it should be valid and is not.
fn define(wat: &QuoteWat<'_>, binary: Result<Vec<u8>, String>) -> (Option<Verdict>, Result<Vec<u8>, String>) {
    if matches!(wat, QuoteWat::Wat(Wat::Module(_))) {
        return (None, Err("core modules".into()));
    }
    let binary = match binary {
        Ok(binary) => binary,
        Err(error) => return (Some(Verdict::Fail(error)), Err("a component without text".into())),
    };
    match wasmc_component::world(&binary) {
        Ok(world) if world.imports.is_empty() => (None, Ok(binary)),
        Ok(_) => (None, Err("components that import from the test host".into())),
        Err(error) => match refused(&error.to_string()) {
            Verdict::Skip(reason) => (Some(Verdict::Skip(reason.clone())), Err(reason)),
            verdict => (Some(verdict), Err("the component is refused".into())),
        },
    }
}

/// How a run ended.
enum Ran {
    Ended,
    Trapped(String),
    Refused(String),
}

fn described<'s>(world: &World, call: &PastCall<'s>) -> Result<Call<'s>, String> {
    let export = world.exports.iter().find(|export| export.name == call.invoke.name);
    let text = export.and_then(|export| export.items.first());
    let text = text.ok_or_else(|| format!("skipped: `{}` is of an exported instance", call.invoke.name))?;
    let ty = types::function(text).ok_or_else(|| format!("skipped: values of handles or of tasks: {text}"))?;
    let args = call.invoke.args.iter().map(|arg| match arg {
        WastArg::Component(value) => Ok(value),
        _ => Err("skipped: core values".to_string()),
    });
    Ok(Call { name: call.invoke.name, ty, args: args.collect::<Result<_, _>>()?, result: call.result, line: call.line })
}

/// Proposals that are not supported, and what errors say of them.
const FEATURES: [(&str, &str); 4] = [
    ("fixed-length lists", "ixed-length lists"),
    ("names of what an import implements", "`cm-implements`"),
    ("maps", "component model map feature"),
    ("memories with 64-bit indices in components", "`cm64`"),
];

/// What the runner makes of a component that is refused.
fn refused(why: &str) -> Verdict {
    let first = why.lines().next().unwrap_or_default();
    let is_async = ["async", "task", "future", "stream", "thread", "error-context", "backpressure", "waitable"];
    if let Some(reason) = why.strip_prefix("skipped: ") {
        return Verdict::Skip(reason.split(':').next().unwrap_or_default().into());
    }
    if first.contains("core modules that a component imports") {
        return Verdict::Skip("core modules that a component imports, which nothing can link statically".into());
    }
    if let Some((feature, _)) = FEATURES.iter().find(|(_, words)| first.contains(words)) {
        return Verdict::Skip(format!("proposals: {feature}"));
    }
    if is_async.iter().any(|word| first.contains(word)) {
        return Verdict::Skip("asynchronous functions, which WASI 0.3 needs".into());
    }
    Verdict::Fail(first.into())
}

/// Reasons of traps as scripts have them, of calls from outside of all components, and as adapters between components
/// have them.
const SAME: [(&str, &str); 7] = [
    ("realloc return: beyond end of memory", "list content out-of-bounds"),
    ("realloc return: result not aligned", "unaligned pointer"),
    ("string pointer not aligned to 2", "unaligned pointer"),
    ("string pointer/length out of bounds of memory", "string content out-of-bounds"),
    ("invalid utf-8", "invalid utf8 encoding"),
    ("incomplete utf-8 byte sequence", "invalid utf8 encoding"),
    ("discriminant 2 out of range [0..2)", "invalid variant discriminant"),
];

/// Whether a trap says what a script wants: words of engines differ, so that either may hold the other.
fn expect_trap(said: &str, message: &str) -> Verdict {
    let line = said.lines().find_map(|line| line.strip_prefix("wasm trap: ")).unwrap_or_default();
    let wanted = message.trim_start_matches("wasm trap: ").replace(['`'], "");
    let line_plain = line.replace('`', "");
    let same = wanted.contains(&line_plain) || line_plain.contains(&wanted) || SAME.contains(&(message, line));
    match !line.is_empty() && same {
        true => Verdict::Pass,
        false => Verdict::Fail(format!("it traps as {line:?}, not {message:?}")),
    }
}
