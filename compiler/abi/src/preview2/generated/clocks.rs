//! The functions of `wasi:clocks`. Long because it has a row for each of them.
//!
//! Made by `cargo xtask wit`: do not change it by hand.

functions! {
    "wasi:clocks/monotonic-clock" {
        "now",
            wasmc_p2_clocks_monotonic_clock_now
            () -> (u64),
            "() -> u64";
        "resolution",
            wasmc_p2_clocks_monotonic_clock_resolution
            () -> (u64),
            "() -> u64";
        "subscribe-instant",
            wasmc_p2_clocks_monotonic_clock_subscribe_instant
            (u64) -> (u32),
            "(when: u64) -> own<wasi:io/poll#pollable>";
        "subscribe-duration",
            wasmc_p2_clocks_monotonic_clock_subscribe_duration
            (u64) -> (u32),
            "(when: u64) -> own<wasi:io/poll#pollable>";
    }
    "wasi:clocks/wall-clock" {
        "now",
            wasmc_p2_clocks_wall_clock_now
            (u32) -> (),
            "() -> record{seconds: u64, nanoseconds: u32}";
        "resolution",
            wasmc_p2_clocks_wall_clock_resolution
            (u32) -> (),
            "() -> record{seconds: u64, nanoseconds: u32}";
    }
    "wasi:clocks/timezone" {
        "display",
            wasmc_p2_clocks_timezone_display
            (u64 u32 u32) -> (),
            "(when: record{seconds: u64, nanoseconds: u32}) -> record{utc-offset: s32, name: string, \
            in-daylight-saving-time: bool}";
        "utc-offset",
            wasmc_p2_clocks_timezone_utc_offset
            (u64 u32) -> (u32),
            "(when: record{seconds: u64, nanoseconds: u32}) -> s32";
    }
}
