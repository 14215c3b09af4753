//! The types of a component in C: structures, with a constant for each that describes it to what lifts and lowers.

use super::super::c::WORDS;
use super::super::names::Names;
use super::options::resource_number;
use super::spelling::short;
use std::collections::HashMap;
use std::fmt::Write as _;
use wasmc_component::interface::{Definition, Handle, Interface, Kind, Type};
use wasmc_frontend::Shown;

/// The types that were declared so far.
#[derive(Debug)]
pub struct CTypes<'w> {
    world: &'w Interface,
    library: &'w str,
    names: Names,
    known: HashMap<String, CType>,
    /// Their declarations.
    pub text: String,
}

/// A type in C.
#[derive(Clone, Debug)]
pub struct CType {
    /// Its name.
    pub name: String,
    /// The constant that describes it.
    pub description: String,
    /// Whether values are passed as such, and not by their addresses.
    pub is_small: bool,
}

/// Parts of a type in C: the name of the member, or `None` for a case without a value, and its type.
type Parts = Vec<Option<(String, CType)>>;

impl<'w> CTypes<'w> {
    /// None so far; `names` are those that are taken.
    pub fn new(world: &'w Interface, library: &'w str, names: Names) -> Self {
        Self { world, library, names, known: HashMap::new(), text: String::new() }
    }

    /// A name for a type or a function, after the library's.
    pub fn identifier(&mut self, name: &str) -> String {
        format!("{}_{}", self.library, self.names.identifier(name))
    }

    /// What names begin with that an interface has.
    pub fn prefixed(namespace: Option<&String>, name: &str) -> String {
        namespace.map_or(name.to_owned(), |namespace| format!("{}_{name}", short(namespace)))
    }

    /// A type, which is declared where it is not yet.
    pub fn get(&mut self, ty: &Type) -> CType {
        if let Some(plain) = plain(ty) {
            return plain;
        }
        let key = format!("{ty:?}");
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let made = self.declare(ty);
        self.known.insert(key, made.clone());
        made
    }

    fn declare(&mut self, ty: &Type) -> CType {
        match ty {
            Type::List(element) => self.list(element),
            Type::Option(some) => {
                let cases = [None, Some(&**some)];
                let part = self.get(some);
                let name = self.identifier(&format!("option_{}", self.stem(&part)));
                self.variant(name, ("bool", "is_some"), vec![None, Some(("value".into(), part))], &cases)
            }
            Type::Result(ok, err) => {
                let cases = [ok.as_deref(), err.as_deref()];
                let parts: Vec<Option<CType>> = cases.iter().map(|case| case.map(|ty| self.get(ty))).collect();
                let stem = |part: &Option<CType>| part.as_ref().map_or("void".into(), |part| self.stem(part));
                let stem = format!("result_{}_{}", stem(&parts[0]), stem(&parts[1]));
                let name = self.identifier(&stem);
                let parts = parts.into_iter().zip(["ok", "err"]).map(|(part, name)| Some((name.to_owned(), part?)));
                self.variant(name, ("bool", "is_err"), parts.collect(), &cases)
            }
            Type::Tuple(types) => {
                let parts: Vec<CType> = types.iter().map(|ty| self.get(ty)).collect();
                let stems: Vec<String> = parts.iter().map(|part| self.stem(part)).collect();
                let name = self.identifier(&format!("tuple_{}", stems.join("_")));
                let parts = parts.into_iter().enumerate().map(|(number, part)| (format!("f{number}"), part)).collect();
                self.record(name, parts, types)
            }
            Type::Defined(number) => self.defined(&self.world.definitions[*number]),
            Type::Own(handle) | Type::Borrow(handle) => self.handle(*handle, matches!(ty, Type::Own(_))),
            _ => unreachable!("it is a plain one"),
        }
    }

    /// The name of a type as part of others.
    fn stem(&self, ty: &CType) -> String {
        let name = ty.name.strip_prefix(self.library).unwrap_or(&ty.name);
        name.trim_start_matches('_').trim_start_matches("wasmc_").trim_end_matches("_t").to_owned()
    }

