//! `wasmc inspect` of an executable: what it says of itself in section `.wasmc`, which stays when symbols are stripped.
//! The section holds grants, confinement and embedded directories, one after the other, each as `wasmc_abi` describes
//! it.

use super::list;
use crate::confine::architecture::CallArchitecture;
use crate::confine::filter;
use crate::error::Error;
use object::read::elf::{ElfFile64, FileHeader as _};
use object::{Endianness, Object as _, ObjectSection as _};
use std::fmt::Write as _;
use wasmc_abi::confinement::{HEAD_SIZE, INSTRUCTION_SIZE, Mode};
use wasmc_abi::embedded::{Archive, NodeKind};
use wasmc_abi::grants;
use wasmc_link::{Architecture, GnuProperties};

/// Whether a file is an executable rather than a module.
pub fn is_executable(bytes: &[u8]) -> bool {
    bytes.starts_with(&object::elf::ELFMAG)
}

/// Describes an executable.
///
/// # Errors
/// Where it was not made by wasmc.
pub fn describe(name: &str, bytes: &[u8]) -> Result<String, Error> {
    let foreign = || Error::new("not an executable made by wasmc").in_file(name);
    let file = ElfFile64::<Endianness>::parse(bytes).map_err(|_| foreign())?;
    let (architecture, target) = match file.elf_header().e_machine(file.endian()) {
        object::elf::EM_X86_64 => (Architecture::X86_64, "x86_64"),
        object::elf::EM_AARCH64 => (Architecture::Aarch64, "aarch64"),
        object::elf::EM_RISCV => (Architecture::Riscv64, "riscv64"),
        _ => return Err(foreign()),
    };
    let section = file.section_by_name(".wasmc").ok_or_else(foreign)?;
    let mut record = section.data().map_err(|_| foreign())?;
    let mut text = String::new();
    let _ = writeln!(text, "{name}: executable for {target}, {} bytes", bytes.len());
    text += control_flow(GnuProperties::of_image(bytes).map_err(|_| foreign())?);
    list(&mut text, "grants", &options(&mut record).ok_or_else(foreign)?);
    confinement(&mut text, &mut record, CallArchitecture(architecture)).ok_or_else(foreign)?;
    if !record.is_empty() {
        list(&mut text, "embedded", &embedded(Archive::new(record)));
    }
    Ok(text)
}

/// How control flow is hardened (`--cfi`), where it is.
fn control_flow(features: GnuProperties) -> &'static str {
    let has = |feature| features.has(feature);
    match (has(GnuProperties::BTI), has(GnuProperties::PAC)) {
        (true, true) => "control flow: landing pads (BTI), signed return addresses (PAC)\n",
        (true, false) => "control flow: landing pads (BTI), return addresses not all signed\n",
        (false, _) => "",
    }
}

/// Each grant as the option that gives it.
fn options(record: &mut &[u8]) -> Option<Vec<String>> {
    let mut options = Vec::new();
    loop {
        let (&tag, rest) = record.split_first()?;
        *record = rest;
        if tag == grants::END {
            return Some(options);
        }
        let mut strings = Vec::new();
        for _ in 0..grants::strings(tag) {
            let end = record.iter().position(|&byte| byte == 0)?;
            strings.push(String::from_utf8_lossy(&record[..end]).escape_debug().to_string());
            *record = &record[end + 1..];
        }
        options.push(option(tag, &strings)?);
    }
}

fn option(tag: u8, strings: &[String]) -> Option<String> {
    let (read_only, tag) = grants::read_only(tag);
    let named = grants::option_of(tag, strings.first().map_or(&[], |first| first.as_bytes()));
    let (_, name) = grants::options(true).find(|(tag, _)| *tag == named)?;
    let name = str::from_utf8(name).ok()?;
    let ro = if read_only { ":ro" } else { "" };
    Some(match strings {
        _ if named == grants::NAME_LOOKUP_OPTION => name.to_owned(),
        [] => name.to_owned(),
        [value] => format!("{name} {value}"),
        [host, guest] => format!("{name} {host}::{guest}{ro}"),
        [directory, guest, file, ..] => format!("{name} {directory}{file}::{guest}{ro}"),
    })
}

fn confinement(text: &mut String, record: &mut &[u8], architecture: CallArchitecture) -> Option<()> {
    let (&[mode, low, high], rest) = record.split_first_chunk::<HEAD_SIZE>()?;
    let size = usize::from(u16::from_le_bytes([low, high])) * INSTRUCTION_SIZE;
    let code = rest.get(..size)?;
    *record = rest.get(size..)?;
    let mode = [(Mode::Off, "off"), (Mode::Default, "default"), (Mode::Strict, "strict")]
        .into_iter()
        .find_map(|(known, name)| (known as u8 == mode).then_some(name))?;
    let _ = writeln!(text, "confinement: {mode}");
    let calls = filter::numbers(code).into_iter().map(|number| match architecture.name(number) {
        Some(name) => name.to_owned(),
        None => number.to_string(),
    });
    let calls: Vec<String> = calls.collect();
    if !calls.is_empty() {
        let _ = writeln!(text, "system calls: {}", calls.join(", "));
    }
    Some(())
}

/// Each file with its path and size.
fn embedded(archive: Archive<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let mut waiting: Vec<(u32, String)> = (0..archive.roots()).rev().map(|root| (root, String::new())).collect();
    while let Some((index, above)) = waiting.pop() {
        let Some(node) = archive.node(index) else { continue };
        let path = above + &String::from_utf8_lossy(archive.name(&node)).escape_debug().to_string();
        match node.kind {
            NodeKind::Directory => {
                waiting.extend(archive.children(&node).rev().map(|child| (child, format!("{path}/"))));
            }
            NodeKind::File => lines.push(format!("{path}: {} bytes", node.len)),
            NodeKind::Link => {
                let target = String::from_utf8_lossy(archive.contents(&node)).escape_debug().to_string();
                lines.push(format!("{path}: link to {target}"));
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_is_cut_short_is_none_of_ours() {
        for cut in [&b""[..], b"D", b"Dhost", b"Dhost\0guest", b"?"] {
            assert_eq!(options(&mut &*cut), None, "{cut:?}");
        }
        assert_eq!(options(&mut &b"Dhost\0guest\0\0"[..]), Some(vec!["--dir host::guest".to_owned()]));
    }
}
