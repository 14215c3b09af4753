//! scratch
fn main() {
    use wasmc_link::*;
    let a: Vec<String> = std::env::args().collect();
    let obj = std::fs::read(&a[1]).unwrap();
    let rt = std::fs::read("runtime-lib/target/release/libwasmc_runtime.a").unwrap();
    let script = std::fs::read_to_string("/tmp/w/fm.ld").unwrap().replace("0x200000", &format!("0x{}", a[3]));
    let r = LinkRequest {
        objects: vec![Input { name: "<p>".into(), bytes: obj.into() }],
        archives: vec![Input { name: "<rt>".into(), bytes: rt.into() }],
        script: &script,
        architecture: Architecture::X86_64,
        entry: "_start",
        page_size: PageSize::new(4096).unwrap(),
        memory_address: Some(u64::from_str_radix(&a[3], 16).unwrap()),
        image_base: 0x300000000,
        strip: false,
        jobs: 2.try_into().unwrap(),
    };
    let image = link(r).unwrap();
    std::fs::write(&a[2], image).unwrap();
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&a[2], std::fs::Permissions::from_mode(0o755)).unwrap();
}
