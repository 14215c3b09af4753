//! Ten thousand modules that are nearly valid: wasmc neither panics nor hangs on any of them.
//!
//! They go through the compiler as a library, in process, up to the object: linking sees only what that has made.

use crate::support::root;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};
use wasmc_codegen::{Compiler, Machine, Options, Plan};
use wasmc_frontend::Program;
use wasmc_frontend::program::command::Natives;

/// Modules tried for each seed module.
const MUTANTS: u64 = 2_500;
/// Far above what any of the small modules takes.
const LIMIT: Duration = Duration::from_secs(20);

/// A generator of numbers (xorshift64*), so that every run tries the same modules.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

fn mutate(module: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = module.to_vec();
    for _ in 0..1 + random.below(4) {
        let at = random.below(bytes.len());
        match random.below(4) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = random.next() as u8,
            2 => bytes[at] = [0x00, 0x01, 0x7f, 0x80, 0xff][random.below(5)],
            _ => {
                let other = random.below(bytes.len());
                bytes.swap(at, other);
            }
        }
    }
    bytes
}

fn compile(bytes: &[u8]) -> Result<usize, String> {
    let unvalidated = wasmc_frontend::read(bytes, Default::default()).map_err(|error| error.to_string())?;
    let module = unvalidated.validate().map_err(|error| error.to_string())?;
    let program = Program::command(module, &Natives::Undecided, None).map_err(|error| format!("{error:?}"))?;
    let target = wasmc::target::Target::find(Some("x86_64-linux"), None).expect("a target of its own").codegen;
    let plan = Plan::new(&program, target, Options::default()).map_err(|error| error.to_string())?;
    let machine = Machine::new(&plan).map_err(|error| error.to_string())?;
    let mut compiler = Compiler::new(&plan, &machine);
    let functions: Result<Vec<_>, _> = plan.functions.iter().map(|&key| compiler.compile(key)).collect();
    let functions = functions.map_err(|error| error.to_string())?;
    let object = wasmc_object::write(
        &plan,
        &machine,
        &functions,
        wasmc_object::ProgramData { grants: &[0], ..Default::default() },
    );
    Ok(object.map_err(|error| error.to_string())?.bytes.len())
}

#[test]
fn mutated_modules_never_make_the_compiler_panic_or_hang() {
    let seeds = ["exit_status/exit_status.wasm", "simd/simd.wasm", "bytecode/bytecode.wasm", "small"];
    let mut compiled = 0;
    for (number, seed) in seeds.iter().enumerate() {
        let module = match std::fs::read(root().join("fixtures/programs").join(seed)) {
            Ok(module) => module,
            Err(_) => wasmc_frontend::to_binary(SMALL).expect("the module is valid").into_owned(),
        };
        let mut random = Random(0x9e37_79b9_7f4a_7c15 + number as u64);
        for mutant in 0..MUTANTS {
            let bytes = mutate(&module, &mut random);
            let start = Instant::now();
            let result = catch_unwind(AssertUnwindSafe(|| compile(&bytes)));
            assert!(result.is_ok(), "mutant {mutant} of {seed} made the compiler panic");
            assert!(start.elapsed() < LIMIT, "mutant {mutant} of {seed} took {:?}", start.elapsed());
            compiled += usize::from(matches!(result, Ok(Ok(_))));
        }
    }
    // Not all of them fail at the first byte.
    assert!(compiled > 100, "only {compiled} mutants were still valid");
}

/// A small module with something of every section, so that few bytes are constants of long functions.
const SMALL: &[u8] = br#"(module
  (type $binary (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (table $t 4 8 funcref)
  (memory 1 2)
  (global $g (mut i32) (i32.const 5))
  (global $k i64 (i64.const 7))
  (elem (i32.const 1) $add $sub)
  (elem $passive func $add)
  (data (i32.const 16) "some data")
  (data $d "passive")
  (func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
  (func $sub (type $binary) (i32.sub (local.get 0) (local.get 1)))
  (func $loop (param i32) (result i32) (local i64 f32 f64 v128)
    (block $out (loop $again
      (br_if $out (i32.eqz (local.get 0)))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (i32.store offset=8 (local.get 0) (global.get $g))
      (br_table $again $out $again (local.get 0))))
    (select (local.get 0) (i32.const 3) (i32.load8_u (i32.const 17))))
  (func (export "_start")
    (table.init $t $passive (i32.const 0) (i32.const 0) (i32.const 1))
    (elem.drop $passive)
    (memory.init $d (i32.const 0) (i32.const 0) (i32.const 7))
    (memory.copy (i32.const 100) (i32.const 0) (i32.const 50))
    (memory.fill (i32.const 100) (i32.const 1) (i32.const 7))
    (drop (memory.grow (i32.const 1)))
    (drop (table.grow $t (ref.null func) (i32.const 1)))
    (global.set $g (call_indirect (type $binary) (i32.const 3) (call $loop (i32.const 4)) (i32.const 1)))
    (drop (i8x16.add (v128.load (i32.const 0)) (i8x16.splat (global.get $g))))
    (drop (i32.trunc_sat_f64_s (f64.sqrt (f64.convert_i32_u (global.get $g)))))
    (call $exit (global.get $g))))"#;
