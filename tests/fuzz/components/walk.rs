//! Code that computes the digest of what a component receives, and traps as a division by zero where that is not what
//! it must be.

use super::core::Core;
use super::digest::{Digest, FACTOR, NAN32, NAN64, ROTATION};
use crate::wast::components::types::Type;
use crate::wast::components::values::{Encoding, UTF16_TAG};
use wasm_encoder::{BlockType, InstructionSink, MemArg, MemArgTarget, ValType};

const I32: ValType = ValType::I32;
const I64: ValType = ValType::I64;

/// The word with which a program ends that has received something else than it must.
pub const DIFFERS: &str = "integer divide by zero";

/// Makes functions that walk over values.
pub struct Walker {
    mix: u32,
    mix32: u32,
    mix64: u32,
    digest: u32,
    /// What is done with a handle that is owned, and with one that is borrowed: functions that return the resource's
    /// representation.
    handles: Option<(u32, u32)>,
    known: Vec<(Type, Encoding, Layout, u32)>,
    texts: Vec<(Encoding, u32)>,
}

/// How a value is given to a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// As core values.
    Flat,
    /// By its address.
    Stored,
    /// Elements of a list of the type, by address and number.
    Elements,
}

impl Walker {
    /// `handles` are functions for those that are owned and for those that are borrowed.
    pub fn new(core: &mut Core, handles: Option<(u32, u32)>) -> Self {
        let digest = core.global(I64);
        let mix = core.function("mix", (&[I64], &[]), &[], |code| {
            code.global_get(digest).i64_const(ROTATION.into()).i64_rotl().local_get(0).i64_xor();
            code.i64_const(FACTOR as i64).i64_mul().global_set(digest);
        });
        // A NaN is the only number whose bits, without the sign, are more than those of infinity.
        let mut float = |sign: u64, infinity: u64, nan: u64| {
            core.function("mix_float", (&[I64], &[]), &[], |code| {
                code.i64_const(nan as i64).local_get(0);
                code.local_get(0).i64_const(!sign as i64).i64_and().i64_const(infinity as i64).i64_gt_u();
                code.select().call(mix);
            })
        };
        let mix32 = float(1 << 31, f32::INFINITY.to_bits().into(), NAN32.into());
        let mix64 = float(1 << 63, f64::INFINITY.to_bits(), NAN64);
        Self { mix, mix32, mix64, digest, handles, known: Vec::new(), texts: Vec::new() }
    }

    /// Adds the number on the stack to the digest.
    fn mix_plain(&self, code: &mut InstructionSink<'_>, name: &str) {
        match name {
            "f32" => code.i32_reinterpret_f32().i64_extend_i32_u().call(self.mix32),
            "f64" => code.i64_reinterpret_f64().call(self.mix64),
            "u64" | "s64" => code.call(self.mix),
            _ => code.i64_extend_i32_u().call(self.mix),
        };
    }

    /// The function that walks over a value given as core values.
    pub fn flat(&mut self, core: &mut Core, ty: &Type, encoding: Encoding) -> u32 {
        self.function(core, ty, encoding, Layout::Flat)
    }

    /// The function that walks over a value in memory, given its address.
    pub fn stored(&mut self, core: &mut Core, ty: &Type, encoding: Encoding) -> u32 {
        self.function(core, ty, encoding, Layout::Stored)
    }

    /// Begins a digest.
    pub fn begin(&self, code: &mut InstructionSink<'_>) {
        code.i64_const(0).global_set(self.digest);
    }

    /// Traps where the digest is another.
    pub fn expect(&self, code: &mut InstructionSink<'_>, digest: Digest) {
        code.global_get(self.digest).i64_const(digest.0 as i64).i64_ne();
        differ(code);
    }

    fn function(&mut self, core: &mut Core, ty: &Type, encoding: Encoding, layout: Layout) -> u32 {
        let same = |known: &&(Type, Encoding, Layout, u32)| known.0 == *ty && known.1 == encoding && known.2 == layout;
        if let Some((.., function)) = self.known.iter().find(same) {
            return *function;
        }
        let function = match layout {
            Layout::Flat => self.make_flat(core, ty, encoding),
            Layout::Stored => self.make_stored(core, ty, encoding),
            Layout::Elements => self.make_elements(core, ty, encoding),
        };
        self.known.push((ty.clone(), encoding, layout, function));
        function
    }

    fn handle(&self, ty: &Type) -> u32 {
        let (own, borrow) = self.handles.expect("a component with handles says what is done with them");
        if *ty == Type::Own { own } else { borrow }
    }

    /// The function that walks over a string or list, by address and length.
    fn pointed(&mut self, core: &mut Core, ty: &Type, encoding: Encoding) -> u32 {
        match ty {
            Type::List(element) => self.function(core, element, encoding, Layout::Elements),
            _ => self.text(core, encoding),
        }
    }

