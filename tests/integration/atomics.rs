//! Narrow atomic operations of several threads on neighbouring bytes of one word.

use crate::cross::{AARCH64, RISCV64, is_there};
use crate::support::{Bench, Machine};
use crate::threads::module;

/// What each of four threads does so many times.
const ROUNDS: u32 = 20_000;

/// An increment by comparing and exchanging, of 8 or 16 bits, in an operator family.
fn increment(ty: &str, bits: u32, address: u32) -> String {
    format!(
        "(loop $again (local.set $old_{ty} ({ty}.atomic.load{bits}_u (i32.const {address})))
            (br_if $again ({ty}.ne (local.get $old_{ty}) ({ty}.atomic.rmw{bits}.cmpxchg_u (i32.const {address})
                (local.get $old_{ty}) ({ty}.add (local.get $old_{ty}) ({ty}.const 1))))))\n"
    )
}

/// What one thread does in a round, on the bytes from 64 on: sums that wrap, a bit of its own, a lock.
fn round() -> String {
    let mut code = String::new();
    for (ty, start) in [("i32", 64), ("i64", 72)] {
        let one = format!("({ty}.const 1)");
        code += &format!("(drop ({ty}.atomic.rmw8.add_u (i32.const {start}) {one}))\n");
        code += &format!("(drop ({ty}.atomic.rmw8.sub_u (i32.const {}) {one}))\n", start + 1);
        code += &format!("(drop ({ty}.atomic.rmw8.xor_u (i32.const {}) {one}))\n", start + 2);
        code += &increment(ty, 8, start + 3);
        code += &format!("(drop ({ty}.atomic.rmw16.add_u (i32.const {}) {one}))\n", start + 4);
        code += &increment(ty, 16, start + 6);
    }
    // The thread's bit, which nobody else changes, is there after it was set.
    code += "(drop (i32.atomic.rmw8.or_u (i32.const 80) (local.get $bit)))
        (if (i32.eqz (i32.and (local.get $bit)
                (i32.atomic.rmw8.and_u (i32.const 80) (i32.xor (local.get $bit) (i32.const -1)))))
            (then unreachable))\n";
    for (lock, exchange, counter) in [(82, "i32.atomic.rmw16.xchg_u", 84), (81, "i32.atomic.rmw8.xchg_u", 88)] {
        let bits = if exchange.contains("16") { 16 } else { 8 };
        code += &format!(
            "(loop $locked (br_if $locked ({exchange} (i32.const {lock}) (i32.const 1))))
            (i32.store (i32.const {counter}) (i32.add (i32.load (i32.const {counter})) (i32.const 1)))
            (i32.atomic.store{bits} (i32.const {lock}) (i32.const 0))\n"
        );
    }
    code
}

#[test]
fn narrow_operations_are_atomic() {
    let locals = "(local $bit i32) (local $round i32) (local $old_i32 i32) (local $old_i64 i64)";
    let work = |bit: &str| {
        format!(
            "(local.set $bit (i32.shl (i32.const 1) {bit}))
            (loop $next {}
                (br_if $next (i32.lt_u (local.tee $round (i32.add (local.get $round) (i32.const 1)))
                    (i32.const {ROUNDS}))))
            (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))",
            round()
        )
    };
    let total = 4 * ROUNDS;
    let (byte, half) = (total % (1 << 8), total % (1 << 16));
    let sums = [(0, byte, 8), (1, (1 << 8) - byte, 8), (2, 0, 8), (3, byte, 8), (4, half, 16), (6, half, 16)];
    let mut checks = String::new();
    for (offset, expected, bits) in
        [64, 72].into_iter().flat_map(|start| sums.map(|(at, sum, bits)| (start + at, sum, bits)))
    {
        checks += &format!(
            "(if (i32.ne (i32.load{bits}_u (i32.const {offset})) (i32.const {expected}))
                (then (call $exit (i32.const {offset}))))\n"
        );
    }
    for counter in [84, 88] {
        checks += &format!(
            "(if (i32.ne (i32.load (i32.const {counter})) (i32.const {total}))
                (then (call $exit (i32.const {counter}))))\n"
        );
    }
    let spawn = |number: u32| format!("(drop (call $spawn (i32.const {number})))\n");
    let main = format!(
        "{locals} {} {} (loop $wait (br_if $wait (i32.ne (i32.atomic.load (i32.const 0)) (i32.const 4)))) {checks}
            (call $exit (i32.const 200))",
        (1..4).map(spawn).collect::<String>(),
        work("(i32.const 0)"),
    );
    let text = module(&format!("{locals} {}", work("(local.get $argument)")), &main);
    for machine in [Machine::default(), AARCH64, RISCV64] {
        if !machine.options.is_empty() && !is_there(machine) {
            continue;
        }
        for level in ["-O0", "-O2"] {
            let bench = Bench::new();
            let options = [machine.options, &["--timeout=60s", level]].concat();
            let image = bench.compile_text(&text, &options);
            let status = machine.start(&image).status().unwrap();
            assert_eq!(status.code(), Some(200), "{options:?}: the address of what is wrong: {status}");
        }
    }
}
