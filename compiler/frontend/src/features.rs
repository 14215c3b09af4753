//! Proposals of the WebAssembly specification that can be switched on and off.

use wasmparser::WasmFeatures;

/// One proposal.
#[derive(Clone, Copy, Debug)]
pub struct Feature {
    /// Name on the command line: that of the proposal.
    pub name: &'static str,
    /// What it adds, in a few words.
    pub summary: &'static str,
    /// Whether it is on unless switched off.
    pub default: bool,
    bits: WasmFeatures,
}

const fn on(name: &'static str, summary: &'static str, bits: WasmFeatures) -> Feature {
    Feature { name, summary, default: true, bits }
}

const fn off(name: &'static str, summary: &'static str, bits: WasmFeatures) -> Feature {
    Feature { name, summary, default: false, bits }
}

/// Every feature the compiler has. To add one: a row here, its operators in the code generator.
pub const FEATURES: &[Feature] = &[
    on("mutable-global", "imported and exported mutable globals", WasmFeatures::MUTABLE_GLOBAL),
    on("sign-extension", "sign-extension operators", WasmFeatures::SIGN_EXTENSION),
    on("saturating-float-to-int", "non-trapping conversions", WasmFeatures::SATURATING_FLOAT_TO_INT),
    on("multi-value", "several results of functions and blocks", WasmFeatures::MULTI_VALUE),
    on("bulk-memory", "bulk operations on memories and tables", WasmFeatures::BULK_MEMORY),
    on("reference-types", "references as values, several tables", WasmFeatures::REFERENCE_TYPES),
    on("extended-const", "arithmetic in constant expressions", WasmFeatures::EXTENDED_CONST),
    on("tail-call", "return_call and its kin", WasmFeatures::TAIL_CALL),
    on("simd", "fixed-width 128-bit vectors", WasmFeatures::SIMD),
    on("relaxed-simd", "vector operators with some freedom for the processor", WasmFeatures::RELAXED_SIMD),
    on("multi-memory", "several memories", WasmFeatures::MULTI_MEMORY),
    on("memory64", "memories and tables with 64-bit indices", WasmFeatures::MEMORY64),
    on("function-references", "typed references to functions", WasmFeatures::FUNCTION_REFERENCES),
    on("exceptions", "exceptions: throw, try_table, exnref", WasmFeatures::EXCEPTIONS),
    on("legacy-exceptions", "exceptions as they were first: try, catch, delegate", WasmFeatures::LEGACY_EXCEPTIONS),
    on("threads", "memories that threads share, atomic accesses to them", WasmFeatures::THREADS),
    off("custom-page-sizes", "memories with pages of one byte", WasmFeatures::CUSTOM_PAGE_SIZES),
    off("wide-arithmetic", "128-bit results of integer arithmetic", WasmFeatures::WIDE_ARITHMETIC),
];

/// A set of features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features(WasmFeatures);

impl Default for Features {
    /// The features that are on by default.
    fn default() -> Self {
        let mut features = Self(WasmFeatures::FLOATS | WasmFeatures::GC_TYPES);
        for feature in FEATURES.iter().filter(|feature| feature.default) {
            features.0.insert(feature.bits);
        }
        features
    }
}

impl Features {
    /// Switches the feature called `name` on or off; `false` where there is no such feature.
    #[must_use]
    pub fn set(&mut self, name: &str, on: bool) -> bool {
        match FEATURES.iter().find(|feature| feature.name == name) {
            Some(feature) => {
                self.0.set(feature.bits, on);
                true
            }
            None => false,
        }
    }

    /// Whether `feature` is on.
    pub fn has(&self, feature: &Feature) -> bool {
        self.0.contains(feature.bits)
    }

    /// The same set with `feature` on or off.
    pub fn with(mut self, feature: &Feature, on: bool) -> Self {
        self.0.set(feature.bits, on);
        self
    }

    pub(crate) fn wasmparser(self) -> WasmFeatures {
        self.0
    }
}

/// Names of the features that the valid module `bytes` cannot do without.
///
/// A feature is needed where the module is no longer valid once it is switched off.
pub fn needed(bytes: &[u8]) -> Vec<&'static str> {
    let all = FEATURES.iter().fold(Features::default(), |all, feature| all.with(feature, true));
    FEATURES.iter().filter(|feature| !is_valid(bytes, all.with(feature, false))).map(|feature| feature.name).collect()
}

/// The features, now off, any one of which would get validation of `bytes` past the error at `offset`.
pub(crate) fn missing(bytes: &[u8], features: Features, offset: u64) -> Vec<&'static str> {
    let gets_further = |feature: &&Feature| {
        let result = wasmparser::Validator::new_with_features(features.with(feature, true).0).validate_all(bytes);
        result.map_or_else(|error| error.offset() > offset, |_| true)
    };
    FEATURES.iter().filter(|feature| !features.has(feature)).filter(gets_further).map(|feature| feature.name).collect()
}

fn is_valid(bytes: &[u8], features: Features) -> bool {
    wasmparser::Validator::new_with_features(features.0).validate_all(bytes).is_ok()
}
