//! scratch
use wasmc_codegen::*;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let input = std::fs::read(&args[1]).unwrap();
    let bytes = wasmc_frontend::to_binary(&input).unwrap();
    let (module, functions) = wasmc_frontend::read(&bytes, Default::default()).unwrap();
    let mut allocs = Default::default();
    for f in functions {
        f.validate(&mut allocs).unwrap();
    }
    let cpu = ["has_sse3", "has_ssse3", "has_sse41", "has_sse42", "has_popcnt"].map(String::from).to_vec();
    let target = Target {
        triple: "x86_64-unknown-linux-gnu".parse().unwrap(),
        cpu_flags: cpu,
        memory_base: Some(0x200000),
        page_size: 4096,
    };
    let plan = Plan::new(&module, target, Options { verify: true, ..Default::default() }).unwrap();
    let mut c = Compiler::new(&plan);
    if args.len() > 3 {
        for &k in &plan.functions {
            println!("{}", if args[3] == "clif" { c.clif(k).unwrap() } else { c.assembly(k).unwrap() });
        }
    }
    let fs: Vec<_> = plan.functions.iter().map(|&k| c.compile(k).unwrap()).collect();
    let o = wasmc_object::write(&plan, &fs, wasmc_object::Extra { grants: &[0] }).unwrap();
    eprintln!("{:x}", o.memory_address.unwrap_or(0x200000));
    std::fs::write(&args[2], &o.bytes).unwrap();
}
