//! Sections of native objects that no linker script knows: a C compiler puts a variable or function into a section of
//! any name, where the user says so. They lie beside those that permit the same; each whose bounds the program uses
//! (`__start_mine`, `__stop_mine`) is a section of the image of its own.
//!
//! Scripts say where: see `linker-scripts/README.md`. What no place is right for is refused here, by the names of
//! section and object.

use crate::error::Error;
use crate::inputs::Input;
use object::elf::{self, FileHeader64, SectionHeader64};
use object::endian::LittleEndian as LE;
use object::read::elf::{FileHeader as _, SectionHeader as _, Sym as _};
use std::collections::{BTreeMap, BTreeSet};

/// Where a section belongs, by what its memory permits and holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Read,
    Execute,
    Write,
    /// Written, and zero at first.
    Zero,
}

impl Place {
    /// The section of the image that those have together whose bounds nobody asks for.
    fn together(self) -> &'static str {
        match self {
            Self::Read => ".rodata.own",
            Self::Execute => ".text.own",
            Self::Write => ".data.own",
            Self::Zero => ".bss.own",
        }
    }
}

/// Sections that scripts know, or their names up to a point.
const KNOWN: [(&str, Known); 18] = [
    (".rodata", Known::As(Place::Read)),
    (".srodata", Known::As(Place::Read)),
    (".text", Known::As(Place::Execute)),
    // Written, but by the linker alone.
    (".data.rel.ro", Known::As(Place::Write)),
    (".data", Known::As(Place::Write)),
    (".sdata", Known::As(Place::Write)),
    (".bss", Known::As(Place::Zero)),
    (".sbss", Known::As(Place::Zero)),
    (".got", Known::Otherwise),
    (".reset", Known::Otherwise),
    (".comment", Known::Otherwise),
    (".eh_frame", Known::Otherwise),
    (".sframe", Known::Otherwise),
    (".note", Known::Otherwise),
    (".wasm_memory", Known::Otherwise),
    (".riscv.attributes", Known::Otherwise),
    (".init_array", Known::Otherwise),
    (".group", Known::Otherwise),
];

/// What scripts do with a section that they know.
#[derive(Clone, Copy)]
enum Known {
    /// It lies here.
    As(Place),
    /// Something of its own, or nothing.
    Otherwise,
}

fn known(name: &str) -> Option<Known> {
    let fits = |known: &str| name.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    KNOWN.iter().find(|(known, _)| fits(known)).map(|(_, what)| *what)
}

/// What the sections of one name are like, in all objects together.
#[derive(Debug, Default)]
struct Own {
    writable: bool,
    executable: bool,
    /// Whether any of them has contents.
    contents: bool,
    /// The parts by falling alignment, as the linker places them: alignment and size of the last part of each.
    last: BTreeMap<u64, u64>,
}

impl Own {
    fn place(&self) -> Place {
        match (self.executable, self.writable, self.contents) {
            (true, ..) => Place::Execute,
            (_, true, true) => Place::Write,
            (_, true, false) => Place::Zero,
            _ => Place::Read,
        }
    }

    /// Bytes that the linker inside adds at the end.
    fn padding(&self) -> u64 {
        self.last.first_key_value().map_or(0, |(align, size)| size.next_multiple_of(*align) - size)
    }
}

/// The sections of the user's own.
#[derive(Debug, Default)]
pub struct OwnSections {
    sections: BTreeMap<String, Own>,
    /// Whether there are functions that run before the program in an order that their priorities say, and others, which
    /// run after them.
    initializers: [bool; 2],
    /// Symbols that are defined nowhere, of which linkers define some by the names of sections.
    wanted: BTreeSet<String>,
}

impl OwnSections {
    /// Those of objects.
    ///
    /// # Errors
    /// Where one can have no place.
    pub fn of(objects: &[Input]) -> Result<Self, Error> {
        let mut own = Self::default();
        for object in objects {
            // What is malformed, the linker complains about.
            let Ok(sections) = alloc_sections(&object.bytes) else { continue };
            for (name, section) in sections {
                // The runtime's is for libraries alone: nothing in a program refers to it, so that it is left out.
                let is_of_libraries = !object.is_native() && section.sh_flags(LE).contains(elf::SHF_TLS);
                if !is_of_libraries {
                    own.add(&object.name, &name, section)?;
                }
            }
            own.wanted.extend(undefined(&object.bytes).unwrap_or_default());
        }
        Ok(own)
    }

