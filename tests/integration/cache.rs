//! `--cache`: functions that were compiled before are found again, wherever they stand now, and images stay the same.

use crate::support::{Bench, finish, root, text, wasmc};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

/// Compiles `module` with `options`, and `--cache` if `cache` is a folder, to `image`.
fn compile(module: &Path, options: &[&str], cache: Option<&Path>, image: &Path) -> (Vec<u8>, Output) {
    let mut command = wasmc();
    command.arg(module).arg("-o").arg(image).args(options);
    if let Some(folder) = cache {
        command.arg("--cache").arg(folder);
    }
    let output = finish(&mut command);
    assert!(output.status.success(), "wasmc {} {options:?}: {}", module.display(), text(&output.stderr));
    (fs::read(image).unwrap(), output)
}

/// How many functions the compiler, run with `-v`, has found, and how many it has looked for.
fn found(output: &Output) -> (usize, usize) {
    let text = text(&output.stderr);
    let line = text.lines().find_map(|line| line.strip_suffix(" functions were cached"));
    let (found, asked) = line.and_then(|line| line.split_once(" of ")).unwrap_or_else(|| panic!("{text}"));
    (found.parse().unwrap(), asked.parse().unwrap())
}

/// The only file in a folder.
fn only_file(folder: &Path) -> PathBuf {
    let mut files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let file = files.next().expect("there is one");
    assert_eq!(files.next(), None, "there are more");
    file
}

#[test]
fn images_are_the_same_with_and_without() {
    let programs = ["programs/lisp/lisp.wasm", "programs/exceptions/exceptions.wasm", "programs/gc_trees/gc_trees.wat"];
    let options: [&[&str]; 5] = [
        &[],
        &["-Os"],
        &["--bounds=explicit", "--fuel", "1000000"],
        &["--target", "aarch64-linux", "--cfi"],
        &["--target", "riscv64-linux"],
    ];
    let bench = Bench::new();
    let (cache, image) = (bench.path("cache"), bench.path("image"));
    for program in programs {
        let module = root().join("fixtures").join(program);
        for options in options {
            let verbose = [options, &["-v"]].concat();
            let (without, _) = compile(&module, options, None, &image);
            let (cold, first) = compile(&module, &verbose, Some(&cache), &image);
            let (warm, second) = compile(&module, &verbose, Some(&cache), &image);
            assert_eq!(found(&first).0, 0, "{program} {options:?}: nothing was compiled so before");
            let (found, asked) = found(&second);
            assert!(found == asked && found > 3, "{program} {options:?}: {found} of {asked}");
            assert!(without == cold && cold == warm, "{program} {options:?}: other bytes");
        }
    }
}

#[test]
fn components_and_libraries_are_cached_too() {
    let bench = Bench::new();
    let (cache, image) = (bench.path("cache"), bench.path("image"));
    let inputs: [(&str, &[&str]); 4] = [
        ("components/run.wat", &[]),
        ("components/resources.wat", &[]),
        ("components/linked.wat", &[]),
        ("programs/lisp/lisp.wasm", &["--emit", "staticlib"]),
    ];
    for (name, options) in inputs {
        let module = root().join("fixtures").join(name);
        let verbose = [options, &["-v"]].concat();
        let (without, _) = compile(&module, options, None, &image);
        let (cold, _) = compile(&module, &verbose, Some(&cache), &image);
        let (warm, second) = compile(&module, &verbose, Some(&cache), &image);
        let (found, asked) = found(&second);
        assert!(found == asked && without == cold && cold == warm, "{name}: {found} of {asked}");
    }
}