    fn text(&mut self, core: &mut Core, encoding: Encoding) -> u32 {
        if let Some((_, function)) = self.texts.iter().find(|(known, _)| *known == encoding) {
            return *function;
        }
        let mix = self.mix;
        let [at, len, size] = [0, 1, 2];
        let function = core.function("text", (&[I32, I32], &[]), &[I32], |code| {
            code.local_get(len).i64_extend_i32_u().call(mix);
            match encoding {
                Encoding::Utf8 => code.i32_const(1),
                Encoding::Utf16 => code.i32_const(2),
                Encoding::Compact => {
                    code.i32_const(2).i32_const(1).local_get(len).i32_const(UTF16_TAG as i32).i32_and().select()
                }
            };
            code.local_set(size).local_get(len).i32_const(!UTF16_TAG as i32).i32_and().local_set(len);
            code.block(BlockType::Empty).loop_(BlockType::Empty);
            code.local_get(len).i32_eqz().br_if(1);
            code.local_get(size).i32_const(1).i32_eq().if_(BlockType::Result(I64));
            code.local_get(at).i64_load8_u(memarg(0)).else_().local_get(at).i64_load16_u(memarg(0)).end().call(mix);
            code.local_get(at).local_get(size).i32_add().local_set(at);
            code.local_get(len).i32_const(1).i32_sub().local_set(len);
            code.br(0).end().end();
        });
        self.texts.push((encoding, function));
        function
    }

    fn make_elements(&mut self, core: &mut Core, ty: &Type, encoding: Encoding) -> u32 {
        let (mix, element) = (self.mix, self.stored(core, ty, encoding));
        let [at, len] = [0, 1];
        core.function("elements", (&[I32, I32], &[]), &[], |code| {
            code.local_get(len).i64_extend_i32_u().call(mix);
            code.block(BlockType::Empty).loop_(BlockType::Empty);
            code.local_get(len).i32_eqz().br_if(1);
            code.local_get(at).call(element);
            code.local_get(at).i32_const(ty.size() as i32).i32_add().local_set(at);
            code.local_get(len).i32_const(1).i32_sub().local_set(len);
            code.br(0).end().end();
        })
    }

    fn make_stored(&mut self, core: &mut Core, ty: &Type, encoding: Encoding) -> u32 {
        let mix = self.mix;
        // The functions for what the value consists of, and where that lies.
        let parts: Vec<(Option<u32>, u32)> = match ty {
            Type::Text | Type::List(_) => vec![(Some(self.pointed(core, ty, encoding)), 0)],
            Type::Record(_) => {
                let fields = ty.offsets().into_iter();
                fields.map(|(offset, ty)| (Some(self.stored(core, ty, encoding)), offset)).collect()
            }
            Type::Variant(_, cases) => {
                let offset = Type::payload_offset(cases);
                let of_case =
                    |(_, ty): &(_, Option<Type>)| (ty.as_ref().map(|ty| self.stored(core, ty, encoding)), offset);
                cases.iter().map(of_case).collect()
            }
            Type::Own | Type::Borrow | Type::Plain(_) | Type::Flags(_) => Vec::new(),
        };
        core.function("stored", (&[I32], &[]), &[], |code| match ty {
            Type::Plain(name) => {
                code.local_get(0);
                load(code, name);
                self.mix_plain(code, name);
            }
            Type::Own | Type::Borrow => {
                code.local_get(0).i32_load(memarg(0)).call(self.handle(ty)).i64_extend_i32_u().call(mix);
            }
            Type::Text | Type::List(_) => {
                code.local_get(0).i32_load(memarg(0)).local_get(0).i32_load(memarg(4));
                for function in parts.iter().filter_map(|part| part.0) {
                    code.call(function);
                }
            }
            Type::Record(_) => {
                for (function, offset) in parts.iter().filter_map(|&(function, offset)| Some((function?, offset))) {
                    code.local_get(0).i32_const(offset as i32).i32_add().call(function);
                }
            }
            Type::Variant(_, cases) => {
                let size = Type::discriminant(cases.len());
                load_word(code, size, 0);
                code.i64_extend_i32_u().call(mix);
                for ((function, offset), number) in parts.into_iter().zip(0..) {
                    let Some(function) = function else { continue };
                    load_word(code, size, 0);
                    code.i32_const(number).i32_eq().if_(BlockType::Empty);
                    code.local_get(0).i32_const(offset as i32).i32_add().call(function).end();
                }
            }
            Type::Flags(_) => {
                let (size, bytes) = (ty.size().min(4), ty.size());
                for offset in (0..bytes).step_by(4) {
                    load_word(code, size, offset);
                    code.i64_extend_i32_u().call(mix);
                }
            }
        })
    }

