//! Values in memory, as core values, and compared with what a call has returned.

use super::types::Type;
use wasm_encoder::{InstructionSink, MemArg, MemArgTarget, ValType};

/// A value; what it means depends on its type. Some are values of no type, to be refused.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number, character or boolean, as a core value holds it; what the type has no room for is ignored.
    Bits(u64),
    /// A string. In Latin-1 or UTF-16 it is UTF-16 where it is `wide`, or cannot be Latin-1.
    Text {
        /// Its characters.
        text: String,
        /// Whether it is UTF-16 in any case.
        wide: bool,
    },
    /// A string of these bytes, whose length says this.
    Units(Vec<u8>, u32),
    /// A string or list at an address, of a length.
    At(u32, u32),
    /// A list.
    List(Vec<Value>),
    /// The fields of a record or tuple.
    Record(Vec<Value>),
    /// The number of a variant's case, and what it carries.
    Case(usize, Option<Box<Value>>),
    /// Flags, 32 in a word.
    Flags(Vec<u32>),
    /// A handle of a resource with this representation.
    Handle(u32),
}

/// How strings are encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    #[default]
    Utf8,
    /// UTF-16.
    Utf16,
    /// Latin-1 or UTF-16.
    Compact,
}

/// Bit of the length of a string in Latin-1 or UTF-16 that says that it is UTF-16.
pub const UTF16_TAG: u32 = 1 << 31;

impl Encoding {
    /// The bytes of a string, and what its length says.
    pub fn encode(self, text: &str, wide: bool) -> (Vec<u8>, u32) {
        let utf16 = || text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let is_latin1 = !wide && text.chars().all(|character| u32::from(character) < 0x100);
        match self {
            Self::Utf8 => (text.into(), text.len() as u32),
            Self::Utf16 => (utf16(), text.encode_utf16().count() as u32),
            Self::Compact if is_latin1 => {
                let bytes: Vec<u8> = text.chars().map(|character| character as u8).collect();
                let len = bytes.len() as u32;
                (bytes, len)
            }
            Self::Compact => (utf16(), text.encode_utf16().count() as u32 | UTF16_TAG),
        }
    }

    fn align(self) -> u32 {
        if self == Self::Utf8 { 1 } else { 2 }
    }
}

/// Memory that is known when a module is made.
#[derive(Default)]
pub struct Memory {
    /// Its contents from [`Memory::START`] on.
    pub bytes: Vec<u8>,
    /// How strings are encoded.
    pub encoding: Encoding,
    /// The handles that belong into it: they can be made at run time alone.
    pub handles: Vec<Slot>,
}

/// Where a handle belongs in memory.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    /// Its address.
    pub at: u32,
    /// The representation of the resource.
    pub representation: u32,
    /// Whether the handle is given away, not lent.
    pub is_owned: bool,
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

    fn put_text(&mut self, bytes: &[u8], len: u32) -> (u32, u32) {
        let at = self.reserve(bytes.len() as u32, self.encoding.align());
        self.put(at, bytes);
        (at, len)
    }

    fn put_handle(&mut self, at: u32, ty: &Type, representation: u32) {
        self.handles.push(Slot { at, representation, is_owned: *ty == Type::Own });
    }
}

/// A core value.
#[derive(Clone, Copy, Debug)]
pub struct Core {
    ty: ValType,
    bits: u64,
    /// Where it is found in memory when the program runs, instead.
    slot: Option<u32>,
}

impl Core {
    fn of(ty: ValType, bits: u64) -> Self {
        Self { ty, bits, slot: None }
    }

    /// Pushes it.
    pub fn push(self, code: &mut InstructionSink<'_>) {
        let bits = self.bits;
        match (self.slot, self.ty) {
            (Some(slot), ValType::I64) => code.i32_const(slot as i32).i64_load32_u(memarg(0)),
            (Some(slot), _) => code.i32_const(slot as i32).i32_load(memarg(0)),
            (None, ValType::I64) => code.i64_const(bits as i64),
            (None, ValType::F32) => code.f32_const(wasm_encoder::Ieee32::new(bits as u32)),
            (None, ValType::F64) => code.f64_const(wasm_encoder::Ieee64::new(bits)),
            (None, _) => code.i32_const(bits as i32),
        };
    }
}