    fn list(&mut self, element: &Type) -> CType {
        let part = self.get(element);
        let name = self.identifier(&format!("list_{}", self.stem(&part)));
        let _ = write!(
            self.text,
            "typedef struct {name} {{\n    {} *data;\n    size_t len;\n}} {name};\n\
             static const wasmc_part_ {name}_parts_[] = {{{{&{}, 0}}}};\n\
             static const wasmc_type_ {name}_ = {{WASMC_LIST_, 8, 4, 0, 2, sizeof({name}), 0, 1, {name}_parts_}};\n\n",
            part.name, part.description,
        );
        CType { description: format!("{name}_"), name, is_small: false }
    }

    fn record(&mut self, name: String, parts: Vec<(String, CType)>, types: &[Type]) -> CType {
        let members: String = parts.iter().map(|(member, ty)| format!("    {} {member};\n", ty.name)).collect();
        let layout = self.world.record(types);
        let described: Vec<String> =
            (parts.iter()).map(|(member, ty)| format!("{{&{}, offsetof({name}, {member})}}", ty.description)).collect();
        let _ = write!(
            self.text,
            "typedef struct {name} {{\n{members}}} {name};\n\
             static const wasmc_part_ {name}_parts_[] = {{\n    {}}};\n\
             static const wasmc_type_ {name}_ = {{WASMC_RECORD_, {}, {}, 0, {}, sizeof({name}), 0, {}, \
             {name}_parts_}};\n\n",
            described.join(",\n    "),
            layout.size,
            layout.align,
            layout.flat,
            parts.len(),
        );
        CType { description: format!("{name}_"), name, is_small: false }
    }

    fn variant(&mut self, name: String, (tag_type, tag): (&str, &str), parts: Parts, cases: &[Option<&Type>]) -> CType {
        let (layout, payload) = self.world.variant(cases);
        let valued: Vec<&(String, CType)> = parts.iter().flatten().collect();
        let members: String = valued.iter().map(|(member, ty)| format!("        {} {member};\n", ty.name)).collect();
        // An option has one value, which needs no union.
        let (union, place) = match valued.as_slice() {
            [] => (String::new(), ""),
            [(member, ty)] if member == "value" => (format!("    {} value;\n", ty.name), ""),
            _ => (format!("    union {{\n{members}    }} value;\n"), "value."),
        };
        let described: Vec<String> = (parts.iter())
            .map(|part| match part {
                Some((member, ty)) => format!("{{&{}, offsetof({name}, {place}{member})}}", ty.description),
                None => "{NULL, 0}".to_owned(),
            })
            .collect();
        let _ = write!(
            self.text,
            "typedef struct {name} {{\n    {tag_type} {tag};\n{union}}} {name};\n\
             static const wasmc_part_ {name}_parts_[] = {{\n    {}}};\n\
             static const wasmc_type_ {name}_ = {{WASMC_VARIANT_, {}, {}, {payload}, {}, sizeof({name}), \
             sizeof({tag_type}), {}, {name}_parts_}};\n\n",
            described.join(",\n    "),
            layout.size,
            layout.align,
            layout.flat,
            cases.len(),
        );
        CType { description: format!("{name}_"), name, is_small: false }
    }

    fn defined(&mut self, Definition { namespace, name: spelled, kind }: &Definition) -> CType {
        let parts: Vec<Option<CType>> = match kind {
            Kind::Record(fields) => fields.iter().map(|(_, ty)| Some(self.get(ty))).collect(),
            Kind::Variant(cases) => cases.iter().map(|(_, ty)| ty.as_ref().map(|ty| self.get(ty))).collect(),
            Kind::Enum(_) | Kind::Flags(_) => Vec::new(),
        };
        let name = self.identifier(&Self::prefixed(namespace.as_ref(), spelled));
        let _ = writeln!(self.text, "/* `{}` */", super::super::c::comment(&Shown(spelled).to_string()));
        let mut members = Names::new(WORDS);
        match kind {
            Kind::Record(fields) => {
                let members = fields.iter().map(|(field, _)| members.identifier(field));
                let types: Vec<Type> = fields.iter().map(|(_, ty)| ty.clone()).collect();
                self.record(name, members.zip(parts.into_iter().flatten()).collect(), &types)
            }
            Kind::Variant(cases) => {
                self.constants(&name, cases.iter().map(|(case, _)| case), |number| number.to_string());
                let types: Vec<Option<&Type>> = cases.iter().map(|(_, ty)| ty.as_ref()).collect();
                // No case is called as the member of an option is.
                let member =
                    |case: &str| members.identifier(&format!("{case}{}", if case == "value" { "_" } else { "" }));
                let names: Vec<String> = cases.iter().map(|(case, _)| case.as_str()).map(member).collect();
                let parts = names.into_iter().zip(parts).map(|(name, part)| Some((name, part?))).collect();
                self.variant(name, ("uint32_t", "tag"), parts, &types)
            }
            Kind::Enum(cases) => {
                let layout = self.world.variant(&vec![None; cases.len()]).0;
                self.constants(&name, cases.iter(), |number| number.to_string());
                let _ = write!(
                    self.text,
                    "typedef uint32_t {name};\n\
                     static const wasmc_part_ {name}_parts_[{}] = {{{{NULL, 0}}}};\n\
                     static const wasmc_type_ {name}_ = {{WASMC_VARIANT_, {}, {}, 0, 1, 4, 4, {}, {name}_parts_}};\n\n",
                    cases.len(),
                    layout.size,
                    layout.align,
                    cases.len(),
                );
                CType { description: format!("{name}_"), name, is_small: true }
            }
            Kind::Flags(flags) => {
                self.constants(&name, flags.iter(), |number| format!("{:#x}", 1_u64 << number));
                let size = if flags.len() <= 8 { 1 } else { 2 + 2 * u32::from(flags.len() > 16) };
                let _ = write!(
                    self.text,
                    "typedef uint32_t {name};\n\
                     static const wasmc_type_ {name}_ = {{WASMC_FLAGS_, {size}, {size}, 0, 1, 4, 0, {}, NULL}};\n\n",
                    flags.len(),
                );
                CType { description: format!("{name}_"), name, is_small: true }
            }
        }
    }