/// Functions of every kind that has something outside: calls, references, globals, traps, data, inlined calls.
fn module(first: &str, values: &[u32]) -> String {
    let function = |number: usize, value: u32| {
        format!(
            "(func $f{number} (export \"f{number}\") (param i32) (result i32)
               (global.set $g (i32.add (global.get $g) (i32.const {value})))
               (if (i32.gt_u (local.get 0) (i32.const {number})) (then (unreachable)))
               (i32.store offset={number} (local.get 0) (call $small (local.get 0)))
               (drop (ref.func $f{number}))
               (i32.div_u (call $f{} (i32.sub (local.get 0) (i32.const 1)))
                 (call_indirect $t (type $i) (local.get 0) (i32.rem_u (local.get 0) (i32.const 9)))))",
            number.saturating_sub(1)
        )
    };
    let functions: Vec<String> = values.iter().enumerate().map(|(number, &value)| function(number, value)).collect();
    format!(
        "(module (type $i (func (param i32) (result i32)))
           (memory 1) (table $t 9 funcref) (global $g (mut i32) (i32.const 0))
           (elem (table $t) (i32.const 0) func $f0 $f1 $f2)
           {first}
           (func $small (param i32) (result i32) (i32.load (i32.shl (local.get 0) (i32.const 2))))
           {}
           (func (export \"_start\") (drop (call $f{} (i32.const 1000)))))",
        functions.join("\n"),
        values.len() - 1
    )
}

#[test]
fn functions_that_have_moved_are_found() {
    let bench = Bench::new();
    let (cache, image) = (bench.path("cache"), bench.path("image"));
    let values: Vec<u32> = (0..40).collect();
    let path = bench.write("module.wat", module("", &values));
    compile(&path, &["-v"], Some(&cache), &image);
    // One more in front of all, which moves all others, and one that is changed: nothing else is compiled.
    let mut changed = values.clone();
    changed[20] = 4711;
    bench.write(
        "module.wat",
        module("(func $new (export \"new\") (result i64) (i64.const 0x123456789abcdef))", &changed),
    );
    for options in [&["-v"][..], &["-v", "-j1"]] {
        let (without, _) = compile(&path, &[], None, &image);
        let (with, output) = compile(&path, options, Some(&cache), &image);
        assert!(without == with, "other bytes");
        let (found, asked) = found(&output);
        assert!(asked > 40 && found + 2 >= asked, "{found} of {asked}");
    }
    // And back: what was not used by the last compilation is still there.
    bench.write("module.wat", module("", &values));
    let (_, output) = compile(&path, &["-v"], Some(&cache), &image);
    let (found, asked) = found(&output);
    assert_eq!(found, asked);
}

#[test]
fn a_damaged_cache_is_made_anew() {
    let bench = Bench::new();
    let (cache, image) = (bench.path("cache"), bench.path("image"));
    let path = bench.write("module.wat", module("", &[1, 2, 3]));
    let (good, _) = compile(&path, &[], Some(&cache), &image);
    let file = only_file(&cache);
    let bytes = fs::read(&file).unwrap();
    let flipped = (0..bytes.len()).step_by(bytes.len() / 20).map(|at| {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        damaged
    });
    let cut = [1, 15, 16, 47, 48, 49, bytes.len() - 1].map(|length| bytes[..length].to_vec());
    for damaged in flipped.chain(cut) {
        fs::write(&file, damaged).unwrap();
        let (image, output) = compile(&path, &[], Some(&cache), &image);
        assert!(image == good, "other bytes");
        assert!(text(&output.stderr).contains("is damaged, and made anew"), "{}", text(&output.stderr));
        assert!(fs::read(&file).unwrap() == bytes, "it is as it was");
    }
}

#[test]
fn a_cache_that_cannot_be_used_is_a_warning() {
    let bench = Bench::new();
    let image = bench.path("image");
    let path = bench.write("module.wat", module("", &[1, 2, 3]));
    let (good, _) = compile(&path, &[], None, &image);
    let file = bench.write("file", "");
    for (folder, message) in
        [(file.as_path(), "nothing is cached in"), (Path::new("/proc/none"), "nothing is cached in")]
    {
        let (bytes, output) = compile(&path, &[], Some(folder), &image);
        assert!(bytes == good, "other bytes");
        assert!(text(&output.stderr).starts_with(&format!("warning: {message}")), "{}", text(&output.stderr));
    }
    // Where the file should be is a folder.
    let cache = bench.path("cache");
    compile(&path, &[], Some(&cache), &image);
    let file = only_file(&cache);
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let (bytes, output) = compile(&path, &[], Some(&cache), &image);
    assert!(bytes == good, "other bytes");
    assert!(text(&output.stderr).contains("the cache stays as it was"), "{}", text(&output.stderr));
}

#[test]
fn compilations_at_once_share_a_cache() {
    let bench = Bench::new();
    let cache = bench.path("cache");
    let module = root().join("fixtures/programs/lz/lz.wasm");
    let images: Vec<Vec<u8>> = std::thread::scope(|scope| {
        let run = |number: usize| {
            let (cache, module, image) = (&cache, &module, bench.path(&format!("image{number}")));
            scope.spawn(move || compile(module, &[], Some(cache), &image).0)
        };
        let threads: Vec<_> = (0..4).map(run).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(images.iter().all(|image| *image == images[0]), "other bytes");
    let (_, output) = compile(&module, &["-v"], Some(&cache), &bench.path("image"));
    let (found, asked) = found(&output);
    assert_eq!(found, asked);
    only_file(&cache);
}
