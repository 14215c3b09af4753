//! What native objects define, and what they say of the types of their functions.

use crate::error::Error;
use crate::target::ObjectFormat;
use object::{Object as _, ObjectSection as _, ObjectSymbol as _, SymbolKind};
use std::collections::HashMap;
use wasmc_abi::native::EXPORTS_SECTION;
use wasmc_frontend::program::command::{Native, Unfit};
use wasmc_link::{Input, Member};

/// The section of the same purpose in Mach-O, where names are short.
const MACH_O_EXPORTS_SECTION: &str = "__wasmc_exports";
/// Sections with functions that run before the program.
const INITIALIZERS: &str = ".init_array";

/// What native objects define and say.
#[derive(Debug, Default)]
pub struct NativeObjects {
    /// By its C name: the definitions, that which is linked first.
    defined: HashMap<String, Vec<Definition>>,
    /// By the function's C name: its type, and the objects that say so.
    declared: HashMap<String, (String, Vec<String>)>,
    /// Whether a function without a declared type is taken to have that of the import.
    trusted: bool,
    /// Whether any of them has functions that run before the program.
    pub initialize: bool,
}

/// A definition of a symbol.
#[derive(Debug)]
struct Definition {
    object: String,
    is_function: bool,
}

impl NativeObjects {
    /// Reads objects and archives. `trusted` says whether a function without a declared type is taken to have that of
    /// the import.
    ///
    /// # Errors
    /// Where types are not declared as they must be, or a function's in different ways.
    pub fn read(inputs: &[Input], format: ObjectFormat, trusted: bool) -> Result<Self, Error> {
        let mut natives = Self { trusted, ..Self::default() };
        let members = || inputs.iter().flat_map(|input| input.objects().into_iter().map(move |each| (input, each)));
        // Objects come before archives, wherever they are named.
        for in_archives in [false, true] {
            for (input, member) in members().filter(|(_, member)| member.name.is_some() == in_archives) {
                natives.add(&input.name_of(&member), &member, format)?;
            }
        }
        Ok(natives)
    }

    /// What there is of a function of type `ty`, as [`crate::imports::signature`] writes it.
    pub fn find(&self, symbol: &str, ty: &str) -> Native {
        let definitions = self.defined.get(symbol).map(Vec::as_slice).unwrap_or_default();
        let [Definition { object, is_function }, ..] = definitions else { return Native::Undefined };
        if !is_function {
            return Native::Unfit(Unfit::NotAFunction(object.clone()));
        }
        // What an object declares of a function of its own says nothing of another object's.
        let is_others = |by: &String| by != object && definitions.iter().any(|other| other.object == *by);
        match self.declared.get(symbol).filter(|(_, by)| !by.iter().all(is_others)) {
            Some((declared, _)) if declared == ty => Native::Fits,
            Some((declared, by)) => Native::Unfit(Unfit::Typed(by[0].clone(), declared.clone())),
            None if self.trusted => Native::Fits,
            None => Native::Unfit(Unfit::Untyped(object.clone())),
        }
    }

    fn add(&mut self, name: &str, member: &Member<'_>, format: ObjectFormat) -> Result<(), Error> {
        // What is no object, the linker complains about.
        let Ok(object) = object::File::parse(member.bytes) else { return Ok(()) };
        for symbol in object.symbols().filter(|symbol| symbol.is_global() && symbol.is_definition()) {
            if let Some(symbol_name) = symbol.name().ok().and_then(|name| in_c(name, format)) {
                // Assemblers leave the kind open.
                let in_code = symbol.section_index().and_then(|index| object.section_by_index(index).ok());
                let in_code = in_code.is_some_and(|section| section.kind() == object::SectionKind::Text);
                let is_function = symbol.kind() == SymbolKind::Text || in_code;
                let definition = Definition { object: name.into(), is_function };
                let definitions = self.defined.entry(symbol_name.into()).or_default();
                // A weak definition gives way, unless in archives, where the first is taken.
                let gives_way = member.name.is_some() || symbol.is_weak();
                definitions.insert(if gives_way { definitions.len() } else { 0 }, definition);
            }
        }
        for section in object.sections() {
            let section_name = section.name().unwrap_or_default();
            self.initialize |= section_name.starts_with(INITIALIZERS);
            if [EXPORTS_SECTION, MACH_O_EXPORTS_SECTION].contains(&section_name) {
                let text = section.data().unwrap_or_default();
                self.declare(text, name)?;
            }
        }
        Ok(())
    }

