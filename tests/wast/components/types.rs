//! Types of values as `wasmc_component::world` writes them, and how the canonical ABI lays values of them out
//! (component model, "Canonical ABI", "Alignment", "Element Size", "Flattening"), in memories with 32-bit indices.

use wasm_encoder::ValType;

/// A type of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// Booleans, numbers, characters: by name.
    Plain(String),
    /// A string.
    Text,
    /// A list.
    List(Box<Type>),
    /// Records and tuples: names, which tuples have none of, and types.
    Record(Vec<(String, Type)>),
    /// Variants and what is laid out like one: cases.
    Variant(Kind, Vec<(String, Option<Type>)>),
    /// Flags.
    Flags(Vec<String>),
    /// A handle that owns a resource.
    Own,
    /// A handle that borrows one.
    Borrow,
}

/// What is laid out like a variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A variant itself.
    Variant,
    /// An enumeration.
    Enum,
    /// An option.
    Option,
    /// A result.
    Result,
}

/// The type of a function.
#[derive(Clone, Debug)]
pub struct FunctionType {
    /// Names of the parameters.
    pub names: Vec<String>,
    /// Types of the parameters.
    pub params: Vec<Type>,
    /// The type of the result.
    pub result: Option<Type>,
}

/// Most core values that parameters are passed as; beyond, they lie in memory.
const MAX_FLAT_PARAMS: usize = 16;

impl FunctionType {
    /// Whether parameters lie in memory, as there are too many.
    pub fn passes_memory(&self) -> bool {
        flatten(&self.params).len() > MAX_FLAT_PARAMS
    }

    /// All parameters as one tuple, as which they lie in memory.
    pub fn all_params(&self) -> Type {
        Type::Record(self.params.iter().map(|ty| (String::new(), ty.clone())).collect())
    }

    /// Whether the result lies in memory.
    pub fn returns_memory(&self) -> bool {
        self.result.as_ref().is_some_and(|ty| ty.flat().len() > 1)
    }

    /// The core type of the function that is lifted to this.
    pub fn lifted(&self) -> (Vec<ValType>, Vec<ValType>) {
        let params = if self.passes_memory() { vec![ValType::I32] } else { flatten(&self.params) };
        let results = self.result.as_ref().map_or(Vec::new(), Type::flat);
        (params, if results.len() > 1 { vec![ValType::I32] } else { results })
    }

    /// The core type of this function, lowered.
    pub fn lowered(&self) -> (Vec<ValType>, Vec<ValType>) {
        let (mut params, mut results) = self.lifted();
        if self.returns_memory() {
            params.append(&mut results);
        }
        (params, results)
    }
}

/// Reads types.
struct Reader<'t>(&'t str);

impl<'t> Reader<'t> {
    fn eat(&mut self, text: &str) -> bool {
        let rest = self.0.strip_prefix(text);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn expect(&mut self, text: &str) -> Option<()> {
        self.eat(text).then_some(())
    }

    /// Up to what ends a name.
    fn name(&mut self) -> &'t str {
        let end = self.0.find([',', ':', '(', ')', '<', '>', '{', '}', ' ']).unwrap_or(self.0.len());
        let (name, rest) = self.0.split_at(end);
        self.0 = rest;
        name
    }

    /// What `item` reads, separated by commas, up to `end`.
    fn list<T>(&mut self, end: &str, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut list = Vec::new();
        while !self.eat(end) {
            list.push(item(self)?);
            self.eat(", ");
        }
        Some(list)
    }

    fn named(&mut self) -> Option<(String, Type)> {
        let name = self.name().to_owned();
        self.expect(": ")?;
        Some((name, self.value()?))
    }

