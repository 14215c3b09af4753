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
    eprintln!("{:x?}", o.memory_address);
    std::fs::write(&args[2], &o.bytes).unwrap(); link(o.bytes, o.memory_address.unwrap_or(0x200000), &format!("{}.exe", args[2]));
}
#[allow(dead_code)]
fn link(obj: Vec<u8>, mem: u64, out: &str) {
    use wasmc_link::*;
    let rt = std::fs::read("runtime-lib/target/release/libwasmc_runtime.a").unwrap();
    let script = std::fs::read_to_string("linker-scripts/fixed-memory.ld").unwrap();
    let r = LinkRequest { objects: vec![Input{name:"<p>".into(), bytes: obj.into()}], archives: vec![Input{name:"<rt>".into(), bytes: rt.into()}],
      script: &script, architecture: Architecture::X86_64, entry: "_start", page_size: PageSize::new(4096).unwrap(), memory_base: mem, image_base: 0x300000000, strip: false, jobs: 2.try_into().unwrap() };
    let image = wasmc_link::link(&r).unwrap();
    std::fs::write(out, image).unwrap();
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(out, std::fs::Permissions::from_mode(0o755)).unwrap();
}
