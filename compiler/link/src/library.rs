//! An object and what it needs of archives to one object with a single symbol, in an archive, for whoever links
//! programs of their own.
//!
//! Everything else becomes local to the object, so that no name in it meets another: neither those of another library,
//! nor of another version of the same. Sections that nothing reaches from the symbol are left out, and with them what
//! they need.

use crate::error::{Error, Unresolved};
use crate::inputs::{Input, bad};
use object::elf;
use object::read::{File, Object as _, ObjectSection as _, ObjectSymbol as _, Relocation, RelocationTarget};
use object::write::{
    Object, Relocation as NewRelocation, SectionId, StandardSection, Symbol, SymbolId, SymbolSection as NewSection,
};
use object::{
    FileFlags, RelocationFlags, SectionFlags, SectionIndex, SectionKind, SymbolFlags, SymbolIndex, SymbolKind,
    SymbolScope, SymbolSection,
};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet, VecDeque};

/// What a library is made of.
#[derive(Debug)]
pub struct LibraryRequest<'a> {
    /// The object.
    pub object: Input,
    /// What defines the symbols that it needs.
    pub archives: &'a [Input],
    /// The one symbol that others see, as the inputs call it.
    pub symbol: &'a str,
    /// What it is called in the library.
    pub name: &'a str,
}

/// Makes a static library: an archive of one object.
///
/// # Errors
/// Where an input is malformed, or nothing defines a symbol.
pub fn library(request: LibraryRequest<'_>) -> Result<Vec<u8>, Error> {
    let name = request.name;
    Ok(archive(name, &object(request)?))
}

/// The object with all that the library needs.
pub(crate) fn object(request: LibraryRequest<'_>) -> Result<Vec<u8>, Error> {
    let objects = crate::archives::select(vec![request.object], request.archives, request.symbol);
    let inputs = objects.iter().map(Parsed::new).collect::<Result<Vec<_>, _>>()?;
    Merge::new(&inputs).object(request.symbol, request.name)
}

/// An input, and its sections' relocations by their index.
struct Parsed<'a> {
    name: &'a str,
    file: File<'a>,
}

impl<'a> Parsed<'a> {
    fn new(input: &'a Input) -> Result<Self, Error> {
        let file = File::parse(&*input.bytes).map_err(|error| bad(input, error.to_string()))?;
        Ok(Self { name: &input.name, file })
    }

    fn error(&self, reason: impl ToString) -> Error {
        Error::BadInput { name: self.name.to_string(), reason: reason.to_string() }
    }
}

/// A section or symbol of an input: the number of the input, and the index there.
type Place<I> = (usize, I);

/// What a symbol that an input refers to is.
enum Resolved {
    /// Defined by an input.
    Defined(Place<SymbolIndex>),
    /// Nothing, as nobody need define it.
    Nothing(Place<SymbolIndex>),
}

/// The object so far.
struct Merge<'i, 'a> {
    inputs: &'i [Parsed<'a>],
    /// Who defines each symbol that others see.
    definers: HashMap<&'i [u8], Place<SymbolIndex>>,
    sections: HashMap<Place<SectionIndex>, SectionId>,
    symbols: HashMap<Place<SymbolIndex>, SymbolId>,
}

