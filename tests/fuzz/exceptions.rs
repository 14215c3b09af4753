//! More exceptions than wasm-smith makes. Its modules rarely throw: here functions, and what they try, throw now and
//! then, depending on how much fuel is left. And it does not make what toolchains made first: each `try_table` whose
//! handlers take no reference to the exception can become a `try`, with handlers that branch where its clauses did.

use super::random::Random;
use wasm_encoder::{BlockType, CodeSection, Encode, Instruction, RawSection, SectionId};
use wasmc_frontend::wasmparser::{Catch, CompositeInnerType, FunctionBody, Operator, Parser, Payload, ValType};

/// The first byte of a `try`; its block type follows.
const TRY: u8 = 0x06;

/// What is done to a module.
struct Rewriting<'r> {
    random: &'r mut Random,
    /// The global with the fuel.
    fuel: u32,
    /// Whether `try` takes the place of `try_table`.
    is_legacy: bool,
    /// Tags whose exceptions carry numbers alone, with these.
    tags: Vec<(u32, Vec<ValType>)>,
}

/// The same module with more exceptions; `None` where it has no code. Its fuel is in the global with this number.
pub fn with_exceptions(wasm: &[u8], fuel: u32, random: &mut Random) -> Option<Vec<u8>> {
    let is_legacy = random.once_in(2);
    let mut rewriting = Rewriting { random, fuel, is_legacy, tags: tags(wasm)? };
    let (mut module, mut code) = (wasm_encoder::Module::new(), CodeSection::new());
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::CodeSectionEntry(body) = payload.ok()? {
            code.raw(&rewriting.rewrite(&body)?);
        }
    }
    for payload in Parser::new(0).parse_all(wasm) {
        let Some((id, range)) = payload.ok()?.as_section() else { continue };
        if id == SectionId::Code as u8 {
            module.section(&code);
        } else {
            module.section(&RawSection { id, data: wasm.get(range.start as usize..range.end as usize)? });
        }
    }
    (!code.is_empty()).then(|| module.finish())
}

/// The tags of a module whose exceptions carry numbers alone.
fn tags(wasm: &[u8]) -> Option<Vec<(u32, Vec<ValType>)>> {
    let (mut types, mut tags) = (Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.ok()? {
            Payload::TypeSection(section) => {
                for group in section {
                    types.extend(group.ok()?.into_types().map(|ty| ty.composite_type.inner));
                }
            }
            Payload::TagSection(section) => {
                for (tag, number) in section.into_iter().zip(0..) {
                    let CompositeInnerType::Func(ty) = types.get(tag.ok()?.func_type_idx as usize)? else { continue };
                    if ty.params().iter().all(|ty| !matches!(ty, ValType::Ref(_) | ValType::V128)) {
                        tags.push((number, ty.params().to_vec()));
                    }
                }
            }
            _ => {}
        }
    }
    Some(tags)
}

