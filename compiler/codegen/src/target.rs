//! What the code generator knows of a target.

use crate::{Error, OptLevel, Options};
use cranelift_codegen::isa::{self, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use target_lexicon::{Architecture, Triple};
use wasmc_abi::thread::BlockPointer;

/// A target, resolved: nothing here depends on the machine that compiles.
#[derive(Clone, Debug)]
pub struct Target {
    /// Architecture, system and object format.
    pub triple: Triple,
    /// Cranelift settings of the CPU: flags to enable, such as `has_avx`, or `name=value`.
    pub cpu_flags: Vec<String>,
    /// Address of byte 0 of the first memory, where it lies at a fixed place.
    pub memory_base: Option<u64>,
    /// Bytes that each memory may grow to unless the options say otherwise, on targets where what a memory may grow to is set
    /// aside from the start.
    pub memory_capacity: Option<u64>,
    /// Bytes of the largest page that the target's kernels use.
    pub page_size: u64,
}

impl Target {
    /// Where code of programs with threads finds the block of the thread it runs on.
    pub fn block_pointer(&self) -> BlockPointer {
        match self.triple.architecture {
            Architecture::Riscv64(_) => BlockPointer::StackArea,
            _ => BlockPointer::PinnedRegister,
        }
    }

    /// Cranelift's description of the target under `options`; code of programs with `threads` may set a register aside.
    ///
    /// # Errors
    /// Where Cranelift does not know the architecture or a flag.
    pub(crate) fn isa(&self, options: &Options, threads: bool) -> Result<OwnedTargetIsa, Error> {
        let error = |message: String| Error::Target { target: self.triple.to_string(), message };
        let mut builder = isa::lookup(self.triple.clone()).map_err(|cause| error(cause.to_string()))?;
        for flag in &self.cpu_flags {
            let result = match flag.split_once('=') {
                Some((name, value)) => builder.set(name, value),
                None => builder.enable(flag),
            };
            result.map_err(|cause| error(format!("CPU flag `{flag}`: {cause}")))?;
        }
        for flag in self.hardening(options) {
            builder.enable(flag).map_err(|cause| error(format!("{flag}: {cause}")))?;
        }
        let pins = threads && self.block_pointer() == BlockPointer::PinnedRegister;
        let flags = shared_flags(options, pins).map_err(|cause| error(cause.to_string()))?;
        builder.finish(flags).map_err(|cause| error(cause.to_string()))
    }

    /// Settings of the instruction set for what options harden.
    fn hardening(&self, options: &Options) -> Vec<&'static str> {
        let mut flags = Vec::new();
        if options.cfi {
            flags.extend(["use_bti", "sign_return_address"]);
        }
        // A conditional select alone may be predicted by value: Arm's advice is a barrier behind it.
        if options.spectre && matches!(self.triple.architecture, Architecture::Aarch64(_)) {
            flags.push("use_csdb");
        }
        flags
    }
}

fn shared_flags(options: &Options, pins: bool) -> Result<settings::Flags, settings::SetError> {
    let mut flags = settings::builder();
    let opt_level = match options.opt_level {
        OptLevel::None => "none",
        OptLevel::Speed => "speed",
        OptLevel::SpeedAndSize => "speed_and_size",
    };
    flags.set("opt_level", opt_level)?;
    flags
        .set("regalloc_algorithm", if options.opt_level == OptLevel::None { "single_pass" } else { "backtracking" })?;
    flags.set("enable_verifier", if options.verify { "true" } else { "false" })?;
    // Backtraces and the stack limit: frames are chained, and every page of a large frame is touched in order.
    flags.set("preserve_frame_pointers", "true")?;
    flags.set("enable_probestack", "true")?;
    flags.set("probestack_strategy", "inline")?;
    flags.set("unwind_info", "false")?;
    // Block starts, from which `relax` tells code from data.
    flags.set("machine_code_cfg_info", "true")?;
    flags.set("is_pic", "false")?;
    flags.set("enable_pinned_reg", if pins { "true" } else { "false" })?;
    // Results beyond the registers of a convention go through memory.
    flags.set("enable_multi_ret_implicit_sret", "true")?;
    flags.set("use_colocated_libcalls", "true")?;
    let spectre = if options.spectre { "true" } else { "false" };
    flags.set("enable_table_access_spectre_mitigation", spectre)?;
    flags.set("enable_heap_access_spectre_mitigation", spectre)?;
    Ok(settings::Flags::new(flags))
}
