use crate::{Architecture, verify_macho};

const SEGMENT: u32 = 0x19;
const DYLIB: u32 = 0xc;
const SIGNATURE: u32 = 0x1d;
const BUILD_VERSION: u32 = 0x32;
const MAIN: u32 = 0x8000_0028;

const READ_EXECUTE: u32 = 5;
const ALL: u32 = 7;

/// A load command of words.
fn command(kind: u32, words: &[u32]) -> Vec<u8> {
    let all = [&[kind, 8 + 4 * words.len() as u32], words].concat();
    all.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn segment(name: &str, size: u64, protection: u32) -> Vec<u8> {
    let mut words = [0; 16];
    for (word, letters) in words.iter_mut().zip(name.as_bytes().chunks(4)) {
        let mut bytes = [0; 4];
        bytes[..letters.len()].copy_from_slice(letters);
        *word = u32::from_le_bytes(bytes);
    }
    (words[6], words[7]) = (size as u32, (size >> 32) as u32);
    (words[12], words[13]) = (protection, protection);
    command(SEGMENT, &words)
}

fn library(name: &str) -> Vec<u8> {
    let length = 24 + (name.len() + 1).next_multiple_of(8);
    let words = [DYLIB, length as u32, 24, 0, 0, 0];
    let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    bytes.extend_from_slice(name.as_bytes());
    bytes.resize(length, 0);
    bytes
}

/// The commands of an executable as it must be.
fn commands() -> Vec<Vec<u8>> {
    vec![
        segment("__PAGEZERO", 1 << 32, 0),
        segment("__TEXT", 0x4000, READ_EXECUTE),
        command(MAIN, &[0x1000, 0, 0, 0]),
        library("/usr/lib/libSystem.B.dylib"),
        command(BUILD_VERSION, &[1, 0, 0, 0]),
        command(SIGNATURE, &[0, 0]),
    ]
}

const ARM64: u32 = 0x0100_000c;
const EXECUTABLE: u32 = 2;
const PIE: u32 = 0x20_0000;

fn file(cpu: u32, kind: u32, flags: u32, commands: &[Vec<u8>]) -> Vec<u8> {
    let size: usize = commands.iter().map(Vec::len).sum();
    let header = [0xfeed_facf, cpu, 0, kind, commands.len() as u32, size as u32, flags, 0];
    header.iter().flat_map(|word| word.to_le_bytes()).chain(commands.concat()).collect()
}

fn complaint(file: &[u8]) -> String {
    let error = verify_macho(file, Architecture::Aarch64).unwrap_err().to_string();
    error.strip_prefix("the linked image is not as it must be: ").unwrap_or(&error).to_owned()
}

/// What is wrong with an executable whose command at `index` is another, or missing.
fn with(index: usize, other: Option<Vec<u8>>) -> String {
    let mut commands = commands();
    commands.splice(index..=index, other);
    complaint(&file(ARM64, EXECUTABLE, PIE, &commands))
}

#[test]
fn an_executable_as_it_must_be_is_accepted() {
    verify_macho(&file(ARM64, EXECUTABLE, PIE, &commands()), Architecture::Aarch64).unwrap();
}

#[test]
fn it_is_an_executable_for_the_architecture() {
    let wrong = "it is no executable for this architecture";
    assert_eq!(complaint(&file(0x0100_0007, EXECUTABLE, PIE, &commands())), wrong);
    assert_eq!(complaint(&file(ARM64, 6, PIE, &commands())), wrong);
    assert!(verify_macho(&file(ARM64, EXECUTABLE, PIE, &commands()), Architecture::Riscv64).is_err());
    assert!(verify_macho(b"text", Architecture::Aarch64).is_err());
}

#[test]
fn it_is_loaded_anywhere_without_an_executable_stack() {
    let wrong = "it cannot be loaded anywhere, or its stack is executable";
    assert_eq!(complaint(&file(ARM64, EXECUTABLE, 0, &commands())), wrong);
    assert_eq!(complaint(&file(ARM64, EXECUTABLE, PIE | 0x2_0000, &commands())), wrong);
}

#[test]
fn every_part_is_there() {
    assert_eq!(with(0, None), "the lowest 4 GiB are not out of bounds");
    assert_eq!(with(2, None), "it has no entry point");
    assert_eq!(with(3, None), "it does not name the system library");
    assert_eq!(with(4, None), "it does not say which system it is for");
    assert_eq!(with(5, None), "it is not signed");
}

#[test]
fn parts_that_are_not_as_they_must_be_are_refused() {
    assert_eq!(with(0, Some(segment("__PAGEZERO", 1 << 31, 0))), "the lowest 4 GiB are not out of bounds");
    assert_eq!(with(0, Some(segment("__PAGEZERO", 1 << 32, 1))), "the lowest 4 GiB are not out of bounds");
    assert_eq!(with(1, Some(segment("__TEXT", 0x4000, ALL))), "a segment is writable and executable");
    assert_eq!(with(3, Some(library("/usr/lib/other"))), "it depends on another library than the system's");
    assert_eq!(with(4, Some(command(BUILD_VERSION, &[2, 0, 0, 0]))), "it does not say which system it is for");
}