impl<'i, 'a> Merge<'i, 'a> {
    fn new(inputs: &'i [Parsed<'a>]) -> Self {
        let mut definers: HashMap<&[u8], Place<SymbolIndex>> = HashMap::new();
        let is_weak = |(input, symbol): Place<SymbolIndex>| {
            inputs[input].file.symbol_by_index(symbol).is_ok_and(|symbol| symbol.is_weak())
        };
        for (number, input) in inputs.iter().enumerate() {
            let globals = input.file.symbols().filter(|symbol| symbol.is_global() && !symbol.is_undefined());
            for symbol in globals {
                let Ok(name) = symbol.name_bytes() else { continue };
                let place = (number, symbol.index());
                let known = definers.entry(name).or_insert(place);
                if is_weak(*known) && !symbol.is_weak() {
                    *known = place;
                }
            }
        }
        Self { inputs, definers, sections: HashMap::new(), symbols: HashMap::new() }
    }

    fn object(mut self, root: &str, name: &str) -> Result<Vec<u8>, Error> {
        let first = &self.inputs[0];
        let mut object = Object::new(first.file.format(), first.file.architecture(), first.file.endianness());
        if let FileFlags::Elf { os_abi, abi_version, e_flags } = first.file.flags() {
            object.flags = FileFlags::Elf { os_abi, abi_version, e_flags };
        }
        let Some(&root) = self.definers.get(root.as_bytes()) else { return Err(unresolved(root, "the library")) };
        let reached = self.reached(root)?;
        for &place in &reached {
            self.copy_section(&mut object, place)?;
        }
        let id = self.symbol(&mut object, root)?;
        let symbol = object.symbol_mut(id);
        symbol.name = name.as_bytes().to_vec();
        symbol.scope = SymbolScope::Dynamic;
        symbol.flags = SymbolFlags::None;
        for &place in &reached {
            self.copy_relocations(&mut object, place)?;
        }
        // As other compilers say it: the stack need not be executable.
        object.section_id(StandardSection::Text);
        let note = object.add_section(Vec::new(), b".note.GNU-stack".to_vec(), SectionKind::Note);
        object.section_mut(note).flags = SectionFlags::Elf { sh_type: elf::SHT_PROGBITS, sh_flags: Default::default() };
        object.write().map_err(|error| first.error(error))
    }

    /// The sections that are reached from a symbol, in order.
    fn reached(&self, root: Place<SymbolIndex>) -> Result<Vec<Place<SectionIndex>>, Error> {
        let mut found = HashSet::new();
        let mut work: VecDeque<Place<SectionIndex>> = self.section_of(root).into_iter().collect();
        while let Some(place) = work.pop_front() {
            if !found.insert(place) {
                continue;
            }
            let input = &self.inputs[place.0];
            let section = input.file.section_by_index(place.1).map_err(|error| input.error(error))?;
            for (_, relocation) in section.relocations() {
                match relocation.target() {
                    RelocationTarget::Symbol(symbol) => match self.resolve((place.0, symbol))? {
                        Resolved::Defined(symbol) => work.extend(self.section_of(symbol)),
                        Resolved::Nothing(_) => {}
                    },
                    RelocationTarget::Section(section) => work.push_back((place.0, section)),
                    _ => {}
                }
            }
        }
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort_by_key(|&(input, section)| (input, section.0));
        Ok(found)
    }

    fn section_of(&self, (input, symbol): Place<SymbolIndex>) -> Option<Place<SectionIndex>> {
        let symbol = self.inputs[input].file.symbol_by_index(symbol).ok()?;
        Some((input, symbol.section_index()?))
    }

    /// What defines a symbol that an input refers to.
    fn resolve(&self, place: Place<SymbolIndex>) -> Result<Resolved, Error> {
        let input = &self.inputs[place.0];
        let symbol = input.file.symbol_by_index(place.1).map_err(|error| input.error(error))?;
        if !symbol.is_undefined() && symbol.is_local() {
            return Ok(Resolved::Defined(place));
        }
        let name = symbol.name_bytes().map_err(|error| input.error(error))?;
        match self.definers.get(name) {
            Some(&definer) => Ok(Resolved::Defined(definer)),
            None if symbol.is_weak() => Ok(Resolved::Nothing(place)),
            None => Err(unresolved(&String::from_utf8_lossy(name), input.name)),
        }
    }

    fn copy_section(&mut self, object: &mut Object<'a>, place: Place<SectionIndex>) -> Result<(), Error> {
        let input = &self.inputs[place.0];
        let section = input.file.section_by_index(place.1).map_err(|error| input.error(error))?;
        let name = section.name_bytes().map_err(|error| input.error(error))?;
        // Strings are no longer merged: that they may be is not said of them.
        let kind = match section.kind() {
            SectionKind::ReadOnlyString => SectionKind::ReadOnlyData,
            kind => kind,
        };
        let id = object.add_section(Vec::new(), name.to_vec(), kind);
        if section.kind() == SectionKind::UninitializedData || section.kind() == SectionKind::UninitializedTls {
            object.append_section_bss(id, section.size(), section.align());
        } else {
            let data = section.data().map_err(|error| input.error(error))?;
            object.set_section_data(id, Cow::Borrowed(data), section.align());
        }
        if let SectionFlags::Elf { sh_type, sh_flags } = section.flags() {
            let kept = elf::SHF_ALLOC | elf::SHF_WRITE | elf::SHF_EXECINSTR | elf::SHF_TLS;
            object.section_mut(id).flags = SectionFlags::Elf { sh_type, sh_flags: sh_flags & kept };
        }
        self.sections.insert(place, id);
        Ok(())
    }

    fn copy_relocations(&mut self, object: &mut Object<'a>, place: Place<SectionIndex>) -> Result<(), Error> {
        let input = &self.inputs[place.0];
        let section = input.file.section_by_index(place.1).map_err(|error| input.error(error))?;
        let id = self.sections[&place];
        let relocations: Vec<(u64, Relocation)> = section.relocations().collect();
        for (offset, relocation) in relocations {
            let symbol = match relocation.target() {
                RelocationTarget::Symbol(symbol) => match self.resolve((place.0, symbol))? {
                    Resolved::Defined(symbol) | Resolved::Nothing(symbol) => self.symbol(object, symbol)?,
                },
                RelocationTarget::Section(section) => {
                    let section = self.sections[&(place.0, section)];
                    object.section_symbol(section)
                }
                // What only advises the linker has no symbol: any will do.
                _ => object.section_symbol(id),
            };
            let RelocationFlags::Elf { .. } = relocation.flags() else {
                return Err(input.error("no ELF object"));
            };
            let relocation = NewRelocation { offset, symbol, addend: relocation.addend(), flags: relocation.flags() };
            object.add_relocation(id, relocation).map_err(|error| input.error(error))?;
        }
        Ok(())
    }

    /// The object's symbol for that of an input.
    fn symbol(&mut self, object: &mut Object<'a>, place: Place<SymbolIndex>) -> Result<SymbolId, Error> {
        if let Some(&id) = self.symbols.get(&place) {
            return Ok(id);
        }
        let input = &self.inputs[place.0];
        let symbol = input.file.symbol_by_index(place.1).map_err(|error| input.error(error))?;
        let section = match symbol.section() {
            SymbolSection::Section(section) => NewSection::Section(self.sections[&(place.0, section)]),
            SymbolSection::Absolute => NewSection::Absolute,
            SymbolSection::Undefined => NewSection::Undefined,
            other => return Err(input.error(format!("a symbol in {other:?}"))),
        };
        let id = match (symbol.kind(), section) {
            (SymbolKind::Section, NewSection::Section(section)) => object.section_symbol(section),
            (kind, section) => object.add_symbol(Symbol {
                name: symbol.name_bytes().map_err(|error| input.error(error))?.to_vec(),
                value: symbol.address(),
                size: symbol.size(),
                kind: if kind == SymbolKind::Unknown { SymbolKind::Label } else { kind },
                scope: match section {
                    NewSection::Undefined => SymbolScope::Unknown,
                    _ => SymbolScope::Compilation,
                },
                weak: section == NewSection::Undefined,
                section,
                flags: SymbolFlags::None,
            }),
        };
        self.symbols.insert(place, id);
        Ok(id)
    }
}

fn unresolved(symbol: &str, referrer: &str) -> Error {
    Error::Unresolved(vec![Unresolved { symbol: symbol.to_string(), referrer: referrer.to_string() }])
}

/// An archive of one object that defines one symbol, as `ar` writes it: the index, then the object.
fn archive(symbol: &str, object: &[u8]) -> Vec<u8> {
    const MAGIC: &[u8] = b"!<arch>\n";
    const HEADER: usize = 60;
    let mut index = 1_u32.to_be_bytes().to_vec();
    let mut names = [symbol.as_bytes(), &[0]].concat();
    names.resize(names.len().next_multiple_of(2), 0);
    let member = MAGIC.len() + HEADER + 8 + names.len();
    index.extend((member as u32).to_be_bytes());
    index.extend(names);
    let header = |name: &str, len: usize| format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{len:<10}`\n", 0, 0, 0, 644);
    let mut bytes = [MAGIC, header("/", index.len()).as_bytes(), &index].concat();
    bytes.extend(header("wasmc.o/", object.len()).as_bytes());
    bytes.extend_from_slice(object);
    bytes.resize(bytes.len().next_multiple_of(2), b'\n');
    bytes
}
