fn main() {
    // The table of words is made when the guest is compiled: each of the many instances begins with it.
    wasmc_build::Build::new("rules.wasm").preinit("make_table").compile();
}
