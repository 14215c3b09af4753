//! From what is asked for to what a target can have.

use super::{Options, Request, Start, bare, cfi};
use crate::confine::Confinement;
use crate::embed;
use crate::error::Error;
use crate::grants::Grants;
use crate::target::Target;
use std::num::NonZeroUsize;
use std::thread;

impl Request {
    /// The options of a program for `target`, which is linked with native objects if `has_natives`.
    ///
    /// # Errors
    /// One that names the first option that the target cannot have, or that means nothing there, and what to use
    /// instead.
    pub fn settle(self, target: Target, has_natives: bool) -> Result<Options, Error> {
        match target.ram {
            Some(_) => bare::check(&self, &target)?,
            None => bare::check_hosted(&self, &target)?,
        }
        cfi::check(self.cfi, &target)?;
        // All of them are named, so that none is forgotten.
        let Self {
            emit,
            opt_level,
            bounds,
            spectre,
            cfi,
            max_memory,
            stack_size,
            features,
            mut grants,
            confine,
            allowed_calls,
            mut embeds,
            embed_time,
            arguments,
            seed,
            strip,
            linker,
            limits,
            jobs,
        } = self;
        let start = target.ram.is_some().then(|| Start { arguments, seed: seed.unwrap_or(0) });
        if start.is_some() {
            embeds.extend(bare::carried_directories(&mut grants));
        }
        embed::check(&embeds)?;
        let grants = Grants::settle(&grants, max_memory, &target)?;
        let confinement = Confinement::settle(confine, &allowed_calls, &target, has_natives)?;
        let codegen = wasmc_codegen::Options {
            opt_level,
            bounds: bounds.unwrap_or(target.bounds),
            max_memory,
            stack_size: stack_size.unwrap_or(target.stack_size),
            confines: confinement != Confinement::Off,
            limits: grants.have_limits(),
            listens: target.is_linux(),
            embeds: !embeds.is_empty(),
            spectre,
            cfi,
            ..Default::default()
        };
        let jobs = jobs.or_else(|| thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
        Ok(Options {
            emit,
            target,
            codegen,
            features,
            grants,
            confinement,
            embeds,
            embed_time,
            start,
            strip,
            linker,
            limits,
            jobs,
        })
    }
}
