//! Tells the build scripts of dependants where these sources are, in `DEP_WASMC_ABI_FOLDER`: the runtime is built from the
//! same ones as the compiler.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::metadata=folder={}", env!("CARGO_MANIFEST_DIR"));
}
