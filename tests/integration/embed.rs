//! Directories that are part of a program (`--embed`): what goes into the image. `programs` tests what comes out.

use crate::bad_input::refuse;
use crate::support::{Bench, finish, root, text, wasmc};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

fn module() -> PathBuf {
    root().join("fixtures/programs/embed/embed.wasm")
}

fn embed(folder: &Path) -> String {
    format!("--embed={}::/tree", folder.display())
}

#[test]
fn the_same_files_give_the_same_image_wherever_and_whenever_they_are_written() {
    let image = |reversed: bool| {
        let bench = Bench::new();
        let folder = bench.path("tree");
        fs::create_dir(&folder).unwrap();
        let mut names = vec!["a", "b", "c.txt", "B"];
        if reversed {
            names.reverse();
        }
        for name in names {
            fs::write(folder.join(name), name).unwrap();
        }
        fs::read(bench.compile(&module(), &[embed(&folder)])).unwrap()
    };
    assert!(image(false) == image(true));
}

#[test]
fn source_date_epoch_dates_the_files() {
    let bench = Bench::new();
    let tree = root().join("fixtures/programs/embed/tree");
    let compile = |epoch: &str| {
        let mut command = wasmc();
        command.arg(module()).arg(embed(&tree)).arg("-o").arg(bench.path("image")).env("SOURCE_DATE_EPOCH", epoch);
        finish(&mut command)
    };
    assert!(compile("1700000000").status.success());
    let output = text(&finish(&mut Command::new(bench.path("image"))).stdout);
    assert!(output.contains("modified at 1700000000"), "{output}");
    let refused = compile("yesterday");
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("SOURCE_DATE_EPOCH"), "{}", text(&refused.stderr));
}

#[test]
fn links_that_lead_out_are_refused() {
    let folder = Bench::new();
    symlink("../above", folder.path("link")).unwrap();
    let stderr = refuse(&Bench::new(), &module(), &[embed(folder.folder.path())]).unwrap();
    assert!(stderr.contains("link leads out"), "{stderr}");
    fs::remove_file(folder.path("link")).unwrap();
    symlink("/etc/passwd", folder.path("link")).unwrap();
    let stderr = refuse(&Bench::new(), &module(), &[embed(folder.folder.path())]).unwrap();
    assert!(stderr.contains("link leads out"), "{stderr}");
}

#[test]
fn a_directory_that_is_not_there_is_named() {
    let stderr = refuse(&Bench::new(), &module(), &["--embed=nowhere::/tree".to_string()]).unwrap();
    assert!(stderr.contains("nowhere") && stderr.contains("no such file"), "{stderr}");
    let stderr = finish(wasmc().arg(module()).args(["--embed", "nowhere"])).stderr;
    assert!(text(&stderr).contains("DIR::GUEST"), "{}", text(&stderr));
}

#[test]
fn embedded_files_need_no_system_calls() {
    let bench = Bench::new();
    let image = bench.compile(&module(), &[embed(&root().join("fixtures/programs/embed/tree"))]);
    let log = bench.path("log");
    let mut command = Command::new("strace");
    command
        .args(["-e", "trace=openat,openat2,readv,preadv,fstat,newfstatat,getdents64,lseek", "-o"])
        .arg(&log)
        .arg(image);
    let output = finish(&mut command);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let log = fs::read_to_string(log).unwrap();
    // The guest's C library asks what its standard output is.
    let calls: Vec<&str> = log.lines().filter(|line| !line.starts_with("+++") && !line.contains("(1, ")).collect();
    // What the program does with a descriptor that it has closed comes to the system as one that does not exist.
    assert!(calls.iter().all(|call| call.contains("EBADF")), "{calls:?}");
}
