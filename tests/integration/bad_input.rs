//! What wasmc must refuse: one clear error, exit status 1, no output file left behind and an existing one untouched.

use crate::support::{Bench, check_all, finish, root, text, wasmc};
use std::path::Path;
use wasmc_tests::manifest::{self, Bad};

/// Compiles `module` over an existing output and returns the error that must result.
pub fn refuse(bench: &Bench, module: &Path, args: &[String]) -> Result<String, String> {
    let image = bench.write("image", "as it was");
    let output = finish(wasmc().arg(module).arg("-o").arg(&image).args(args));
    let stderr = text(&output.stderr);
    let fail = |what: String| Err(format!("{}: {what}\n{stderr}", module.display()));
    if output.status.code() != Some(1) {
        return fail(format!("ended with {}", output.status));
    }
    if !stderr.starts_with("error: ") || stderr.matches("error: ").count() != 1 {
        return fail("not one error".to_string());
    }
    if stderr.contains("panicked") || stderr.contains("internal compiler error") {
        return fail("a bug of the compiler".to_string());
    }
    if std::fs::read(&image).map_err(|error| error.to_string())? != b"as it was" {
        return fail("the existing output has changed".to_string());
    }
    let files = std::fs::read_dir(bench.folder.path()).map_err(|error| error.to_string())?;
    let unexpected = files.flatten().find(|file| file.path() != *module && file.path() != image);
    if let Some(file) = unexpected {
        return fail(format!("{} was left behind", file.path().display()));
    }
    Ok(stderr)
}

#[test]
fn bad_modules_are_refused_with_their_offset() {
    let cases = manifest::bad().expect("the table of bad inputs is well-formed");
    check_all(&cases, check);
}

fn check(bad: &Bad) -> Result<(), String> {
    let bench = Bench::new();
    let bytes = match (&bad.hex, &bad.text) {
        (Some(hex), _) => unhex(hex),
        (None, text) => text.clone().unwrap_or_default().into_bytes(),
    };
    let module = bench.write("bad.wasm", bytes);
    let stderr = refuse(&bench, &module, &bad.args)?;
    if let Some(missing) = bad.says.iter().find(|expected| !stderr.contains(*expected)) {
        return Err(format!("{}: the error lacks {missing:?}\n{stderr}", bad.name));
    }
    match bad.offset {
        Some(offset) if !stderr.contains(&format!("{offset:#x}")) => {
            Err(format!("{}: the error lacks the offset {offset:#x}\n{stderr}", bad.name))
        }
        _ => Ok(()),
    }
}

fn unhex(hex: &str) -> Vec<u8> {
    hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).expect("two hexadecimal digits")).collect()
}

#[test]
fn a_module_cut_short_anywhere_is_refused() {
    let whole = std::fs::read(root().join("fixtures/programs/exit_status/exit_status.wasm")).expect("the fixture");
    // Every boundary of a section, its neighbours, and places inside sections.
    let mut cuts: Vec<usize> = (0..whole.len()).step_by(997).collect();
    let mut position = 8;
    while position < whole.len() {
        cuts.extend([position, position + 1, position + 2]);
        let (size, len) = leb128(&whole[position + 1..]);
        position += 1 + len + size;
    }
    // Without its custom sections, which come last, a module is whole, and so it is without data.
    let data = data_section(&whole);
    cuts.retain(|&cut| cut < data.end && cut != data.start);
    check_all(&cuts, |&cut| {
        let bench = Bench::new();
        let module = bench.write("cut.wasm", &whole[..cut]);
        refuse(&bench, &module, &[]).map(drop)
    });
}

fn leb128(bytes: &[u8]) -> (usize, usize) {
    let mut value = 0;
    for (index, byte) in bytes.iter().enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return (value, index + 1);
        }
    }
    panic!("the fixture is a valid module")
}

/// Where the data section lies.
fn data_section(module: &[u8]) -> std::ops::Range<usize> {
    let mut position = 8;
    loop {
        let (id, start) = (module[position], position);
        let (size, len) = leb128(&module[position + 1..]);
        position += 1 + len + size;
        if id == 11 {
            return start..position;
        }
    }
}

#[test]
fn a_missing_module_is_named() {
    let bench = Bench::new();
    let missing = bench.path("missing.wasm");
    let stderr = refuse(&bench, &missing, &[]).unwrap();
    assert!(stderr.contains("missing.wasm") && stderr.contains("no such file"), "{stderr}");
}

#[test]
fn a_folder_is_no_output() {
    let bench = Bench::new();
    let module = root().join("fixtures/programs/empty/empty.wat");
    std::fs::create_dir(bench.path("out")).unwrap();
    let output = finish(wasmc().arg(module).arg("-o").arg(bench.path("out")));
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.starts_with("error: ") && stderr.contains("directory"), "{stderr}");
    assert_eq!(std::fs::read_dir(bench.path("out")).unwrap().count(), 0);
}

#[test]
fn a_full_disk_is_reported_and_the_device_left_in_place() {
    let module = root().join("fixtures/programs/empty/empty.wat");
    let output = finish(wasmc().arg(module).args(["-o", "/dev/full"]));
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("/dev/full") && stderr.contains("no space left"), "{stderr}");
    use std::os::unix::fs::FileTypeExt;
    assert!(std::fs::symlink_metadata("/dev/full").unwrap().file_type().is_char_device());
}

#[test]
fn a_memory_above_the_limit_is_refused() {
    let bench = Bench::new();
    let module = bench.write("module.wat", r#"(module (memory 100) (func (export "_start")))"#);
    let stderr = refuse(&bench, &module, &["--max-memory=1MiB".to_string()]).unwrap();
    assert!(stderr.contains("--max-memory"), "{stderr}");
}

#[test]
fn the_runtimes_own_symbols_satisfy_no_import() {
    let bench = Bench::new();
    let module = bench.write(
        "module.wat",
        r#"(module (import "wasmc" "exit" (func $exit (param i32)))
            (func (export "_start") (call $exit (i32.const 7))))"#,
    );
    let stderr = refuse(&bench, &module, &[]).unwrap();
    assert!(stderr.contains("wasmc.exit"), "{stderr}");
}