    /// Constants for cases or flags.
    fn constants<'n>(&mut self, name: &str, items: impl Iterator<Item = &'n String>, value: impl Fn(usize) -> String) {
        let mut names = Names::default();
        for (number, item) in items.enumerate() {
            let constant = format!("{name}_{}", names.identifier(item)).to_ascii_uppercase();
            let _ = writeln!(self.text, "#define {constant} {}u", value(number));
        }
    }

    /// A type of handles; those that are owned and those that are borrowed are one structure.
    fn handle(&mut self, handle: Handle, is_own: bool) -> CType {
        let number = handle.resource;
        let resource = &self.world.resources[number];
        let key = format!("resource {number}");
        let name = match self.known.get(&key) {
            Some(known) => known.name.clone(),
            None => {
                let name = self.identifier(&Self::prefixed(resource.namespace.as_ref(), &resource.name));
                let known_as = resource_number(self.world, number);
                let described = |kind| format!("{{{kind}, 4, 4, {known_as}u, 1, sizeof({name}), 0, 0, NULL}}");
                let _ = write!(
                    self.text,
                    "/* A resource `{}`, by its representation. */\ntypedef struct {name} {{\n    \
                     uint32_t representation;\n}} {name};\n\
                     static const wasmc_type_ {name}_own_ = {};\nstatic const wasmc_type_ {name}_borrow_ = {};\n\n",
                    super::super::c::comment(&resource.name),
                    described("WASMC_OWN_"),
                    described("WASMC_BORROW_"),
                );
                let known = CType { name: name.clone(), description: String::new(), is_small: true };
                self.known.insert(key, known);
                name
            }
        };
        let description = format!("{name}_{}_", if is_own { "own" } else { "borrow" });
        CType { name, description, is_small: true }
    }
}

/// The types that C has itself.
fn plain(ty: &Type) -> Option<CType> {
    let (name, description) = match ty {
        Type::Bool => ("bool", "wasmc_bool_"),
        Type::S8 => ("int8_t", "wasmc_s8_"),
        Type::U8 => ("uint8_t", "wasmc_u8_"),
        Type::S16 => ("int16_t", "wasmc_s16_"),
        Type::U16 => ("uint16_t", "wasmc_u16_"),
        Type::S32 => ("int32_t", "wasmc_b32_"),
        Type::U32 => ("uint32_t", "wasmc_b32_"),
        Type::F32 => ("float", "wasmc_b32_"),
        Type::S64 => ("int64_t", "wasmc_b64_"),
        Type::U64 => ("uint64_t", "wasmc_b64_"),
        Type::F64 => ("double", "wasmc_b64_"),
        Type::Char => ("uint32_t", "wasmc_char_"),
        Type::String => ("wasmc_string", "wasmc_string_"),
        _ => return None,
    };
    let is_small = *ty != Type::String;
    Some(CType { name: name.into(), description: description.into(), is_small })
}