    fn add(&mut self, object: &str, name: &str, section: &SectionHeader64<LE>) -> Result<(), Error> {
        let refuse = |why: &str| Err(Error::Section { object: object.into(), section: name.into(), why: why.into() });
        let (flags, size) = (section.sh_flags(LE), section.sh_size(LE));
        let [writable, executable] = [elf::SHF_WRITE, elf::SHF_EXECINSTR].map(|flag| flags.contains(flag));
        let contents = section.sh_type(LE) != elf::SHT_NOBITS;
        if size == 0 {
            return Ok(());
        }
        if let Some(why) = obstacle(name, section) {
            return refuse(why);
        }
        self.initializers[0] |= name.starts_with(".init_array.");
        self.initializers[1] |= name == ".init_array";
        match known(name) {
            Some(Known::Otherwise) => return Ok(()),
            Some(Known::As(place)) => {
                return match (place, writable, executable) {
                    (Place::Read, true, _) => refuse("is written, but has the name of read-only data"),
                    (Place::Read | Place::Write | Place::Zero, _, true) => {
                        refuse("is executed, but has the name of data")
                    }
                    (Place::Zero, ..) if contents => refuse("has contents, but the name of zeroes"),
                    _ => Ok(()),
                };
            }
            None => {}
        }
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(&byte)) {
            return refuse("has a name with other characters than letters, digits, `_` and `.`");
        }
        let own = self.sections.entry(name.into()).or_default();
        own.writable |= writable;
        own.executable |= executable;
        own.contents |= contents;
        own.last.insert(section.sh_addralign(LE).max(1), size);
        if own.writable && own.executable {
            return refuse("is executed here and written in another object");
        }
        Ok(())
    }

    /// A linker script from a template. `inside` says whether it is for the linker inside, whose scripts give each
    /// section an address.
    pub fn fill(&self, template: &str, inside: bool) -> String {
        let template = template
            .replace("@READ_END@", &self.end(Place::Read))
            .replace("@EXECUTE_END@", &self.end(Place::Execute))
            .replace("@INITIALIZERS_END@", &self.initializers_end())
            .replace("@WRITE_END@", &self.end(Place::Write))
            .replace("@ZERO_END@", &self.end(Place::Zero))
            .replace("@SYMBOLS@", &self.symbols());
        let mut script = String::new();
        let mut pieces = template.split('@');
        script.push_str(pieces.next().unwrap_or_default());
        // Pieces at odd places are what stands between two signs.
        while let Some(directive) = pieces.next() {
            let Some(text) = pieces.next() else {
                script.push('@');
                script.push_str(directive);
                break;
            };
            let (word, address) = directive.split_once(char::is_whitespace).unwrap_or((directive, ""));
            match word {
                "READ" => script.push_str(&self.statements(Place::Read, address)),
                "EXECUTE" => script.push_str(&self.statements(Place::Execute, address)),
                "WRITE" => script.push_str(&self.statements(Place::Write, address)),
                "ZERO" => script.push_str(&self.statements(Place::Zero, address)),
                "INITIALIZERS" => script.push_str(&self.initializers_statements(address, inside)),
                other => script.push_str(&format!("@{other}@")),
            }
            script.push_str(text);
        }
        script
    }

    /// Names of the sections of a place: those whose bounds the program uses, or the others.
    fn at(&self, place: Place, with_bounds: bool) -> impl Iterator<Item = &str> {
        let sections = self.sections.iter().filter(move |(_, own)| own.place() == place);
        sections.map(|(name, _)| name.as_str()).filter(move |name| self.has_bounds(name) == with_bounds)
    }

    /// Whether the program uses the bounds of a section, so that all of it stays.
    fn has_bounds(&self, name: &str) -> bool {
        ["__start_", "__stop_"].iter().any(|prefix| self.wanted.contains(&format!("{prefix}{name}")))
    }

    /// The sections of one place, the first from `address` on; without one, wherever the script has come to. Those
    /// whose bounds the program uses are apart, one after the other. The linker inside makes a segment of every section
    /// with an address, of which there are few.
    fn statements(&self, place: Place, address: &str) -> String {
        let mut next = address.trim().to_owned();
        let inside = !next.is_empty();
        let others: Vec<&str> = self.at(place, false).collect();
        let mut statements = String::new();
        if !others.is_empty() {
            let name = place.together();
            statements += &format!("{name} {next} : {{ *({}) }}\n  ", others.join(" "));
            if inside {
                next = format!("MAX({next}, {})", end(name));
            }
        }
        for name in self.at(place, true) {
            statements += &format!("{name} {next} : {{ KEEP(*({name})) }}\n  ");
            next.clear();
        }
        statements
    }

    /// Where those of a place end; 0 where there are none.
    fn end(&self, place: Place) -> String {
        let together = || self.at(place, false).next().map(|_| place.together());
        self.at(place, true).last().or_else(together).map_or("0".into(), end)
    }

    /// The sections with the addresses of functions that run before the program.
    fn initializers(&self) -> impl DoubleEndedIterator<Item = (&'static str, &'static str)> {
        INITIALIZERS.into_iter().zip(self.initializers).filter(|(_, is_there)| *is_there).map(|(section, _)| section)
    }

    fn initializers_statements(&self, address: &str, inside: bool) -> String {
        let mut next = address.trim().to_owned();
        let mut statements = String::new();
        for (name, input) in self.initializers() {
            statements += &format!("{name} {next} : {{ KEEP(*({input})) }}\n  ");
            if !next.is_empty() {
                next = format!("MAX({next}, {})", end(name));
            }
        }
        let [start, end] =
            if inside { [""; 2] } else { ["wasmc_initializers_start = .; ", "wasmc_initializers_end = .;"] };
        format!("{start}{statements}{end}")
    }

    fn initializers_end(&self) -> String {
        self.initializers().next_back().map_or("0".into(), |(name, _)| end(name))
    }

    /// Symbols that the linker inside must be told.
    fn symbols(&self) -> String {
        let start = self.initializers().next().map_or(".text", |(name, _)| name);
        let last = self.initializers().next_back().map_or("ADDR(.text)".into(), |(name, _)| end(name));
        let mut text = format!("wasmc_initializers_start = ADDR({start});\nwasmc_initializers_end = {last};\n");
        for (name, own) in self.sections.iter().filter(|(name, _)| self.has_bounds(name)) {
            text.push_str(&format!(
                "__start_{name} = ADDR({name});\n__stop_{name} = {} - {};\n",
                end(name),
                own.padding()
            ));
        }
        text
    }

    /// Whether the section of the image that sections of this name become a part of has contents.
    pub fn has_contents(&self, section: &str) -> bool {
        match known(section) {
            Some(Known::As(place)) => place != Place::Zero,
            Some(Known::Otherwise) => false,
            None => self.sections.get(section).is_some_and(|own| own.place() != Place::Zero),
        }
    }

    /// Whether a linker defines a symbol of this name, which no object does.
    pub fn defines(&self, symbol: &str) -> bool {
        let bounds = symbol.strip_prefix("__start_").or_else(|| symbol.strip_prefix("__stop_"));
        bounds.is_some_and(|name| self.sections.contains_key(name))
    }
}