/// Address and length of a string or list, stored.
fn pointed(memory: &mut Memory, ty: &Type, value: &Value) -> Option<(u32, u32)> {
    match (ty, value) {
        (Type::Text, Value::Text { text, wide }) => {
            let (bytes, len) = memory.encoding.encode(text, *wide);
            Some(memory.put_text(&bytes, len))
        }
        (Type::Text, Value::Units(bytes, len)) => Some(memory.put_text(bytes, *len)),
        (Type::Text | Type::List(_), Value::At(address, len)) => Some((*address, *len)),
        (Type::List(element), Value::List(values)) => {
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
pub fn store(memory: &mut Memory, ty: &Type, value: &Value, at: u32) -> Option<()> {
    match (ty, value) {
        (Type::Plain(_), Value::Bits(bits)) => memory.put(at, &bits.to_le_bytes()[..ty.size() as usize]),
        (Type::Own | Type::Borrow, Value::Bits(bits)) => memory.put(at, &(*bits as u32).to_le_bytes()),
        (Type::Own | Type::Borrow, Value::Handle(representation)) => memory.put_handle(at, ty, *representation),
        (Type::Text | Type::List(_), _) => {
            let (address, len) = pointed(memory, ty, value)?;
            memory.put(at, &address.to_le_bytes());
            memory.put(at + 4, &len.to_le_bytes());
        }
        (Type::Record(_), Value::Record(values)) => {
            for ((offset, ty), value) in ty.offsets().into_iter().zip(values) {
                store(memory, ty, value, at + offset)?;
            }
        }
        (Type::Variant(_, cases), Value::Case(number, payload)) => {
            memory.put(at, &(*number as u32).to_le_bytes()[..Type::discriminant(cases.len()) as usize]);
            if let (Some((_, Some(ty))), Some(value)) = (cases.get(*number), payload) {
                store(memory, ty, value, at + Type::payload_offset(cases))?;
            }
        }
        (Type::Flags(_), Value::Flags(words)) => {
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            memory.put(at, &bytes[..ty.size() as usize]);
        }
        _ => return None,
    }
    Some(())
}

/// A value as core values; what it points to is stored. `None` where it is none of the type.
pub fn flatten(memory: &mut Memory, ty: &Type, value: &Value) -> Option<Vec<Core>> {
    match (ty, value) {
        (Type::Plain(_), Value::Bits(bits)) => Some(vec![Core::of(ty.flat()[0], *bits)]),
        (Type::Own | Type::Borrow, Value::Bits(bits)) => Some(vec![Core::of(ValType::I32, *bits)]),
        (Type::Own | Type::Borrow, Value::Handle(representation)) => {
            let slot = memory.reserve(4, 4);
            memory.put_handle(slot, ty, *representation);
            Some(vec![Core { ty: ValType::I32, bits: 0, slot: Some(slot) }])
        }
        (Type::Text | Type::List(_), _) => {
            let (address, len) = pointed(memory, ty, value)?;
            Some(vec![Core::of(ValType::I32, address.into()), Core::of(ValType::I32, len.into())])
        }
        (Type::Record(types), Value::Record(values)) => {
            let mut all = Vec::new();
            for ((_, ty), value) in types.iter().zip(values) {
                all.extend(flatten(memory, ty, value)?);
            }
            Some(all)
        }
        (Type::Variant(_, cases), Value::Case(number, payload)) => {
            let carried = match (cases.get(*number), payload) {
                (Some((_, Some(ty))), Some(value)) => flatten(memory, ty, value)?,
                _ => Vec::new(),
            };
            let padding = std::iter::repeat(Core::of(ValType::I32, 0));
            let joined = ty.flat().into_iter().skip(1).zip(carried.into_iter().chain(padding));
            let joined = joined.map(|(ty, value)| Core { ty, ..value });
            Some([Core::of(ValType::I32, *number as u64)].into_iter().chain(joined).collect())
        }
        (Type::Flags(_), Value::Flags(words)) => {
            Some(words.iter().map(|&word| Core::of(ValType::I32, word.into())).collect())
        }
        _ => None,
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
pub fn compare(code: &mut InstructionSink<'_>, ty: &Type, value: &Value, at: Place, free: u32) -> Option<()> {
    match (ty, value) {
        (Type::Plain(_), Value::Bits(bits)) => compare_bits(code, at, ty.size(), *bits),
        (Type::Text, Value::Text { text, .. }) => {
            compare_len(code, at, text.len(), free);
            for (byte, offset) in text.bytes().zip(0..) {
                compare_bits(code, Place { local: free, offset }, 1, byte.into());
            }
        }
        (Type::List(element), Value::List(values)) => {
            compare_len(code, at, values.len(), free);
            for (value, index) in values.iter().zip(0..) {
                let at = Place { local: free, offset: index * element.size() };
                compare(code, element, value, at, free + 1)?;
            }
        }
        (Type::Record(_), Value::Record(values)) => {
            for ((offset, ty), value) in ty.offsets().into_iter().zip(values) {
                compare(code, ty, value, Place { offset: at.offset + offset, ..at }, free)?;
            }
        }
        (Type::Variant(_, cases), Value::Case(number, payload)) => {
            compare_bits(code, at, Type::discriminant(cases.len()), *number as u64);
            if let (Some((_, Some(ty))), Some(value)) = (cases.get(*number), payload) {
                let offset = at.offset + Type::payload_offset(cases);
                compare(code, ty, value, Place { offset, ..at }, free)?;
            }
        }
        (Type::Flags(_), Value::Flags(words)) => {
            let size = ty.size().min(4);
            for (word, index) in words.iter().zip(0..) {
                compare_bits(code, Place { offset: at.offset + 4 * index, ..at }, size, (*word).into());
            }
        }
        _ => return None,
    }
    Some(())
}

fn memarg(offset: u32) -> MemArg {
    MemArg { offset: offset.into(), align: 0, target: MemArgTarget::Memory(0), ordering: None }
}

/// Compares the length of a string or list, and puts its address into `free`.
fn compare_len(code: &mut InstructionSink<'_>, at: Place, len: usize, free: u32) {
    compare_bits(code, Place { offset: at.offset + 4, ..at }, 4, len as u64);
    code.local_get(at.local).i32_load(memarg(at.offset)).local_set(free);
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
        ValType::I64 => code.i64_const(expected.bits as i64).i64_ne(),
        ValType::F32 => code.i32_reinterpret_f32().i32_const(expected.bits as i32).i32_ne(),
        ValType::F64 => code.i64_reinterpret_f64().i64_const(expected.bits as i64).i64_ne(),
        _ => code.i32_const(expected.bits as i32).i32_ne(),
    };
    code.if_(wasm_encoder::BlockType::Empty).unreachable().end();
}
