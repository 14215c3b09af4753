//! Cranelift's description of a target, under the options of a program.

use super::x64;
use crate::code::Effort;
use crate::plan::Plan;
use crate::{Error, OptLevel, Options, Target};
use cranelift_codegen::TextSectionBuilder;
use cranelift_codegen::isa::{self, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use target_lexicon::{Architecture, BinaryFormat};
use wasmc_abi::thread::BlockPointer;

/// What emits the machine code of a plan. All threads share it.
pub struct Machine {
    full: OwnedTargetIsa,
    least: OwnedTargetIsa,
}

impl Machine {
    /// The machine that `plan` is for.
    ///
    /// # Errors
    /// Where Cranelift does not know the architecture or a flag of the CPU.
    pub fn new(plan: &Plan<'_>) -> Result<Self, Error> {
        let unwinds = plan.exceptions.any();
        let build = |options: &Options| build(&plan.target, options, plan.has_many_instances(), unwinds);
        let least = Options { opt_level: OptLevel::None, ..plan.options.clone() };
        Ok(Self { full: build(&plan.options)?, least: build(&least)? })
    }

    /// Cranelift's description of it, for functions of an effort.
    pub(crate) fn isa(&self, effort: Effort) -> &dyn isa::TargetIsa {
        match effort {
            Effort::Full => &*self.full,
            Effort::Least => &*self.least,
        }
    }

    /// A builder that lays out `functions` functions and resolves calls between them.
    pub fn text_section_builder(&self, functions: usize) -> Box<dyn TextSectionBuilder> {
        self.full.text_section_builder(functions)
    }
}

/// Code of which there may be `many` instances sets a register aside where it can. `unwinds` says whether exceptions
/// are thrown.
fn build(target: &Target, options: &Options, many: bool, unwinds: bool) -> Result<OwnedTargetIsa, Error> {
    let error = |message: String| Error::Target { target: target.triple.to_string(), message };
    let mut builder = isa::lookup(target.triple.clone()).map_err(|cause| error(cause.to_string()))?;
    for flag in &target.cpu_flags {
        let result = match flag.split_once('=') {
            Some((name, value)) => builder.set(name, value),
            None => builder.enable(flag),
        };
        result.map_err(|cause| error(format!("CPU flag `{flag}`: {cause}")))?;
    }
    for flag in hardening(target, options) {
        builder.enable(flag).map_err(|cause| error(format!("{flag}: {cause}")))?;
    }
    let pins = many && target.block_pointer() == BlockPointer::PinnedRegister;
    let flags = shared_flags(target, options, pins, unwinds).map_err(|cause| error(cause.to_string()))?;
    builder.finish(flags).map_err(|cause| error(cause.to_string()))
}

/// Settings of the instruction set for what options harden.
fn hardening(target: &Target, options: &Options) -> Vec<&'static str> {
    let mut flags = Vec::new();
    if options.cfi {
        flags.extend(["use_bti", "sign_return_address"]);
    }
    // A conditional select alone may be predicted by value: Arm's advice is a barrier after it.
    if options.spectre && matches!(target.triple.architecture, Architecture::Aarch64(_)) {
        flags.push("use_csdb");
    }
    flags
}

fn shared_flags(
    target: &Target,
    options: &Options,
    pins: bool,
    unwinds: bool,
) -> Result<settings::Flags, settings::SetError> {
    let mut flags = settings::builder();
    let opt_level = match options.opt_level {
        OptLevel::None => "none",
        OptLevel::Speed => "speed",
        OptLevel::SpeedAndSize => "speed_and_size",
    };
    let regalloc_algorithm = if options.opt_level == OptLevel::None { "single_pass" } else { "backtracking" };
    flags.set("opt_level", opt_level)?;
    flags.set("regalloc_algorithm", regalloc_algorithm)?;
    flags.set("enable_verifier", switch(options.verify))?;
    // Frames are chained for backtraces. Where there is a link register, a function that calls none needs no frame, as
    // the runtime knows; debuggers, by the tables of Mach-O, do not.
    let is_x86 = target.triple.architecture == Architecture::X86_64;
    let is_macho = target.triple.binary_format == BinaryFormat::Macho;
    flags.set("preserve_frame_pointers", switch(is_x86 || is_macho))?;
    // The stack limit: every page of a large frame is touched in order.
    flags.set("enable_probestack", "true")?;
    flags.set("probestack_strategy", "inline")?;
    // Where functions save registers: it changes no code.
    flags.set("unwind_info", switch(unwinds))?;
    // Block starts, from which `x64` tells code from data. Recording them takes quadratic time in the worst case.
    flags.set("machine_code_cfg_info", switch(x64::applies(target, options)))?;
    flags.set("is_pic", "false")?;
    flags.set("enable_pinned_reg", switch(pins))?;
    // Results beyond the registers of a convention go through memory.
    flags.set("enable_multi_ret_implicit_sret", "true")?;
    flags.set("use_colocated_libcalls", "true")?;
    flags.set("enable_table_access_spectre_mitigation", switch(options.spectre))?;
    flags.set("enable_heap_access_spectre_mitigation", switch(options.spectre))?;
    Ok(settings::Flags::new(flags))
}

fn switch(on: bool) -> &'static str {
    if on { "true" } else { "false" }
}