impl Rewriting<'_> {
    fn rewrite(&mut self, body: &FunctionBody<'_>) -> Option<Vec<u8>> {
        let operators = body.get_operators_reader().ok()?.into_iter_with_offsets();
        let operators: Vec<(Operator<'_>, u64)> = operators.collect::<Result<_, _>>().ok()?;
        let range = body.range();
        let bytes =
            |from: u64, to: u64| body.as_bytes().get((from - range.start) as usize..(to - range.start) as usize);
        let mut result = bytes(range.start, operators.first()?.1)?.to_vec();
        // Of each block that is open, the clauses that become handlers.
        let mut open: Vec<&[Catch]> = Vec::new();
        let ends = operators.iter().skip(1).map(|(_, offset)| *offset).chain([range.end]);
        for ((operator, offset), end) in operators.iter().zip(ends) {
            let operator_bytes = bytes(*offset, end)?;
            match operator {
                Operator::TryTable { try_table } => {
                    let block_type = block_type(operator_bytes, &try_table.catches).filter(|_| self.is_legacy);
                    if let Some(block_type) = block_type {
                        result.push(TRY);
                        result.extend(block_type);
                        open.push(&try_table.catches);
                    } else {
                        result.extend(operator_bytes);
                        open.push(&[]);
                    }
                    self.throw(&mut result);
                    continue;
                }
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => open.push(&[]),
                Operator::End => handlers(open.pop().unwrap_or_default(), &mut result),
                Operator::Call { .. } | Operator::CallRef { .. } if self.random.once_in(8) => self.throw(&mut result),
                _ => {}
            }
            result.extend(operator_bytes);
        }
        Some(result)
    }

    /// Throws one of the exceptions, where the fuel that is left is a multiple of four.
    fn throw(&mut self, result: &mut Vec<u8>) {
        if self.tags.is_empty() {
            return;
        }
        let (tag, carried) = &self.tags[self.random.below(self.tags.len())];
        Instruction::GlobalGet(self.fuel).encode(result);
        Instruction::I32Const(3).encode(result);
        Instruction::I32And.encode(result);
        Instruction::I32Eqz.encode(result);
        Instruction::If(BlockType::Empty).encode(result);
        for ty in carried {
            match ty {
                ValType::I64 => Instruction::I64Const(-5).encode(result),
                ValType::F32 => Instruction::F32Const(1.5.into()).encode(result),
                ValType::F64 => Instruction::F64Const((-0.25).into()).encode(result),
                _ => Instruction::GlobalGet(self.fuel).encode(result),
            }
        }
        Instruction::Throw(*tag).encode(result);
        Instruction::End.encode(result);
    }
}

/// The block type of a `try_table`, between its first byte and its clauses, where none of these takes a reference.
fn block_type<'b>(try_table: &'b [u8], clauses: &[Catch]) -> Option<&'b [u8]> {
    let mut bytes = Vec::new();
    (clauses.len() as u32).encode(&mut bytes);
    for clause in clauses {
        match *clause {
            Catch::One { tag, label } => [0, tag, label].iter().for_each(|number| number.encode(&mut bytes)),
            Catch::All { label } => [2, label].iter().for_each(|number| number.encode(&mut bytes)),
            Catch::OneRef { .. } | Catch::AllRef { .. } => return None,
        }
    }
    try_table.get(1..)?.strip_suffix(&bytes[..])
}

/// Handlers that do what clauses say: labels are counted from inside the `try` now.
fn handlers(clauses: &[Catch], result: &mut Vec<u8>) {
    for clause in clauses {
        let (handler, label) = match *clause {
            Catch::One { tag, label } => (Instruction::Catch(tag), label),
            Catch::All { label } => (Instruction::CatchAll, label),
            Catch::OneRef { .. } | Catch::AllRef { .. } => continue,
        };
        handler.encode(result);
        Instruction::Br(label + 1).encode(result);
        // Nothing reaches clauses behind it.
        if matches!(clause, Catch::All { .. }) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::generate::module_with_objects;
    use super::super::random::Random;
    use super::*;
    use crate::wast::compile::read;
    use crate::wast::suites::Language;

    /// Generated modules make objects, and throw and catch, in both ways; those with `try` are valid, too.
    #[test]
    fn generated_modules_have_objects_and_exceptions() {
        let (mut objects, mut throws, mut tables, mut tries) = (0, 0, 0, 0);
        let language = Language::everything();
        for seed in 0..300 {
            let Some(wasm) = module_with_objects(&mut Random::nested(7, seed), false) else { continue };
            read(&wasm, &language).unwrap_or_else(|error| panic!("{seed}: {error}"));
            for payload in Parser::new(0).parse_all(&wasm) {
                let Payload::CodeSectionEntry(body) = payload.unwrap() else { continue };
                for operator in body.get_operators_reader().unwrap() {
                    match operator.unwrap() {
                        Operator::StructNew { .. } | Operator::ArrayNew { .. } => objects += 1,
                        Operator::Throw { .. } | Operator::ThrowRef => throws += 1,
                        Operator::TryTable { .. } => tables += 1,
                        Operator::Catch { .. } | Operator::CatchAll => tries += 1,
                        _ => {}
                    }
                }
            }
        }
        let counts = format!("{objects} objects, {throws} throws, {tables} try_tables, {tries} handlers");
        assert!(objects > 100 && throws > 500 && tables > 50 && tries > 50, "{counts}");
    }
}
