//! Adapters, made better: `wasmtime-environ` has them move the elements of a list one by one, in a loop. Where that
//! copies all bytes as they are, one `memory.copy` does the same.

use wasm_encoder::{CodeSection, Encode, Instruction, RawSection};
use wasmtime_environ::wasmparser::{FunctionBody, MemArg, Operator, Parser, Payload};

/// An adapter module with copies in place of such loops; `None` where it has none.
pub(crate) fn improved(module: &[u8]) -> Option<Vec<u8>> {
    let mut improved = wasm_encoder::Module::new();
    let mut code = CodeSection::new();
    let (mut count, mut has_copies) = (0, false);
    for payload in Parser::new(0).parse_all(module) {
        match payload.ok()? {
            Payload::CodeSectionStart { count: all, .. } => count = all,
            Payload::CodeSectionEntry(body) => {
                let better = with_copies(module, &body)?;
                has_copies |= better.is_some();
                code.raw(better.as_deref().unwrap_or(&module[body.range()]));
                if code.len() == count {
                    improved.section(&code);
                }
            }
            payload => {
                if let Some((id, range)) = payload.as_section() {
                    improved.section(&RawSection { id, data: &module[range] });
                }
            }
        }
    }
    has_copies.then(|| improved.finish())
}

/// A body with copies in place of loops: none, where there are no such loops; `None` where it cannot be read.
#[allow(clippy::option_option, reason = "each of them says something else")]
fn with_copies(module: &[u8], body: &FunctionBody<'_>) -> Option<Option<Vec<u8>>> {
    let operators = body.get_operators_reader().ok()?.into_iter_with_offsets();
    let (operators, offsets): (Vec<Operator<'_>>, Vec<usize>) =
        operators.collect::<Result<Vec<_>, _>>().ok()?.into_iter().unzip();
    let mut better = Vec::new();
    let mut done = body.range().start;
    let mut next = 0;
    while next < operators.len() {
        match List::at(&operators[next..]) {
            Some((list, len)) => {
                better.extend_from_slice(&module[done..offsets[next]]);
                list.encode(&mut better);
                next += len;
                // The function's own `end` comes after every loop.
                done = offsets[next];
            }
            None => next += 1,
        }
    }
    if done == body.range().start {
        return Some(None);
    }
    better.extend_from_slice(&module[done..body.range().end]);
    Some(Some(better))
}

/// A loop over the elements of a list. The locals are used for nothing else: their values afterwards do not count.
struct List {
    from: u32,
    to: u32,
    /// How many elements are left.
    count: u32,
    /// Bytes of an element.
    size: u32,
    from_memory: u32,
    to_memory: u32,
}

impl List {
    /// The loop that comes first, and how many operators it has: where it does nothing but move every byte of an
    /// element, then go on to the next element.
    fn at(operators: &[Operator<'_>]) -> Option<(Self, usize)> {
        let [
            Operator::Loop { .. },
            Operator::LocalGet { local_index: to },
            Operator::LocalGet { local_index: from },
            ..,
        ] = *operators
        else {
            return None;
        };
        let (mut next, mut size, mut memories) = (1, 0, None);
        while let Some((load, store, width)) = moved(operators.get(next..)?, from, to) {
            let is_next = |place: &MemArg| place.offset == u64::from(size);
            let these = (load.memory, store.memory);
            if !is_next(load) || !is_next(store) || *memories.get_or_insert(these) != these {
                return None;
            }
            size += width;
            next += 4;
        }
        let [
            Operator::LocalGet { local_index: get_from },
            Operator::I32Const { value: step_from },
            Operator::I32Add,
            Operator::LocalSet { local_index: set_from },
            Operator::LocalGet { local_index: get_to },
            Operator::I32Const { value: step_to },
            Operator::I32Add,
            Operator::LocalSet { local_index: set_to },
            Operator::LocalGet { local_index: count },
            Operator::I32Const { value: -1 },
            Operator::I32Add,
            Operator::LocalTee { local_index: tee_count },
            Operator::BrIf { relative_depth: 0 },
            Operator::End,
            ..,
        ] = *operators.get(next..)?
        else {
            return None;
        };
        let is_step = |value: i32| value as u32 == size;
        let locals = [(get_from, from), (set_from, from), (get_to, to), (set_to, to), (tee_count, count)];
        if !is_step(step_from) || !is_step(step_to) || locals.iter().any(|(local, other)| local != other) {
            return None;
        }
        let (from_memory, to_memory) = memories?;
        Some((Self { from, to, count, size, from_memory, to_memory }, next + 14))
    }

    /// Appends the copy. The adapter has checked that the list has fewer than 2^32 bytes, all of them in its memory.
    fn encode(&self, into: &mut Vec<u8>) {
        let copy = [
            Instruction::LocalGet(self.to),
            Instruction::LocalGet(self.from),
            Instruction::LocalGet(self.count),
            Instruction::I32Const(self.size.cast_signed()),
            Instruction::I32Mul,
            Instruction::MemoryCopy { src_mem: self.from_memory, dst_mem: self.to_memory },
        ];
        copy.iter().for_each(|instruction| instruction.encode(into));
    }
}

/// Where the operators that come first load from `from` and store to `to` a number that they do not change, and its
/// bytes.
fn moved<'o>(operators: &'o [Operator<'_>], from: u32, to: u32) -> Option<(&'o MemArg, &'o MemArg, u32)> {
    use Operator as O;
    let [O::LocalGet { local_index: first }, O::LocalGet { local_index: second }, load, store, ..] = operators else {
        return None;
    };
    if (*first, *second) != (to, from) {
        return None;
    }
    Some(match (load, store) {
        (O::I32Load8U { memarg: load } | O::I32Load8S { memarg: load }, O::I32Store8 { memarg: store }) => {
            (load, store, 1)
        }
        (O::I32Load16U { memarg: load } | O::I32Load16S { memarg: load }, O::I32Store16 { memarg: store }) => {
            (load, store, 2)
        }
        (O::I32Load { memarg: load }, O::I32Store { memarg: store })
        | (O::F32Load { memarg: load }, O::F32Store { memarg: store }) => (load, store, 4),
        (O::I64Load { memarg: load }, O::I64Store { memarg: store })
        | (O::F64Load { memarg: load }, O::F64Store { memarg: store }) => (load, store, 8),
        _ => return None,
    })
}
