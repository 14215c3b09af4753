//! Attempts to reach what was not granted. Each is made by a guest program, and what lies beside the granted directory
//! is compared afterwards. Paths are resolved both ways: by the kernel, and component by component.

use super::{Program, assert_silent};
use crate::cross;
use crate::support::{Bench, Machine, finish};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use wasmc_tests::emulators;

/// How paths are resolved.
pub const RESOLVERS: [Machine; 2] =
    [Machine { options: &[], emulator: "" }, Machine { options: &[], emulator: emulators::WITHOUT_OPENAT2 }];

/// A granted directory `scratch` beside others.
pub struct Ground {
    /// Holds them all.
    pub bench: Bench,
}

impl Ground {
    /// Directories with files in them.
    pub fn new() -> Self {
        let ground = Self { bench: Bench::new() };
        for directory in ["scratch/dir/inner", "readonly/dir", "canary/dir"] {
            fs::create_dir_all(ground.path(directory)).unwrap();
        }
        let files = ["canary/secret", "canary/file", "canary/dir/file", "readonly/file", "readonly/dir/file"];
        for file in files.into_iter().chain(["scratch/dir/file", "secret"]) {
            fs::write(ground.path(file), "outside").unwrap();
        }
        ground
    }

    /// The path of something there.
    pub fn path(&self, name: &str) -> PathBuf {
        self.bench.path(name)
    }

    /// Makes a symbolic link.
    pub fn link(&self, name: &str, target: impl AsRef<Path>) {
        symlink(target, self.path(name)).unwrap();
    }

    /// Makes symbolic links, each a name and its target.
    pub fn links(&self, all: &[(&str, &str)]) {
        all.iter().for_each(|(name, target)| self.link(name, target));
    }

    /// Compiles a program with these grants.
    pub fn program(&self, machine: Machine, name: &str, grants: &[String]) -> PathBuf {
        let module = super::module(name);
        let options = machine.options.iter().map(ToString::to_string).chain(grants.iter().cloned());
        let image = self.bench.compile(&module, &options.collect::<Vec<_>>());
        let renamed = self.path(name);
        fs::rename(image, &renamed).unwrap();
        renamed
    }

    /// The option that grants a directory.
    pub fn grant(&self, name: &str) -> String {
        format!("--dir={}::/{}", self.path(name).display(), name)
    }

    /// Everything beside the granted directory that a program may change: names, kinds, contents, times, links.
    pub fn outside(&self) -> BTreeMap<PathBuf, String> {
        let mut found = BTreeMap::new();
        for name in ["canary", "readonly", "secret"] {
            describe(&self.path(name), &mut found);
        }
        let beside = fs::read_dir(self.bench.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        found.insert(PathBuf::new(), format!("{:?}", beside.collect::<std::collections::BTreeSet<_>>()));
        found
    }
}

fn describe(path: &Path, found: &mut BTreeMap<PathBuf, String>) {
    let metadata = fs::symlink_metadata(path).unwrap();
    let contents = if metadata.is_file() { fs::read(path).unwrap() } else { Vec::new() };
    let times = (metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec());
    let text = format!("{:o} {} {times:?} {contents:?}", metadata.mode(), metadata.nlink());
    found.insert(path.to_path_buf(), text);
    if metadata.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            describe(&entry.unwrap().path(), found);
        }
    }
}

#[test]
fn nothing_leads_out_of_a_granted_directory() {
    for resolver in RESOLVERS {
        try_to_escape(resolver);
    }
}

#[test]
fn nothing_leads_out_on_other_machines() {
    for machine in [cross::AARCH64, cross::RISCV64] {
        if cross::is_there(machine) {
            try_to_escape(machine);
        }
    }
}