    fn value(&mut self) -> Option<Type> {
        let case = |name: &str, ty| (name.to_owned(), ty);
        Some(match self.name() {
            "string" => Type::Text,
            "list" => {
                self.expect("<")?;
                let element = self.value()?;
                self.expect(">")?;
                Type::List(Box::new(element))
            }
            "option" => {
                self.expect("<")?;
                let value = self.value()?;
                self.expect(">")?;
                Type::Variant(Kind::Option, vec![case("none", None), case("some", Some(value))])
            }
            "result" => {
                let sides = if self.eat("<") {
                    self.list(">", |reader| if reader.eat("_") { Some(None) } else { reader.value().map(Some) })?
                } else {
                    Vec::new()
                };
                let side = |index: usize| sides.get(index).cloned().flatten();
                Type::Variant(Kind::Result, vec![case("ok", side(0)), case("err", side(1))])
            }
            "tuple" => {
                self.expect("<")?;
                Type::Record(self.list(">", |reader| Some((String::new(), reader.value()?)))?)
            }
            "record" => {
                self.expect("{")?;
                Type::Record(self.list("}", Self::named)?)
            }
            "variant" => {
                self.expect("{")?;
                Type::Variant(
                    Kind::Variant,
                    self.list("}", |reader| {
                        let name = reader.name().to_owned();
                        if !reader.eat("(") {
                            return Some((name, None));
                        }
                        let value = reader.value()?;
                        reader.expect(")")?;
                        Some((name, Some(value)))
                    })?,
                )
            }
            "enum" => {
                self.expect("{")?;
                Type::Variant(Kind::Enum, self.list("}", |reader| Some((reader.name().to_owned(), None)))?)
            }
            "flags" => {
                self.expect("{")?;
                Type::Flags(self.list("}", |reader| Some(reader.name().to_owned()))?)
            }
            name @ ("bool" | "s8" | "u8" | "s16" | "u16" | "s32" | "u32" | "s64" | "u64" | "f32" | "f64" | "char") => {
                Type::Plain(name.to_owned())
            }
            _ => return None,
        })
    }
}

/// Reads the type of a function; `None` where it has types that scripts have no values of.
pub fn function(text: &str) -> Option<FunctionType> {
    let mut reader = Reader(text);
    reader.expect("(")?;
    let (names, params) = reader.list(")", Reader::named)?.into_iter().unzip();
    let result = if reader.eat(" -> ") { Some(reader.value()?) } else { None };
    reader.0.is_empty().then_some(FunctionType { names, params, result })
}

/// The core types of values, in order.
pub fn flatten(types: &[Type]) -> Vec<ValType> {
    types.iter().flat_map(Type::flat).collect()
}

impl Type {
    /// Whether a value may hold a value of a type for which `is_it`.
    pub fn holds(&self, is_it: &dyn Fn(&Self) -> bool) -> bool {
        is_it(self)
            || match self {
                Self::List(element) => element.holds(is_it),
                Self::Record(fields) => fields.iter().any(|(_, ty)| ty.holds(is_it)),
                Self::Variant(_, cases) => cases.iter().any(|(_, ty)| ty.as_ref().is_some_and(|ty| ty.holds(is_it))),
                _ => false,
            }
    }

    /// Bytes of what tells cases apart.
    pub fn discriminant(cases: usize) -> u32 {
        match cases {
            0..=256 => 1,
            257..=65536 => 2,
            _ => 4,
        }
    }

    /// Bytes of flags, and of a word of them.
    pub fn flag_bytes(flags: usize) -> u32 {
        match flags {
            0..=8 => 1,
            9..=16 => 2,
            _ => 4 * flags.div_ceil(32) as u32,
        }
    }

    /// Alignment in memory, in bytes.
    pub fn align(&self) -> u32 {
        match self {
            Self::Plain(_) | Self::Own | Self::Borrow => self.size(),
            Self::Text | Self::List(_) => 4,
            Self::Record(fields) => fields.iter().map(|(_, ty)| ty.align()).max().unwrap_or(1),
            Self::Variant(_, cases) => Self::payload_align(cases).max(Self::discriminant(cases.len())),
            Self::Flags(flags) => Self::flag_bytes(flags.len()).min(4),
        }
    }

