//! What a program carries besides its modules.

use crate::Error;
use crate::writer::Writer;
use object::write::StandardSection;
use object::{BinaryFormat, SectionKind};
use wasmc_abi::{bare, symbols};
use wasmc_codegen::plan::start::StartPlan;

/// What the program carries besides its modules.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProgramData<'a> {
    /// Encoded grants: see [`wasmc_abi::grants`].
    pub grants: &'a [u8],
    /// The program's confinement: see [`wasmc_abi::confinement`].
    pub confinement: &'a [u8],
    /// Embedded directories: see [`wasmc_abi::embedded`]. Empty where there are none.
    pub embedded: &'a [u8],
    /// What the program is started with, where no system hands that over: see [`wasmc_abi::bare`].
    pub start: Option<Start<'a>>,
    /// What bindings know a library by: see [`wasmc_abi::context::Module::fingerprint`].
    pub fingerprint: u64,
}

/// What a program is started with.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a> {
    /// The arguments, the program's name first.
    pub arguments: &'a [String],
    /// Variables of the environment that the runtime reads, `NAME=VALUE`.
    pub environment: &'a [String],
    /// What random bytes are made from.
    pub seed: u64,
}

/// Section with what the program says of itself; the linker puts it among other read-only data.
const RECORD_SECTION: &str = ".rodata.wasmc";

/// Writes it, with what the runtime must know of the program's start.
pub(crate) fn write(writer: &mut Writer<'_>, start: &StartPlan, data: ProgramData<'_>) -> Result<(), Error> {
    record(writer, data);
    writer.global_data(symbols::LIMITS, &start.limits.to_bytes());
    match data.start {
        Some(start) => bare_start(writer, start),
        None => Ok(()),
    }
}

/// Writes [`bare::START`].
fn bare_start(writer: &mut Writer<'_>, start: Start<'_>) -> Result<(), Error> {
    let count = start.arguments.len();
    // A null pointer ends each list.
    let nulls = |strings: &[String]| vec![0; strings.len() + 1];
    let words = [&[count as u64], &nulls(start.arguments)[..], &nulls(start.environment), &[start.seed]].concat();
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let (section, offset) = writer.global_data(bare::START, &bytes);
    let base = writer.object.section_symbol(section);
    let arguments = start.arguments.iter().zip(1..);
    let variables = start.environment.iter().zip(count as u64 + 2..);
    for (text, index) in arguments.chain(variables) {
        let string = [text.as_bytes(), &[0]].concat();
        let place = writer.object.append_section_data(section, &string, 1);
        writer.address(section, offset + index * 8, base, place as i64)?;
    }
    Ok(())
}

/// Writes what the program says of itself: see [`wasmc_abi::grants`].
fn record(writer: &mut Writer<'_>, data: ProgramData<'_>) {
    let section = match writer.object.format() {
        BinaryFormat::Elf => writer.object.add_section(Vec::new(), RECORD_SECTION.into(), SectionKind::ReadOnlyData),
        _ => writer.object.section_id(StandardSection::ReadOnlyData),
    };
    let all = [data.grants, data.confinement, data.embedded].concat();
    let start = writer.object.append_section_data(section, &all, 8);
    let confinement = start + data.grants.len() as u64;
    let embedded = confinement + data.confinement.len() as u64;
    writer.define_global(symbols::GRANTS.into(), section, start, all.len() as u64);
    writer.define_global(symbols::FILTER.into(), section, confinement, data.confinement.len() as u64);
    if !data.embedded.is_empty() {
        writer.define_global(symbols::EMBEDDED.into(), section, embedded, data.embedded.len() as u64);
    }
}
