//! Values as scripts write them.

use super::types::Type;
use super::values::Value;
use wast::component::WastVal;

impl Value {
    /// A value of a script. `None` where it is none of the type.
    pub fn of(ty: &Type, value: &WastVal<'_>) -> Option<Self> {
        Some(match ty {
            Type::Plain(_) => Self::Bits(plain(value)?),
            Type::Text => match value {
                WastVal::String(text) => Self::Text { text: text.to_string(), wide: false },
                _ => return None,
            },
            Type::List(element) => match value {
                WastVal::List(values) => {
                    Self::List(values.iter().map(|value| Self::of(element, value)).collect::<Option<_>>()?)
                }
                _ => return None,
            },
            Type::Record(types) => {
                let values: Vec<&WastVal<'_>> = match value {
                    WastVal::Record(fields) => fields.iter().map(|(_, value)| value).collect(),
                    WastVal::Tuple(values) => values.iter().collect(),
                    _ => return None,
                };
                let fields = types.iter().zip(values).map(|((_, ty), value)| Self::of(ty, value));
                Self::Record(fields.collect::<Option<_>>()?)
            }
            Type::Variant(_, cases) => {
                let (number, payload) = case(cases, value)?;
                let carried = match (&cases[number].1, payload) {
                    (Some(ty), Some(value)) => Some(Box::new(Self::of(ty, value)?)),
                    _ => None,
                };
                Self::Case(number, carried)
            }
            Type::Flags(names) => Self::Flags(flag_words(names, value)?),
            Type::Own | Type::Borrow => return None,
        })
    }
}

/// The bits of a number, character or boolean of a script, as core values hold them.
fn plain(value: &WastVal<'_>) -> Option<u64> {
    Some(match *value {
        WastVal::Bool(value) => value.into(),
        WastVal::U8(value) => value.into(),
        WastVal::S8(value) => (value as i32 as u32).into(),
        WastVal::U16(value) => value.into(),
        WastVal::S16(value) => (value as i32 as u32).into(),
        WastVal::U32(value) => value.into(),
        WastVal::S32(value) => (value as u32).into(),
        WastVal::U64(value) => value,
        WastVal::S64(value) => value as u64,
        WastVal::F32(value) => value.bits.into(),
        WastVal::F64(value) => value.bits,
        WastVal::Char(value) => value.into(),
        _ => return None,
    })
}

/// The number of a variant's case, and what it carries.
fn case<'v>(cases: &[(String, Option<Type>)], value: &'v WastVal<'v>) -> Option<(usize, Option<&'v WastVal<'v>>)> {
    let (name, payload) = match value {
        WastVal::Variant(name, payload) => (*name, payload.as_deref()),
        WastVal::Enum(name) => (*name, None),
        WastVal::Option(payload) => (if payload.is_some() { "some" } else { "none" }, payload.as_deref()),
        WastVal::Result(Ok(payload)) => ("ok", payload.as_deref()),
        WastVal::Result(Err(payload)) => ("err", payload.as_deref()),
        _ => return None,
    };
    Some((cases.iter().position(|(case, _)| case == name)?, payload))
}

fn flag_words(names: &[String], value: &WastVal<'_>) -> Option<Vec<u32>> {
    let WastVal::Flags(set) = value else { return None };
    let mut words = vec![0; names.len().div_ceil(32)];
    for flag in set {
        let number = names.iter().position(|name| name == flag)?;
        words[number / 32] |= 1 << (number % 32);
    }
    Some(words)
}
