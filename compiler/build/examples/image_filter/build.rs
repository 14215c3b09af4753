fn main() {
    wasmc_build::Build::new("filter.wasm").compile();
}
