//! Which members of archives take part: those that define what another object needs and nothing before them defines
//! (gABI, "Symbol Table"; archives are searched again until nothing is found any more). Once this is known, each is an
//! object like others, and everything that is checked or changed concerns what is linked alone.

use crate::inputs::Input;
use object::elf::{self, FileHeader64};
use object::endian::LittleEndian as LE;
use object::read::elf::{FileHeader as _, Sym as _};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// Names of an object's symbols that others see, or that others define.
#[derive(Debug, Default)]
pub struct Symbols<'a> {
    /// Those that it defines, and whether another definition may take their place.
    pub defined: Vec<(&'a [u8], bool)>,
    /// Those that are constants, with their values.
    pub absolute: Vec<(&'a [u8], u64)>,
    /// Those that it needs.
    pub undefined: Vec<&'a [u8]>,
}

impl<'a> Symbols<'a> {
    /// Those of an object; none where it is malformed, about which the linker complains.
    pub fn of(object: &'a [u8]) -> Self {
        let mut found = Self::default();
        let _ = found.read(object);
        found
    }

    fn read(&mut self, object: &'a [u8]) -> object::read::Result<()> {
        let header = FileHeader64::<LE>::parse(object)?;
        let symbols = header.sections(LE, object)?.symbols(LE, object, elf::SHT_SYMTAB)?;
        for symbol in symbols.iter().filter(|symbol| !symbol.is_local()) {
            let name = symbol.name(LE, symbols.strings())?;
            if symbol.is_absolute(LE) {
                self.absolute.push((name, symbol.st_value(LE)));
            }
            let is_weak = symbol.st_bind() == elf::STB_WEAK;
            match (symbol.is_undefined(LE), is_weak) {
                (false, _) => self.defined.push((name, is_weak)),
                (true, false) => self.undefined.push(name),
                (true, true) => {}
            }
        }
        Ok(())
    }
}

/// The objects, followed by the members of `archives` that take part in a program that begins at `entry`.
pub fn select(objects: Vec<Input>, archives: &[Input], entry: &str) -> Vec<Input> {
    let members: Vec<(usize, &Input, crate::Member<'_>)> = archives
        .iter()
        .enumerate()
        .flat_map(|(number, archive)| archive.objects().into_iter().map(move |member| (number, archive, member)))
        .collect();
    let symbols: Vec<Symbols<'_>> = members.iter().map(|(_, _, member)| Symbols::of(member.bytes)).collect();
    // The first member that defines each symbol.
    let mut definers = HashMap::new();
    for (index, symbols) in symbols.iter().enumerate() {
        symbols.defined.iter().for_each(|(name, _)| {
            definers.entry(*name).or_insert(index);
        });
    }
    let of_objects: Vec<Symbols<'_>> = objects.iter().map(|object| Symbols::of(&object.bytes)).collect();
    let mut defined: HashSet<&[u8]> = of_objects.iter().flat_map(|each| &each.defined).map(|(name, _)| *name).collect();
    let needed = of_objects.iter().flat_map(|each| &each.undefined).copied();
    let mut needed: Vec<&[u8]> = needed.chain([entry.as_bytes()]).collect();
    let mut selected = HashSet::new();
    while let Some(name) = needed.pop() {
        let Some(&index) = definers.get(name).filter(|_| !defined.contains(name)) else { continue };
        if !selected.insert(index) {
            continue;
        }
        // A weak definition gives way to that of an earlier archive: so a board replaces functions of the runtime.
        let gives_way = |name: &[u8]| definers.get(name).is_some_and(|&first| members[first].0 < members[index].0);
        let weak = symbols[index].defined.iter().filter(|(name, is_weak)| *is_weak && gives_way(name));
        needed.extend(weak.map(|(name, _)| *name));
        needed.extend(&symbols[index].undefined);
        defined.extend(
            symbols[index]
                .defined
                .iter()
                .filter(|(name, is_weak)| !(*is_weak && gives_way(name)))
                .map(|(name, _)| *name),
        );
    }
    let chosen = members.iter().enumerate().filter(|(index, _)| selected.contains(index)).map(|(_, member)| {
        let (_, archive, member) = member;
        Input { name: archive.name_of(member), bytes: Cow::Owned(member.bytes.to_vec()) }
    });
    let chosen: Vec<Input> = chosen.collect();
    objects.into_iter().chain(chosen).collect()
}
