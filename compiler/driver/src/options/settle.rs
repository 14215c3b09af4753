//! From what is asked for to what a target can have.

use super::{Options, Request, bare, cfi, library, profile};
use crate::confine::Confinement;
use crate::embed;
use crate::error::Error;
use crate::grants::Grants;
use crate::target::Target;
use std::num::{NonZeroU32, NonZeroUsize};
use std::thread;
use wasmc_abi::confinement::Mode;
use wasmc_codegen::options::InstanceModel;
use wasmc_frontend::program::Missing;

impl Request {
    /// The options of a program for `target`, which is linked with native objects if `has_natives`.
    ///
    /// # Errors
    /// One that names the first option that the target cannot have, or that means nothing there, and what to use
    /// instead.
    pub fn settle(self, target: Target, has_natives: bool) -> Result<Options, Error> {
        check(&self, &target, has_natives)?;
        // All of them are named, so that none is forgotten.
        let Self {
            emit,
            opt_level,
            passes,
            bounds,
            spectre,
            deterministic,
            fuel,
            epoch,
            cfi,
            program_limits,
            stack_size,
            features,
            missing,
            trusts_natives,
            mut grants,
            confine,
            allowed_calls,
            mut embeds,
            embed_time,
            arguments,
            seed,
            library_name,
            snapshot_after,
            profile_to,
            profiles,
            strip,
            linker,
            limits,
            jobs,
            cache,
        } = self;
        let start = bare::start(&target, arguments, seed, &grants).filter(|_| !emit.is_library());
        if start.is_some() {
            embeds.extend(bare::carried_directories(&mut grants));
        }
        embed::check(&embeds)?;
        let grants = Grants::settle(&grants, program_limits, &target)?;
        let confine = if emit.is_library() { Some(Mode::Off) } else { confine };
        let confinement = Confinement::settle(confine, &allowed_calls, &target, has_natives)?;
        let default_stack = if emit.is_library() { library::STACK_SIZE } else { target.stack_size };
        let codegen = wasmc_codegen::Options {
            model: if emit.is_library() { InstanceModel::Context } else { InstanceModel::Image },
            opt_level,
            passes,
            bounds: bounds.unwrap_or(target.bounds),
            max_memory: program_limits.max_memory,
            max_table_elements: program_limits.max_table_elements,
            max_heap: program_limits.max_gc_heap,
            max_threads: program_limits.max_threads.unwrap_or(NonZeroU32::MAX),
            stack_size: stack_size.unwrap_or(default_stack),
            confines: confinement != Confinement::Off,
            limits: grants.have_limits(),
            listens: target.is_linux(),
            embeds: !embeds.is_empty(),
            spectre,
            deterministic,
            fuel,
            interruptible: epoch,
            cfi,
            snapshot: snapshot_after.is_some(),
            profile_to,
            ..Default::default()
        };
        let jobs = jobs.or_else(|| thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
        Ok(Options {
            emit,
            target,
            codegen,
            features,
            missing,
            trusts_natives,
            grants,
            confinement,
            embeds,
            embed_time,
            start,
            library_name,
            snapshot_after,
            profiles,
            strip,
            linker,
            limits,
            jobs,
            cache,
        })
    }
}

/// Refuses what the target cannot have, and what does not fit together.
fn check(request: &Request, target: &Target, has_natives: bool) -> Result<(), Error> {
    match target.ram {
        Some(_) => bare::check(request, target)?,
        None => bare::check_hosted(request, target)?,
    }
    cfi::check(request.cfi, target)?;
    library::check(request, target, has_natives)?;
    profile::check(request, target)?;
    check_missing(request)
}

/// Refuses to say what missing imports do in output that leaves them open.
fn check_missing(request: &Request) -> Result<(), Error> {
    // What a component imports of WASI can be what its embedder is not asked for.
    let is_component = request.emit.is_library() && request.missing == Some(Missing::Trap);
    if request.missing.is_none() || request.emit.is_linked() || is_component {
        return Ok(());
    }
    Err(missing_left_open())
}

/// The error of output that leaves missing imports open, whatever is said of them.
pub fn missing_left_open() -> Error {
    let error = Error::new("`--unknown-imports` is for programs that are linked: other output leaves them open");
    error.help("leave it out")
}
