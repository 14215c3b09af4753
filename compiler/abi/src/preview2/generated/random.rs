//! The functions of `wasi:random`. Long because it has a row for each of them.
//!
//! Made by `cargo xtask wit`: do not change it by hand.

functions! {
    "wasi:random/insecure-seed" {
        "insecure-seed",
            wasmc_p2_random_insecure_seed_insecure_seed
            (u32) -> (),
            "() -> tuple<u64, u64>";
    }
    "wasi:random/insecure" {
        "get-insecure-random-bytes",
            wasmc_p2_random_insecure_get_insecure_random_bytes
            (u64 u32) -> (),
            "(len: u64) -> list<u8>";
        "get-insecure-random-u64",
            wasmc_p2_random_insecure_get_insecure_random_u64
            () -> (u64),
            "() -> u64";
    }
    "wasi:random/random" {
        "get-random-bytes",
            wasmc_p2_random_random_get_random_bytes
            (u64 u32) -> (),
            "(len: u64) -> list<u8>";
        "get-random-u64",
            wasmc_p2_random_random_get_random_u64
            () -> (u64),
            "() -> u64";
    }
}
