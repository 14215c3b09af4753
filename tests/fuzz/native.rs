//! The answers of compiled code: modules become one executable that answers the requests to all of them.

use super::answer::{self, Answer, Trap};
use super::generate::FUEL_PER_CALL;
use super::request::Request;
use crate::wast::compile::{compile, fills_memory, open};
use crate::wast::execute::{self, Outcome};
use crate::wast::image::{self, Command, Values};
use crate::wast::toolchain::Toolchain;
use wasmc::target::Target;
use wasmc_abi::script::{self, SLOT};
use wasmc_codegen::plan::instance::{context_size, size_of_value};
use wasmc_codegen::symbol::{Exported, symbol_of};
use wasmc_frontend::index::{ExternIndex, GlobalIndex, InstanceId};
use wasmc_frontend::program::Item;
use wasmc_frontend::{Module, Program};
use wasmc_link::Input;

/// A module and the requests to it.
pub struct Guest<'m> {
    /// The module.
    pub module: &'m Module<'m>,
    /// The global with its fuel.
    pub fuel: Option<GlobalIndex>,
    /// The requests that the interpreter has answered.
    pub requests: &'m [Request],
}

/// What became of a module.
pub enum Run {
    /// Answers to the requests, in order. Where the program ended early, fewer, and how it ended.
    Answers(Vec<Answer>, Option<String>),
    /// Why it cannot be compiled.
    Refused(String),
}

/// Compiles the modules under the same options and runs them all.
///
/// # Errors
/// Where the program cannot be linked or started.
pub fn run(guests: &[Guest<'_>], name: &str, toolchain: &Toolchain) -> Result<Vec<Run>, String> {
    let mut executable = Executable::new(guests, toolchain);
    let refusals: Vec<Option<String>> =
        guests.iter().zip(0..).map(|(guest, at)| executable.add(guest, at).err()).collect();
    let Executable { target, program, instances, objects, commands, memory_address, .. } = executable;
    let context = context_size(&program);
    let image = image::link((&target, toolchain), (&instances, context), objects, &commands, &[], memory_address)?;
    let outcomes = execute::run(name, &image, toolchain, &commands).map_err(|error| format!("cannot run: {error}"))?;
    let (end, mut outcomes) = (outcomes.end, outcomes.list.into_iter());
    let runs = guests.iter().zip(refusals).map(|(guest, refusal)| match refusal {
        Some(reason) => Run::Refused(reason),
        None => collect(guest, &mut outcomes, &end),
    });
    Ok(runs.collect())
}

struct Executable<'t, 'm> {
    toolchain: &'t Toolchain,
    /// The target as this program has it.
    target: Target,
    program: Program<'m>,
    /// The instance whose first memory lies at the fixed address.
    fixed: Option<InstanceId>,
    instances: Vec<String>,
    objects: Vec<Input>,
    commands: Vec<Command>,
    memory_address: Option<u64>,
}

impl<'t, 'm> Executable<'t, 'm> {
    fn new(guests: &[Guest<'m>], toolchain: &'t Toolchain) -> Self {
        let program = open(guests.iter().map(|guest| guest.module));
        Self {
            toolchain,
            target: toolchain.target.clone().with_heap(program.has_heap),
            program,
            fixed: None,
            instances: Vec::new(),
            objects: Vec::new(),
            commands: Vec::new(),
            memory_address: None,
        }
    }

    fn add(&mut self, guest: &Guest<'m>, at: usize) -> Result<(), String> {
        let name = format!("m{at}");
        let module = self.program.add_module(guest.module.clone());
        let linked = self.program.instantiate(name.clone(), module, |_, _| None);
        let (instance, _) = linked.map_err(|error| error.to_string())?;
        let takes_fixed = self.fixed.is_none() && fills_memory(guest.module);
        let fixed = self.fixed.or(takes_fixed.then_some(instance));
        let object = compile(&self.program, instance, fixed, &self.target, self.toolchain)?;
        self.fixed = fixed;
        self.memory_address = self.memory_address.or(object.memory_address);
        self.objects.push(Input { name: name.clone(), bytes: object.bytes.into() });
        for request in guest.requests {
            let commands = self.commands_of(instance, guest.fuel, request);
            self.commands.extend(commands);
        }
        self.instances.push(name);
        Ok(())
    }

    /// The commands of a request; the last one's outcome is the answer.
    fn commands_of(&self, instance: InstanceId, fuel: Option<GlobalIndex>, request: &Request) -> Vec<Command> {
        let symbol = |exported| symbol_of(&self.program[instance].name, exported);
        let one = |function: Option<String>, values, report| vec![Command { function, values, report }];
        let (program, toolchain) = (&self.program, self.toolchain);
        let field =
            |index, exported, offset| Values::of_state(program, toolchain, Item { instance, index }, exported, offset);
        let address =
            |index, exported, rest| Values::address_of(program, toolchain, Item { instance, index }, exported, rest);
        match request {
            Request::Instantiate => one(Some(symbol(Exported::Instantiate)), Values::Own(Vec::new()), 0),
            Request::Call { function, arguments, results, .. } => {
                let mut values: Vec<u8> = arguments.iter().flat_map(|(_, slot)| *slot).collect();
                values.resize(arguments.len().max(results.len()) * SLOT, 0);
                let trampoline = Some(symbol(Exported::Trampoline(*function)));
                let call = one(trampoline, Values::Own(values), results.len() * SLOT);
                let refuel = fuel.map(|fuel| {
                    let value = u64::from(FUEL_PER_CALL).to_le_bytes().to_vec();
                    let values = address(ExternIndex::Global(fuel), Exported::Global(fuel), value);
                    Command { function: Some(script::STORE.into()), values, report: 0 }
                });
                refuel.into_iter().chain(call).collect()
            }
            Request::Global(_, index, ty) => {
                let values = field(ExternIndex::Global(*index), Exported::Global(*index), 0);
                one(None, values, size_of_value(*ty) as usize)
            }
            Request::Memory(_, index) => {
                // After the memory's address comes what the digest puts there.
                let values = address(ExternIndex::Memory(*index), Exported::Memory(*index), vec![0; 16]);
                one(Some(script::DIGEST.into()), values, 24)
            }
            Request::Table(_, index) => {
                let len = wasmc_abi::table::offsets::LEN;
                one(None, field(ExternIndex::Table(*index), Exported::Table(*index), len), 8)
            }
        }
    }
}

fn collect(guest: &Guest<'_>, outcomes: &mut impl Iterator<Item = Outcome>, end: &str) -> Run {
    let mut answers = Vec::with_capacity(guest.requests.len());
    for request in guest.requests {
        let refuels = usize::from(guest.fuel.is_some() && matches!(request, Request::Call { .. }));
        let Some(outcome) = outcomes.nth(refuels) else { return Run::Answers(answers, Some(end.into())) };
        answers.push(answer(request, &outcome));
    }
    Run::Answers(answers, None)
}

fn answer(request: &Request, outcome: &Outcome) -> Answer {
    if let Some(code) = outcome.trap {
        return Answer::Trap(Trap::from(code));
    }
    Answer::Values(match request {
        Request::Call { results, .. } => {
            let slots = results.iter().zip(outcome.values.chunks(SLOT));
            slots.flat_map(|(&ty, slot)| answer::value(ty, slot)).collect()
        }
        Request::Global(_, _, ty) => answer::value(*ty, &outcome.values),
        Request::Memory(..) => outcome.values[8..].to_vec(),
        Request::Instantiate | Request::Table(..) => outcome.values.clone(),
    })
}
