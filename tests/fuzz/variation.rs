//! The options under which modules are compiled.

use super::random::Random;
use crate::wast::toolchain::Toolchain;
use std::fmt;
use wasmc_codegen::options::InstanceModel;
use wasmc_codegen::passes::{Pass, Passes};
use wasmc_codegen::{Bounds, OptLevel};
use wasmc_link::Architecture;

const LEVELS: [(OptLevel, &str); 3] =
    [(OptLevel::None, "-O0"), (OptLevel::Speed, "-O2"), (OptLevel::SpeedAndSize, "-Os")];
const MODELS: [(InstanceModel, &str); 2] = [(InstanceModel::Image, ""), (InstanceModel::Context, " in contexts")];
/// Enough fuel for whatever is generated.
const FUEL: [(Option<u64>, &str); 2] = [(None, ""), (Some(u64::MAX), " --fuel")];
const BOUNDS: [(Bounds, &str); 2] = [(Bounds::Guard, "guard"), (Bounds::Explicit, "explicit")];

/// Bytes that a limited heap may have.
const MAX_HEAP: u64 = 4 << 20;

/// Targets, their CPUs, and the flags that `/proc/cpuinfo` must list where this machine has such a CPU; for emulators,
/// the extensions that they know.
const CPUS: &[(&str, &str, &[&str])] = &[
    ("x86_64-linux", "x86-64", &[]),
    ("x86_64-linux", "x86-64-v2", &["sse4_2", "popcnt"]),
    ("x86_64-linux", "x86-64-v3", &["avx2", "bmi1", "bmi2", "fma", "abm"]),
    ("x86_64-linux", "x86-64-v4", &["avx2", "bmi1", "bmi2", "fma", "abm", "avx512f", "avx512dq", "avx512vl"]),
    // Emulators lack some of what later ones have.
    ("riscv64-linux", "rv64gc", &[]),
    ("riscv64-linux", "rv64gc", &["has_v", "has_zba", "has_zbb", "has_zbs"]),
    ("riscv64-linux", "rva22", &["has_v"]),
];

/// A way to compile.
pub struct Variation {
    /// What it is compiled and linked with.
    pub toolchain: Toolchain,
    options: String,
}

impl Variation {
    /// All of them for a target, by default this machine.
    ///
    /// # Errors
    /// Where the target is unknown, or its runtime is not built in.
    pub fn all(target: Option<&str>) -> Result<Vec<Self>, wasmc::Error> {
        let plain = Toolchain::new(target, None, &[])?;
        let this_machine = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let has = |flag: &&str| this_machine.split_whitespace().any(|word| word == *flag);
        let name = plain.target.name.clone();
        let runs = |needs: &[&str]| !plain.runner.is_empty() || needs.iter().all(has);
        let known = CPUS.iter().filter(|(target, _, needs)| *target == name && runs(needs));
        let added = |needs: &[&str]| {
            let words = if plain.runner.is_empty() { &[] } else { needs };
            words.iter().map(ToString::to_string).collect::<Vec<String>>()
        };
        let mut cpus: Vec<_> = known.map(|(_, cpu, needs)| (Some(*cpu), added(needs))).collect();
        if cpus.is_empty() {
            cpus.push((None, Vec::new()));
        }
        let mut variations = Vec::new();
        for (cpu, features) in cpus {
            for ((level, level_name), (model, model_name)) in product(&LEVELS, &MODELS) {
                for ((bounds, bounds_name), (fuel, fuel_name)) in product(&BOUNDS, &FUEL) {
                    let mut toolchain = Toolchain::new(target, cpu, &features)?;
                    toolchain.options.opt_level = level;
                    toolchain.options.bounds = bounds;
                    toolchain.options.model = model;
                    toolchain.options.fuel = fuel;
                    let cpu = cpu.map_or(String::new(), |cpu| format!(" --cpu {cpu}"));
                    let cpu = features.iter().fold(cpu, |cpu, feature| format!("{cpu} +{feature}"));
                    let options =
                        format!("--target {name}{cpu} {level_name} --bounds={bounds_name}{fuel_name}{model_name}");
                    variations.push(Self { toolchain, options });
                }
            }
        }
        variations.extend(Self::without_each_pass(target)?);
        Ok(variations)
    }

    /// One without each pass of the optimiser, in their order.
    ///
    /// # Errors
    /// As those of [`Self::all`].
    pub fn without_each_pass(target: Option<&str>) -> Result<Vec<Self>, wasmc::Error> {
        let without = |&(pass, name): &(Pass, &str)| {
            let mut toolchain = Toolchain::new(target, None, &[])?;
            toolchain.options.passes = Passes::without([pass]);
            let options = format!("--target {} --opt no-{name}", toolchain.target.name);
            Ok(Self { toolchain, options })
        };
        Pass::ALL.iter().map(without).collect()
    }

    /// Whether conversions of NaNs give the canonical one, where other machines and the interpreter keep the payload.
    pub fn loses_payloads(&self) -> bool {
        self.toolchain.target.architecture == Architecture::Riscv64
    }

    /// Has NaNs be canonical.
    pub fn make_deterministic(&mut self) {
        self.toolchain.options.deterministic = true;
        self.options += " --deterministic";
    }

    /// Has little room for objects, so that it is filled as soon on every machine.
    pub fn limit_heap(&mut self) {
        self.toolchain.options.max_heap = Some(MAX_HEAP);
        self.options += " --max-gc-heap=4M";
    }

    /// Has garbage be collected at every allocation.
    pub fn collect_always(&mut self) {
        self.toolchain.runner = format!("env WASMC_HEAP=stress {}", self.toolchain.runner);
        self.options += " (WASMC_HEAP=stress)";
    }

    /// One of them.
    pub fn pick<'v>(variations: &'v [Self], random: &mut Random) -> &'v Self {
        &variations[random.below(variations.len())]
    }
}

/// All pairs.
fn product<A: Copy, B: Copy>(first: &'static [A], second: &'static [B]) -> impl Iterator<Item = (A, B)> {
    first.iter().flat_map(|&one| second.iter().map(move |&other| (one, other)))
}

impl fmt::Display for Variation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.options)
    }
}
