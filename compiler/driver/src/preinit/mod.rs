//! `--preinit EXPORT`: work that a module would do at its start is done when it is compiled.
//!
//! The module is compiled for the machine that compiles, whatever the target: as a program that calls the exported
//! function and then writes a snapshot of its instance. It runs in a process of its own that is granted nothing,
//! confined as all programs are, and whose imports trap; its results are the same on every machine. What the snapshot
//! says is written back into the module ([`rewrite`]), as initial values and active segments, and the exported function
//! is taken out. So all that follows, for whichever target and kind of output, sees a module like any other.
//!
//! - [`run`]: the process, [`state`]: what it says, [`rewrite`], [`sections`]: the module that comes of it.

mod rewrite;
mod run;
mod sections;
mod state;

use crate::compile::compile;
use crate::error::Error;
use crate::grants::ProgramLimits;
use crate::options::{Emit, Preinit, Request};
use crate::phases::Phases;
use crate::sources::Sources;
use crate::target::Target;
use state::State;
use wasmc_frontend::Shown;

/// Bytes of memory that the module may have meanwhile, unless the output may have more.
const MOST_MEMORY: u64 = 1 << 30;

/// The sources, with the module as it is after its export has run. `request` is what is asked for of the output.
///
/// # Errors
/// Where the export cannot be run, traps, or takes too long; or leaves what no module can begin with.
pub fn apply(sources: Sources, preinit: &Preinit, request: &Request, phases: &mut Phases) -> Result<Sources, Error> {
    let name = &preinit.export;
    let of_module = |error| Error::of_module(error, &sources.name);
    let binary = wasmc_frontend::to_binary(&sources.module).map_err(of_module)?.into_owned();
    let program = Sources { name: sources.name.clone(), module: binary.clone(), code_moved: 0, natives: Vec::new() };
    let options = Request {
        emit: Emit::Exe,
        snapshot_after: Some(name.clone()),
        deterministic: true,
        program_limits: ProgramLimits {
            max_memory: Some(request.program_limits.max_memory.unwrap_or(MOST_MEMORY)),
            max_table_elements: request.program_limits.max_table_elements,
            ..ProgramLimits::default()
        },
        stack_size: request.stack_size,
        features: request.features,
        limits: request.limits,
        jobs: request.jobs,
        ..Request::default()
    };
    let options = options.settle(Target::find(None, None)?, false)?;
    let image = compile(program, &options, &mut Phases::new(false))?;
    let in_file = |error: Error| error.in_file(sources.name.clone());
    let snapshot = phases.run("preinit", || run::run(&image, preinit)).map_err(in_file)?;
    let state = State::read(&snapshot).map_err(|why| {
        in_file(Error::new(format!("`{}` cannot be run when the module is compiled: {why}", Shown(name))))
    })?;
    let (module, code_moved) = rewrite::rewrite(&binary, name, &state)
        .map_err(|error| in_file(Error::new(format!("the module cannot be written again: {error}"))))?;
    Ok(Sources { module, code_moved, ..sources })
}