    /// Size in memory, in bytes.
    pub fn size(&self) -> u32 {
        match self {
            Self::Plain(name) => match name.as_str() {
                "bool" | "s8" | "u8" => 1,
                "s16" | "u16" => 2,
                "s64" | "u64" | "f64" => 8,
                _ => 4,
            },
            Self::Own | Self::Borrow => 4,
            Self::Text | Self::List(_) => 8,
            Self::Record(_) => {
                let end = self.offsets().last().map_or(0, |(offset, ty)| offset + ty.size());
                end.next_multiple_of(self.align())
            }
            Self::Variant(_, cases) => {
                let payload = cases.iter().filter_map(|(_, ty)| ty.as_ref()).map(Self::size).max().unwrap_or(0);
                (Self::payload_offset(cases) + payload).next_multiple_of(self.align())
            }
            Self::Flags(flags) => Self::flag_bytes(flags.len()),
        }
    }

    /// Where the fields of a record lie.
    pub fn offsets(&self) -> Vec<(u32, &Type)> {
        let Self::Record(fields) = self else { return Vec::new() };
        let mut end = 0_u32;
        let place = |(_, ty): &'_ (String, Type)| {
            let at = end.next_multiple_of(ty.align());
            end = at + ty.size();
            at
        };
        let places: Vec<u32> = fields.iter().map(place).collect();
        places.into_iter().zip(fields.iter().map(|(_, ty)| ty)).collect()
    }

    fn payload_align(cases: &[(String, Option<Type>)]) -> u32 {
        cases.iter().filter_map(|(_, ty)| ty.as_ref()).map(Self::align).max().unwrap_or(1)
    }

    /// Where what a case carries lies.
    pub fn payload_offset(cases: &[(String, Option<Type>)]) -> u32 {
        Self::discriminant(cases.len()).next_multiple_of(Self::payload_align(cases))
    }

    /// The core types of a value, in order.
    pub fn flat(&self) -> Vec<ValType> {
        match self {
            Self::Plain(name) => vec![match name.as_str() {
                "s64" | "u64" => ValType::I64,
                "f32" => ValType::F32,
                "f64" => ValType::F64,
                _ => ValType::I32,
            }],
            Self::Own | Self::Borrow => vec![ValType::I32],
            Self::Text | Self::List(_) => vec![ValType::I32; 2],
            Self::Record(fields) => fields.iter().flat_map(|(_, ty)| ty.flat()).collect(),
            Self::Variant(_, cases) => {
                let mut joined: Vec<ValType> = Vec::new();
                for ty in cases.iter().filter_map(|(_, ty)| ty.as_ref()) {
                    for (index, ty) in ty.flat().into_iter().enumerate() {
                        match joined.get_mut(index) {
                            Some(present) => *present = join(*present, ty),
                            None => joined.push(ty),
                        }
                    }
                }
                [ValType::I32].into_iter().chain(joined).collect()
            }
            Self::Flags(flags) => vec![ValType::I32; flags.len().div_ceil(32)],
        }
    }
}

/// The core type that holds values of both.
fn join(a: ValType, b: ValType) -> ValType {
    match (a, b) {
        _ if a == b => a,
        (ValType::I32 | ValType::F32, ValType::I32 | ValType::F32) => ValType::I32,
        _ => ValType::I64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_laid_out_by_the_canonical_abi() {
        let ty = function("(a: record{x: u8, y: u64, z: option<u16>}) -> result<string, enum{a, b}>").unwrap();
        let [record] = &ty.params[..] else { panic!("one parameter") };
        assert_eq!((record.size(), record.align()), (24, 8));
        assert_eq!(record.offsets().iter().map(|(at, _)| *at).collect::<Vec<_>>(), [0, 8, 16]);
        assert_eq!(record.flat(), [ValType::I32, ValType::I64, ValType::I32, ValType::I32]);
        let result = ty.result.unwrap();
        assert_eq!((result.size(), result.align()), (12, 4));
        assert_eq!(result.flat(), [ValType::I32; 3]);
        assert!(function("(a: own<resource>)").is_none());
    }
}
