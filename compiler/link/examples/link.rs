use wasmc_link::*;
fn main() {
    let mut a = std::env::args().skip(1);
    let script = std::fs::read_to_string(a.next().unwrap()).unwrap();
    let out = a.next().unwrap();
    let (mut objects, mut archives) = (vec![], vec![]);
    let mut strip = false;
    let mut arch = Architecture::X86_64;
    for p in a {
        if p == "-s" { strip = true; continue }
        if p == "-arm" { arch = Architecture::Aarch64; continue }
        if p == "-rv" { arch = Architecture::Riscv64; continue }
        let i = Input { name: p.clone(), bytes: std::fs::read(&p).unwrap().into() };
        if p.ends_with(".a") { archives.push(i) } else { objects.push(i) }
    }
    let r = LinkRequest { objects, archives, script: &script, architecture: arch, entry: "_start", page_size: PageSize::new(4096).unwrap(), memory_address: Some(0x200000), image_base: 0x300000000, strip, jobs: 2.try_into().unwrap() };
    let t = std::time::Instant::now();
    match link(r) { Ok(b) => { eprintln!("{} bytes {:?}", b.len(), t.elapsed()); std::fs::write(&out, b).unwrap();
      use std::os::unix::fs::PermissionsExt; std::fs::set_permissions(&out, std::fs::Permissions::from_mode(0o755)).unwrap(); }
      Err(e) => { eprintln!("error: {e}\n{e:?}"); std::process::exit(1) } }
}
