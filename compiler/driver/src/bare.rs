//! Bare metal: what options mean where there is no system, and whether the program has room.

use crate::Error;
use crate::embed::Embed;
use crate::grants::Grant;
use crate::options::{Emit, Options};
use crate::target::Target;
use object::read::elf::ProgramHeader as _;
use std::path::Path;

/// Refuses options that mean nothing for the target.
///
/// # Errors
/// One that names the first of them and what to use instead.
pub fn check(options: &Options) -> Result<(), Error> {
    let target = &options.target;
    if target.ram.is_some() {
        return check_bare(options, target);
    }
    let refuse = |what: &str, help: &str| {
        Err(Error::new(format!("{what} is for targets without a system, not for `{}`", target.name)).help(help))
    };
    if options.emit == Emit::Bin {
        return refuse("`--emit bin`", "systems load executables as `--emit exe` writes them");
    }
    if !options.arguments.is_empty() {
        return refuse("`--arg`", "pass arguments when the program is started");
    }
    if options.seed.is_some() {
        return refuse("`--seed`", "random bytes come from the system");
    }
    Ok(())
}

fn check_bare(options: &Options, target: &Target) -> Result<(), Error> {
    let refuse = |what: String, help: &str| {
        Err(Error::new(format!("{what}: target `{}` has no system", target.name)).help(help))
    };
    for grant in &options.grants {
        match grant {
            Grant::Directory { read_only: true, .. } => {}
            Grant::Directory { host, .. } => {
                return refuse(
                    format!("the directory `{host}` cannot be changed"),
                    "to read it, make it part of the program: `--dir HOST::GUEST:ro`, or `--embed DIR::GUEST`",
                );
            }
            Grant::File { name, .. } => {
                return refuse(
                    format!("no file `{name}` is there when the program starts"),
                    "make the directory it lies in part of the program: `--embed DIR::GUEST`",
                );
            }
            Grant::InheritedVariable(name) => {
                return refuse(
                    format!("no variable `{name}` can be taken over when the program starts"),
                    "give it a value: `--env NAME=VALUE`",
                );
            }
            Grant::InheritedEnvironment => {
                return refuse("no environment can be inherited".into(), "give variables by `--env NAME=VALUE`");
            }
            Grant::Listen(_) => return refuse("there are no sockets".into(), "leave `--listen` out"),
            Grant::Timeout(_) | Grant::MaxOpenFiles(_) => {
                return refuse("nothing limits a program".into(), "leave `--timeout` and `--max-open-files` out");
            }
            Grant::Variable(..) | Grant::NoStream(_) => {}
        }
    }
    if options.codegen.bounds == wasmc_codegen::Bounds::Guard {
        return refuse("no address space can be reserved for guards".into(), "leave `--bounds=guard` out");
    }
    Ok(())
}

/// The same options, but for directories to be read that no system could open when the program starts: those become part of it.
pub fn with_carried_directories(options: &Options) -> Options {
    let mut options = options.clone();
    if options.target.ram.is_some() {
        for grant in std::mem::take(&mut options.grants) {
            match grant {
                Grant::Directory { host, guest, .. } => options.embeds.push(Embed { host: host.into(), guest }),
                other => options.grants.push(other),
            }
        }
    }
    options
}

/// What the program is started with, where nobody gives it arguments: its name, and those of the options.
///
/// # Errors
/// Where an argument has a NUL byte, which would end it early.
pub fn arguments(options: &Options, module: &str) -> Result<Option<Vec<String>>, Error> {
    if options.target.ram.is_none() {
        return Ok(None);
    }
    let name = Path::new(module).file_stem().map_or(String::new(), |name| name.to_string_lossy().into_owned());
    let all: Vec<String> = std::iter::once(name).chain(options.arguments.iter().cloned()).collect();
    if all.iter().any(|argument| argument.contains('\0')) {
        return Err(Error::new("an argument with a NUL byte"));
    }
    Ok(Some(all))
}

/// Checks that image and stack fit in the memory there is. What memories have left depends on the program: it checks that
/// itself when it starts.
///
/// # Errors
/// One that says how much is missing.
pub fn check_room(image: &[u8], options: &Options) -> Result<(), Error> {
    let Some(ram) = &options.target.ram else { return Ok(()) };
    let Ok(object::FileKind::Elf64) = object::FileKind::parse(image) else { return Ok(()) };
    let Ok(file) = object::read::elf::ElfFile64::<object::Endianness>::parse(image) else { return Ok(()) };
    let endian = file.endian();
    let loaded = file.elf_program_headers().iter().filter(|header| header.p_type(endian) == object::elf::PT_LOAD);
    let ends = loaded.map(|header| header.p_vaddr(endian).saturating_add(header.p_memsz(endian)));
    let end = ends.max().unwrap_or(ram.start).saturating_add(options.codegen.stack_size);
    if end <= ram.end {
        return Ok(());
    }
    let target = &options.target.name;
    let missing = end - ram.end;
    let error = Error::new(format!("program and stack need {missing} bytes more than the [ram] of target `{target}`"));
    Err(error.help("give it a smaller stack (`--stack-size`), or describe a board with more memory in a target file"))
}