/// Sections of the image with the addresses of functions that run before the program, and what they are made of: those
/// with priorities, in their order, and then the others.
pub const INITIALIZERS: [(&str, &str); 2] =
    [(".initializers.sorted", "SORT(.init_array.*)"), (".initializers", ".init_array")];

fn end(name: &str) -> String {
    format!("ADDR({name}) + SIZEOF({name})")
}

/// Why no image can have a section.
fn obstacle(name: &str, section: &SectionHeader64<LE>) -> Option<&'static str> {
    let flags = section.sh_flags(LE);
    if flags.contains(elf::SHF_TLS) {
        return Some("holds thread-local variables, which programs have no place for");
    }
    if flags.contains(elf::SHF_WRITE | elf::SHF_EXECINSTR) {
        return Some("is both written and executed");
    }
    let stem = name.trim_end_matches(|character: char| character.is_ascii_digit() || character == '.');
    match (section.sh_type(LE), stem) {
        (elf::SHT_FINI_ARRAY, _) | (_, ".fini_array" | ".fini" | ".dtors") => {
            Some("is to run when the program ends, where nothing runs")
        }
        (elf::SHT_PREINIT_ARRAY, _) | (_, ".preinit_array" | ".init" | ".ctors") => {
            Some("is a kind of constructor that is not run: those in `.init_array` are")
        }
        _ => None,
    }
}

/// Names and headers of an object's sections that are in memory.
fn alloc_sections(object: &[u8]) -> object::read::Result<Vec<(String, &SectionHeader64<LE>)>> {
    let header = FileHeader64::<LE>::parse(object)?;
    let sections = header.sections(LE, object)?;
    let in_memory = |section: &&SectionHeader64<LE>| {
        let flags = section.sh_flags(LE);
        flags.contains(elf::SHF_ALLOC) && !flags.contains(elf::SHF_EXCLUDE)
    };
    let named = |section| Ok((String::from_utf8_lossy(sections.section_name(LE, section)?).into_owned(), section));
    sections.iter().filter(in_memory).map(named).collect()
}

fn undefined(object: &[u8]) -> object::read::Result<Vec<String>> {
    let header = FileHeader64::<LE>::parse(object)?;
    let symbols = header.sections(LE, object)?.symbols(LE, object, elf::SHT_SYMTAB)?;
    let undefined = symbols.iter().filter(|symbol| symbol.is_undefined(LE));
    undefined.map(|symbol| Ok(String::from_utf8_lossy(symbol.name(LE, symbols.strings())?).into_owned())).collect()
}
