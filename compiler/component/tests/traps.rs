//! The numbers that adapters trap with are those of the library that makes the adapters.

use wasmc_abi::component::ADAPTER_TRAPS;
use wasmtime_environ::Trap;

#[test]
fn numbers_of_adapters_traps_are_those_of_wasmtime_environ() {
    for &(number, message) in ADAPTER_TRAPS {
        let trap = u8::try_from(number).ok().and_then(Trap::from_u8).expect("there is such a trap");
        assert_eq!(trap.to_string(), format!("wasm trap: {message}"));
    }
}
