//! Values of scripts in memory, as core values, and compared with what a call has returned.

use super::types::Type;
use wasm_encoder::{InstructionSink, MemArg, MemArgTarget, ValType};
use wast::component::WastVal;

/// Memory that is known when the driver is made.
#[derive(Default)]
pub struct Memory {
    /// Its contents from [`Memory::START`] on.
    pub bytes: Vec<u8>,
}

impl Memory {
    /// The address of the first byte.
    pub const START: u32 = 1024;

    /// Sets bytes aside; returns their address.
    pub fn reserve(&mut self, size: u32, align: u32) -> u32 {
        let at = (Self::START + self.bytes.len() as u32).next_multiple_of(align);
        self.bytes.resize((at + size - Self::START) as usize, 0);
        at
    }

    fn put(&mut self, at: u32, bytes: &[u8]) {
        let at = (at - Self::START) as usize;
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }
}

/// A core value.
#[derive(Clone, Copy, Debug)]
pub enum Core {
    I32(u32),
    I64(u64),
    F32(u32),
    F64(u64),
}

impl Core {
    fn bits(self) -> u64 {
        match self {
            Self::I32(bits) | Self::F32(bits) => bits.into(),
            Self::I64(bits) | Self::F64(bits) => bits,
        }
    }

    fn of(ty: ValType, bits: u64) -> Self {
        match ty {
            ValType::I64 => Self::I64(bits),
            ValType::F32 => Self::F32(bits as u32),
            ValType::F64 => Self::F64(bits),
            _ => Self::I32(bits as u32),
        }
    }

    /// Pushes it.
    pub fn push(self, code: &mut InstructionSink<'_>) {
        match self {
            Self::I32(bits) => code.i32_const(bits as i32),
            Self::I64(bits) => code.i64_const(bits as i64),
            Self::F32(bits) => code.f32_const(wasm_encoder::Ieee32::new(bits)),
            Self::F64(bits) => code.f64_const(wasm_encoder::Ieee64::new(bits)),
        };
    }
}