fn try_to_escape(machine: Machine) {
    let ground = Ground::new();
    ground.links(&[
        ("scratch/relative", "../canary/secret"),
        ("scratch/relative_dir", "../canary"),
        ("scratch/dots", ".."),
        ("scratch/root", "/"),
        ("scratch/self", "."),
        ("scratch/inside", "dir/inner"),
        ("scratch/chain", "self/relative_dir"),
        ("scratch/twice", "relative"),
        ("scratch/dangling", "../canary/none"),
        ("scratch/dangling_dir", "../nowhere"),
        ("scratch/dir/up", "../../canary"),
        ("scratch/dir/inner/up2", "../../../canary"),
    ]);
    ground.link("scratch/absolute", ground.path("canary/secret"));
    ground.link("scratch/absolute_dir", ground.path("canary"));
    let readonly = ground.grant("readonly") + ":ro";
    let grants = [ground.grant("scratch"), readonly, "--dir=/proc/self::/magic:ro".to_string()];
    let image = ground.program(machine, "escapes", &grants);
    let before = ground.outside();
    let inside = names(&ground.path("scratch"));
    assert_silent(&finish(machine.start(&image).current_dir(ground.bench.folder.path())));
    assert_eq!(ground.outside(), before);
    assert_eq!(names(&ground.path("scratch")), inside);
}

fn names(folder: &Path) -> Vec<PathBuf> {
    let mut found = BTreeMap::new();
    describe(folder, &mut found);
    let made_by_the_program = folder.join("a");
    found.into_keys().filter(|path| !path.starts_with(&made_by_the_program)).collect()
}

#[test]
fn nothing_leads_out_while_others_change_the_path() {
    for (resolver, rounds) in RESOLVERS.into_iter().zip(["2000", "100"]) {
        let ground = Ground::new();
        fs::create_dir_all(ground.path("scratch/swap_inside")).unwrap();
        fs::create_dir_all(ground.path("scratch/flip/inner/deep")).unwrap();
        fs::create_dir_all(ground.path("scratch/canary")).unwrap();
        for file in ["scratch/swap_inside/file", "scratch/canary/file", "scratch/flip/file"] {
            fs::write(ground.path(file), "inside").unwrap();
        }
        ground.link("scratch/swap", "swap_inside");
        let image = ground.program(resolver, "race", &[ground.grant("scratch")]);
        // What is moved in and out lies beside the canaries while it is out: `..` from there leads to them.
        fs::create_dir(ground.path("elsewhere")).unwrap();
        let before = ground.outside();
        let done = AtomicBool::new(false);
        let output = std::thread::scope(|scope| {
            scope.spawn(|| swap_links(&ground, &done));
            scope.spawn(|| move_directories(&ground, &done));
            let output = finish(resolver.start(&image).arg(rounds));
            done.store(true, Relaxed);
            output
        });
        assert_silent(&output);
        assert_eq!(ground.outside(), before);
    }
}

/// Makes a link lead in and out in turn; each change is one step.
fn swap_links(ground: &Ground, done: &AtomicBool) {
    let (link, new) = (ground.path("scratch/swap"), ground.path("elsewhere/new"));
    for target in ["../canary", "swap_inside"].iter().cycle() {
        symlink(target, &new).unwrap();
        fs::rename(&new, &link).unwrap();
        if done.load(Relaxed) {
            return;
        }
    }
}

/// Moves a directory out of the granted one and back.
fn move_directories(ground: &Ground, done: &AtomicBool) {
    let (inside, outside) = (ground.path("scratch/flip/inner"), ground.path("elsewhere/inner"));
    while !done.load(Relaxed) {
        fs::rename(&inside, &outside).unwrap();
        fs::rename(&outside, &inside).unwrap();
    }
}

#[test]
fn addresses_outside_of_memory_are_refused_everywhere() {
    assert_silent(&finish(&mut Program::new("pointers").command(&[])));
}

#[test]
fn a_thread_that_closes_a_directory_gives_no_other_to_a_call_on_it() {
    let ground = Ground::new();
    fs::rename(ground.path("readonly/dir"), ground.path("readonly/sub")).unwrap();
    let readonly = ground.grant("readonly") + ":ro";
    let image = ground.program(Machine::default(), "thread_race", &[ground.grant("scratch"), readonly]);
    let before = ground.outside();
    assert_silent(&finish(Machine::default().start(&image).arg("5000")));
    assert_eq!(ground.outside(), before);
}