    fn make_flat(&mut self, core: &mut Core, ty: &Type, encoding: Encoding) -> u32 {
        let (mix, flat) = (self.mix, ty.flat());
        // The functions for what the value consists of, and the core values that they take.
        let parts: Vec<(Option<u32>, Vec<ValType>)> = match ty {
            Type::Text | Type::List(_) => vec![(Some(self.pointed(core, ty, encoding)), flat.clone())],
            Type::Record(fields) => {
                fields.iter().map(|(_, ty)| (Some(self.flat(core, ty, encoding)), ty.flat())).collect()
            }
            Type::Variant(_, cases) => {
                let of_case = |(_, ty): &(_, Option<Type>)| match ty {
                    Some(ty) => (Some(self.flat(core, ty, encoding)), ty.flat()),
                    None => (None, Vec::new()),
                };
                cases.iter().map(of_case).collect()
            }
            Type::Own | Type::Borrow | Type::Plain(_) | Type::Flags(_) => Vec::new(),
        };
        core.function("flat", (&flat, &[]), &[], |code| match ty {
            Type::Plain(name) => {
                code.local_get(0);
                self.mix_plain(code, name);
            }
            Type::Own | Type::Borrow => {
                code.local_get(0).call(self.handle(ty)).i64_extend_i32_u().call(mix);
            }
            Type::Text | Type::List(_) | Type::Record(_) => {
                let mut local = 0;
                for (function, types) in &parts {
                    for _ in types {
                        code.local_get(local);
                        local += 1;
                    }
                    if let Some(function) = function {
                        code.call(*function);
                    }
                }
            }
            Type::Variant(..) => {
                code.local_get(0).i64_extend_i32_u().call(mix);
                for ((function, types), number) in parts.iter().zip(0..) {
                    if function.is_none() && flat.len() == 1 {
                        continue;
                    }
                    code.local_get(0).i32_const(number).i32_eq().if_(BlockType::Empty);
                    for ((&to, &from), local) in types.iter().zip(&flat[1..]).zip(1..) {
                        code.local_get(local);
                        convert(code, from, to);
                    }
                    if let Some(function) = function {
                        code.call(*function);
                    }
                    // What the case has no use for is zero.
                    for (&from, local) in flat.iter().zip(0..).skip(1 + types.len()) {
                        code.local_get(local);
                        convert(code, from, I64);
                        code.i64_const(0).i64_ne();
                        differ(code);
                    }
                    code.end();
                }
            }
            Type::Flags(_) => {
                for local in 0..flat.len() as u32 {
                    code.local_get(local).i64_extend_i32_u().call(mix);
                }
            }
        })
    }
}

/// Traps where there is a one on the stack.
fn differ(code: &mut InstructionSink<'_>) {
    code.if_(BlockType::Empty).i32_const(1).i32_const(0).i32_div_u().drop().end();
}

/// As [`differ`], where the two words on the stack are not the same.
pub fn expect_same(code: &mut InstructionSink<'_>) {
    code.i32_ne();
    differ(code);
}

/// A memory access at an offset.
pub fn memarg(offset: u32) -> MemArg {
    MemArg { offset: offset.into(), align: 0, target: MemArgTarget::Memory(0), ordering: None }
}

/// Loads a word of so many bytes.
fn load_word(code: &mut InstructionSink<'_>, size: u32, offset: u32) {
    code.local_get(0);
    match size {
        1 => code.i32_load8_u(memarg(offset)),
        2 => code.i32_load16_u(memarg(offset)),
        _ => code.i32_load(memarg(offset)),
    };
}

fn load(code: &mut InstructionSink<'_>, name: &str) {
    match name {
        "bool" | "u8" => code.i32_load8_u(memarg(0)),
        "s8" => code.i32_load8_s(memarg(0)),
        "u16" => code.i32_load16_u(memarg(0)),
        "s16" => code.i32_load16_s(memarg(0)),
        "u64" | "s64" => code.i64_load(memarg(0)),
        "f32" => code.f32_load(memarg(0)),
        "f64" => code.f64_load(memarg(0)),
        _ => code.i32_load(memarg(0)),
    };
}

/// Converts what holds values of several types to one of them, as variants have it.
fn convert(code: &mut InstructionSink<'_>, from: ValType, to: ValType) {
    match (from, to) {
        (ValType::I64, ValType::I32) => code.i32_wrap_i64(),
        (ValType::I64, ValType::F32) => code.i32_wrap_i64().f32_reinterpret_i32(),
        (ValType::I64, ValType::F64) => code.f64_reinterpret_i64(),
        (ValType::I32, ValType::F32) => code.f32_reinterpret_i32(),
        (ValType::I32, ValType::I64) => code.i64_extend_i32_u(),
        (ValType::F32, ValType::I64) => code.i32_reinterpret_f32().i64_extend_i32_u(),
        (ValType::F64, ValType::I64) => code.i64_reinterpret_f64(),
        _ => code,
    };
}