    /// Takes up the declarations of an object.
    fn declare(&mut self, text: &[u8], object: &str) -> Result<(), Error> {
        let malformed = |what: String| Error::new(format!("{object}: section {EXPORTS_SECTION} {what}"));
        let text = std::str::from_utf8(text).map_err(|_| malformed("is not text".into()))?;
        let mut strings = text.split_terminator('\0');
        while let (Some(symbol), ty) = (strings.next(), strings.next()) {
            // Assemblers may pad sections.
            if symbol.is_empty() {
                break;
            }
            let written = ty.unwrap_or_default();
            let ty = normalized(written).ok_or_else(|| {
                malformed(format!("gives `{symbol}` the type `{written}`"))
                    .help("types are written `(i32, i64, f32, f64, funcref, externref) -> f64`, and `()` for no result")
            })?;
            let (other, by) = self.declared.entry(symbol.into()).or_insert_with(|| (ty.clone(), Vec::new()));
            if *other != ty {
                return Err(Error::new(format!("`{symbol}` has type {other} in {}, but {ty} in {object}", by[0])));
            }
            by.push(object.into());
        }
        Ok(())
    }
}

/// A function's type, written as [`crate::imports::signature`] does.
fn normalized(text: &str) -> Option<String> {
    const TYPES: [&str; 6] = ["i32", "i64", "f32", "f64", "funcref", "externref"];
    let (params, result) = text.split_once("->")?;
    let list = params.trim().strip_prefix('(')?.strip_suffix(')')?.trim();
    let params: Vec<&str> = if list.is_empty() { Vec::new() } else { list.split(',').map(str::trim).collect() };
    let result = match result.trim() {
        result if TYPES.contains(&result) => result,
        nothing => nothing.strip_prefix('(')?.strip_suffix(')')?.trim().is_empty().then_some("()")?,
    };
    params.iter().all(|param| TYPES.contains(param)).then(|| format!("({}) -> {result}", params.join(", ")))
}

/// What C calls a symbol, if it can be said there.
fn in_c(symbol: &str, format: ObjectFormat) -> Option<&str> {
    match format {
        ObjectFormat::Elf => Some(symbol),
        ObjectFormat::MachO => symbol.strip_prefix('_'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_compared_without_their_spaces() {
        for (written, expected) in [
            ("(i32, i64) -> f64", Some("(i32, i64) -> f64")),
            (" ( f32,funcref )->( ) ", Some("(f32, funcref) -> ()")),
            ("() -> ()", Some("() -> ()")),
            ("() -> externref", Some("() -> externref")),
            ("(i32)", None),
            ("(int) -> i32", None),
            ("(i32,) -> i32", None),
            ("i32 -> i32", None),
            ("(v128) -> ()", None),
            ("() -> i32, i32", None),
        ] {
            assert_eq!(normalized(written).as_deref(), expected, "{written}");
        }
    }

    fn declared(texts: &[&[u8]]) -> Result<NativeObjects, String> {
        let mut natives = NativeObjects::default();
        for (text, object) in texts.iter().zip(["a.o", "b.o"]) {
            natives.declare(text, object).map_err(|error| error.to_string())?;
            for symbol in natives.declared.keys() {
                let definition = Definition { object: object.into(), is_function: true };
                natives.defined.entry(symbol.clone()).or_default().push(definition);
            }
        }
        Ok(natives)
    }

    #[test]
    fn a_function_is_called_by_its_declared_type_alone() {
        let natives = declared(&[b"env_f\0(i32)->i32\0env_g\0() -> ()\0", b"env_g\0()->()\0\0"]).unwrap();
        assert_eq!(natives.find("env_f", "(i32) -> i32"), Native::Fits);
        assert_eq!(natives.find("env_g", "() -> ()"), Native::Fits);
        assert_eq!(natives.find("env_h", "() -> ()"), Native::Undefined);
        let differs = Unfit::Typed("a.o".into(), "(i32) -> i32".into());
        assert_eq!(natives.find("env_f", "(i32) -> ()"), Native::Unfit(differs));
    }

    #[test]
    fn what_is_declared_in_two_ways_or_malformed_is_an_error() {
        let error = declared(&[b"f\0() -> ()\0", b"f\0() -> i32\0"]).unwrap_err();
        assert!(error.contains("`f` has type () -> () in a.o, but () -> i32 in b.o"), "{error}");
        for text in [&b"f\0(int) -> i32\0"[..], b"f\0", b"f", b"\xff\0() -> ()\0"] {
            assert!(declared(&[text]).unwrap_err().contains("a.o: section .wasmc.exports"), "{text:?}");
        }
    }
}
