//! Tells the build scripts of dependants where the sources of the runtime are: in `DEP_WASMC_RUNTIME_FOLDER`.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::metadata=folder={}", env!("CARGO_MANIFEST_DIR"));
}
