fn main() {
    for plugin in ["shout.wasm", "count.wasm"] {
        wasmc_build::Build::new(plugin).compile();
    }
}
