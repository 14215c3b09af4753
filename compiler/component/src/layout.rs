//! Sizes and alignments of values in a memory, and how many core values they are passed as (component model,
//! "Canonical ABI": `alignment`, `elem_size`, `flatten_type`).

use crate::interface::{Interface, Kind, Type};

/// How values of a type lie in a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Bytes.
    pub size: u32,
    /// What their address is a multiple of.
    pub align: u32,
    /// How many core values stand for one.
    pub flat: u32,
}

/// Nothing.
const NOTHING: Layout = Layout { size: 0, align: 1, flat: 0 };

impl Interface {
    /// That of a type.
    pub fn layout(&self, ty: &Type) -> Layout {
        let same = |size| Layout { size, align: size, flat: 1 };
        match ty {
            Type::Bool | Type::S8 | Type::U8 => same(1),
            Type::S16 | Type::U16 => same(2),
            Type::S32 | Type::U32 | Type::F32 | Type::Char | Type::Own(_) | Type::Borrow(_) => same(4),
            Type::S64 | Type::U64 | Type::F64 => same(8),
            Type::String | Type::List(_) => Layout { size: 8, align: 4, flat: 2 },
            Type::Option(some) => self.variant(&[None, Some(some)]).0,
            Type::Result(ok, err) => self.variant(&[ok.as_deref(), err.as_deref()]).0,
            Type::Tuple(types) => self.record(types),
            Type::Defined(number) => match &self.definitions[*number].kind {
                Kind::Record(fields) => self.record(fields.iter().map(|(_, ty)| ty)),
                Kind::Variant(cases) => self.variant(&cases.iter().map(|(_, ty)| ty.as_ref()).collect::<Vec<_>>()).0,
                Kind::Enum(cases) => self.variant(&vec![None; cases.len()]).0,
                Kind::Flags(flags) => same(match flags.len() {
                    0..=8 => 1,
                    9..=16 => 2,
                    _ => 4,
                }),
            },
        }
    }

    /// That of fields, one after the other.
    pub fn record<'t>(&self, fields: impl IntoIterator<Item = &'t Type>) -> Layout {
        let mut all = NOTHING;
        for field in fields {
            let field = self.layout(field);
            all.size = all.size.next_multiple_of(field.align) + field.size;
            all.align = all.align.max(field.align);
            all.flat += field.flat;
        }
        Layout { size: all.size.next_multiple_of(all.align), ..all }
    }

    /// That of a variant with these payloads, and where the payload lies.
    pub fn variant(&self, cases: &[Option<&Type>]) -> (Layout, u32) {
        let tag = match cases.len() {
            0..=0x100 => 1,
            0x101..=0x1_0000 => 2,
            _ => 4,
        };
        let payloads = cases.iter().map(|case| case.map_or(NOTHING, |ty| self.layout(ty)));
        let largest = payloads.fold(NOTHING, |most, case| Layout {
            size: most.size.max(case.size),
            align: most.align.max(case.align),
            flat: most.flat.max(case.flat),
        });
        let align = largest.align.max(tag);
        let payload = tag.next_multiple_of(largest.align);
        (Layout { size: (payload + largest.size).next_multiple_of(align), align, flat: largest.flat + 1 }, payload)
    }
}