/// The bits of a number, character or boolean, as core values hold them.
fn plain(value: &WastVal<'_>) -> Option<Core> {
    Some(match *value {
        WastVal::Bool(value) => Core::I32(value.into()),
        WastVal::U8(value) => Core::I32(value.into()),
        WastVal::S8(value) => Core::I32(value as i32 as u32),
        WastVal::U16(value) => Core::I32(value.into()),
        WastVal::S16(value) => Core::I32(value as i32 as u32),
        WastVal::U32(value) => Core::I32(value),
        WastVal::S32(value) => Core::I32(value as u32),
        WastVal::U64(value) => Core::I64(value),
        WastVal::S64(value) => Core::I64(value as u64),
        WastVal::F32(value) => Core::F32(value.bits),
        WastVal::F64(value) => Core::F64(value.bits),
        WastVal::Char(value) => Core::I32(value.into()),
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

/// The fields of a record or tuple.
fn fields<'v>(value: &'v WastVal<'v>) -> Option<Vec<&'v WastVal<'v>>> {
    match value {
        WastVal::Record(fields) => Some(fields.iter().map(|(_, value)| value).collect()),
        WastVal::Tuple(values) => Some(values.iter().collect()),
        _ => None,
    }
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

/// Address and length of a string or list, stored.
fn pointed(memory: &mut Memory, ty: &Type, value: &WastVal<'_>) -> Option<(u32, u32)> {
    match (ty, value) {
        (Type::Text, WastVal::String(text)) => {
            let at = memory.reserve(text.len() as u32, 1);
            memory.put(at, text.as_bytes());
            Some((at, text.len() as u32))
        }
        (Type::List(element), WastVal::List(values)) => {
            let at = memory.reserve(element.size() * values.len() as u32, element.align());
            for (value, index) in values.iter().zip(0..) {
                store(memory, element, value, at + index * element.size())?;
            }
            Some((at, values.len() as u32))
        }
        _ => None,
    }
}

/// Stores a value. `None` where it is none of the type.
pub fn store(memory: &mut Memory, ty: &Type, value: &WastVal<'_>, at: u32) -> Option<()> {
    match ty {
        Type::Plain(_) => {
            let bits = plain(value)?.bits().to_le_bytes();
            memory.put(at, &bits[..ty.size() as usize]);
        }
        Type::Text | Type::List(_) => {
            let (address, len) = pointed(memory, ty, value)?;
            memory.put(at, &address.to_le_bytes());
            memory.put(at + 4, &len.to_le_bytes());
        }
        Type::Record(_) => {
            for ((offset, ty), value) in ty.offsets().into_iter().zip(fields(value)?) {
                store(memory, ty, value, at + offset)?;
            }
        }
        Type::Variant(_, cases) => {
            let (number, payload) = case(cases, value)?;
            memory.put(at, &(number as u32).to_le_bytes()[..Type::discriminant(cases.len()) as usize]);
            if let (Some(ty), Some(value)) = (&cases[number].1, payload) {
                store(memory, ty, value, at + Type::payload_offset(cases))?;
            }
        }
        Type::Flags(names) => {
            let bytes: Vec<u8> = flag_words(names, value)?.iter().flat_map(|word| word.to_le_bytes()).collect();
            memory.put(at, &bytes[..ty.size() as usize]);
        }
    }
    Some(())
}

/// A value as core values; what it points to is stored. `None` where it is none of the type.
pub fn flatten(memory: &mut Memory, ty: &Type, value: &WastVal<'_>) -> Option<Vec<Core>> {
    match ty {
        Type::Plain(_) => Some(vec![plain(value)?]),
        Type::Text | Type::List(_) => {
            let (address, len) = pointed(memory, ty, value)?;
            Some(vec![Core::I32(address), Core::I32(len)])
        }
        Type::Record(types) => {
            let mut all = Vec::new();
            for ((_, ty), value) in types.iter().zip(fields(value)?) {
                all.extend(flatten(memory, ty, value)?);
            }
            Some(all)
        }
        Type::Variant(_, cases) => {
            let (number, payload) = case(cases, value)?;
            let carried = match (&cases[number].1, payload) {
                (Some(ty), Some(value)) => flatten(memory, ty, value)?,
                _ => Vec::new(),
            };
            let bits = carried.iter().map(|value| value.bits()).chain(std::iter::repeat(0));
            let joined = ty.flat()[1..].iter().zip(bits).map(|(&ty, bits)| Core::of(ty, bits)).collect::<Vec<_>>();
            Some([Core::I32(number as u32)].into_iter().chain(joined).collect())
        }
        Type::Flags(names) => Some(flag_words(names, value)?.into_iter().map(Core::I32).collect()),
    }
}

/// Where a value lies that is compared: in memory at the sum of a local and an offset.
#[derive(Clone, Copy)]
pub struct Place {
    /// The local.
    pub local: u32,
    /// The offset in bytes.
    pub offset: u32,
}

/// Compares what lies in memory with a value and traps where they differ. `free` is the first local that is free.
/// `None` where the value is none of the type.
pub fn compare(code: &mut InstructionSink<'_>, ty: &Type, value: &WastVal<'_>, at: Place, free: u32) -> Option<()> {
    match ty {
        Type::Plain(_) => compare_bits(code, at, ty.size(), plain(value)?.bits()),
        Type::Text | Type::List(_) => {
            let (len, element) = match (ty, value) {
                (Type::Text, WastVal::String(text)) => (text.len(), None),
                (Type::List(element), WastVal::List(values)) => (values.len(), Some((element, values))),
                _ => return None,
            };
            compare_bits(code, Place { offset: at.offset + 4, ..at }, 4, len as u64);
            code.local_get(at.local).i32_load(memarg(at.offset)).local_set(free);
            match (element, value) {
                (Some((element, values)), _) => {
                    for (value, index) in values.iter().zip(0..) {
                        let at = Place { local: free, offset: index * element.size() };
                        compare(code, element, value, at, free + 1)?;
                    }
                }
                (None, WastVal::String(text)) => {
                    for (byte, offset) in text.bytes().zip(0..) {
                        compare_bits(code, Place { local: free, offset }, 1, byte.into());
                    }
                }
                _ => return None,
            }
        }
        Type::Record(_) => {
            for ((offset, ty), value) in ty.offsets().into_iter().zip(fields(value)?) {
                compare(code, ty, value, Place { offset: at.offset + offset, ..at }, free)?;
            }
        }
        Type::Variant(_, cases) => {
            let (number, payload) = case(cases, value)?;
            compare_bits(code, at, Type::discriminant(cases.len()), number as u64);
            if let (Some(ty), Some(value)) = (&cases[number].1, payload) {
                let offset = at.offset + Type::payload_offset(cases);
                compare(code, ty, value, Place { offset, ..at }, free)?;
            }
        }
        Type::Flags(names) => {
            let size = ty.size().min(4);
            for (word, index) in flag_words(names, value)?.into_iter().zip(0..) {
                compare_bits(code, Place { offset: at.offset + 4 * index, ..at }, size, word.into());
            }
        }
    }
    Some(())
}

fn memarg(offset: u32) -> MemArg {
    MemArg { offset: offset.into(), align: 0, target: MemArgTarget::Memory(0), ordering: None }
}

/// Compares `size` bytes of memory.
fn compare_bits(code: &mut InstructionSink<'_>, at: Place, size: u32, bits: u64) {
    code.local_get(at.local);
    match size {
        1 => code.i64_load8_u(memarg(at.offset)),
        2 => code.i64_load16_u(memarg(at.offset)),
        4 => code.i64_load32_u(memarg(at.offset)),
        _ => code.i64_load(memarg(at.offset)),
    };
    let mask = if size == 8 { u64::MAX } else { (1 << (8 * size)) - 1 };
    code.i64_const((bits & mask) as i64).i64_ne();
    code.if_(wasm_encoder::BlockType::Empty).unreachable().end();
}

/// Compares the core value on the stack with that of a value of one core type.
pub fn compare_core(code: &mut InstructionSink<'_>, ty: ValType, expected: Core) {
    match ty {
        ValType::I64 => code.i64_const(expected.bits() as i64).i64_ne(),
        ValType::F32 => code.i32_reinterpret_f32().i32_const(expected.bits() as i32).i32_ne(),
        ValType::F64 => code.i64_reinterpret_f64().i64_const(expected.bits() as i64).i64_ne(),
        _ => code.i32_const(expected.bits() as i32).i32_ne(),
    };
    code.if_(wasm_encoder::BlockType::Empty).unreachable().end();
}
