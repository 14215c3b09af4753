fn main() {
    // Guests are optimised whatever the host is: they are compared with a native decoder that is, too.
    wasmc_build::Build::new("inflate.wasm").option("-O2").compile();
}
