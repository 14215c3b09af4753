//! Where in the module the instructions of a function come from.
//!
//! Cranelift carries a number of 32 bits with each instruction: an offset in the module, or, for what is translated in
//! place of a call, a number with the highest bit set, which [`Places`] explains. So nothing is kept of functions in
//! which there is no such call.

use cranelift_codegen::ir::{Function, Inst, SourceLoc, ValueDef};

/// The bit that tells numbers of places from offsets: modules are shorter.
const IS_PLACE: u32 = 1 << 31;

/// Bytes of a module with places that are no offsets, at most.
pub(crate) const LONGEST_MODULE: u64 = IS_PLACE as u64;

/// Whether a location that Cranelift has is in place of a call.
pub(crate) fn is_place(location: SourceLoc) -> bool {
    !location.is_default() && location.bits() & IS_PLACE != 0
}

/// Gives operations that cannot trap themselves the locations of loads that they use: a load that traps may become part
/// of such an operation.
pub(crate) fn complete(func: &mut Function) {
    let blocks: Vec<_> = func.layout.blocks().collect();
    for block in blocks {
        let is_plain = |&inst: &Inst| {
            let opcode = func.dfg.insts[inst].opcode();
            let accesses = opcode.can_load() || opcode.can_store();
            !accesses && !opcode.can_trap() && !opcode.is_call() && !opcode.is_terminator()
        };
        for inst in func.layout.block_insts(block).filter(is_plain).collect::<Vec<_>>() {
            let of_load = |&arg: &_| match func.dfg.value_def(arg) {
                ValueDef::Result(load, _) if func.dfg.insts[load].opcode().can_load() => {
                    Some(load).filter(|&load| func.layout.inst_block(load) == Some(block))
                }
                _ => None,
            };
            // Only the last one can: the others would move over it.
            let loads = func.dfg.inst_args(inst).iter().filter_map(of_load);
            if let Some(load) = loads.max_by(|&one, &other| func.layout.pp_cmp(one, other)) {
                func.set_srcloc(inst, func.srcloc(load));
            }
        }
    }
}

/// A call in whose place the function that it calls is translated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct InlinedCall(u32);

/// What numbers of places stand for.
#[derive(Clone, Debug, Hash)]
pub(crate) struct Places {
    /// The offset of the function itself, for what has no location.
    pub body: u32,
    /// The offset of each call, and the one that is around it.
    calls: Vec<(u32, Option<InlinedCall>)>,
    /// An offset in a function, and the call in whose place it is.
    places: Vec<(u32, InlinedCall)>,
}

impl Places {
    /// Those of a function at an offset.
    pub fn new(body: u32) -> Self {
        Self { body, calls: Vec::new(), places: Vec::new() }
    }

    /// Has other offsets take the place of all.
    pub fn map_offsets(&mut self, mut moved: impl FnMut(u32) -> u32) {
        let offsets = self.calls.iter_mut().map(|(offset, _)| offset);
        let offsets = offsets.chain(self.places.iter_mut().map(|(offset, _)| offset));
        offsets.chain([&mut self.body]).for_each(|offset| *offset = moved(*offset));
    }

    /// Adds a call at an offset, which may be itself in place of another call.
    pub fn add_call(&mut self, offset: u32, around: Option<InlinedCall>) -> InlinedCall {
        self.calls.push((offset, around));
        InlinedCall(self.calls.len() as u32 - 1)
    }

    /// How Cranelift is told of an offset, in place of a call or not.
    pub fn location(&mut self, offset: u32, call: Option<InlinedCall>) -> SourceLoc {
        let Some(call) = call else { return SourceLoc::new(offset) };
        self.places.push((offset, call));
        SourceLoc::new(IS_PLACE | (self.places.len() as u32 - 1))
    }

    /// The offset in the module of a location that Cranelift tells, and those of the calls in whose place it is,
    /// innermost first. `None` where it tells none.
    pub fn offsets(&self, location: SourceLoc) -> Option<(u32, Vec<u32>)> {
        if location.is_default() {
            return None;
        }
        let bits = location.bits();
        if bits & IS_PLACE == 0 {
            return Some((bits, Vec::new()));
        }
        let (offset, call) = self.places[(bits & !IS_PLACE) as usize];
        let of_call = |call: InlinedCall| self.calls[call.0 as usize];
        let calls = std::iter::successors(Some(of_call(call)), |&(_, around)| around.map(of_call));
        Some((offset, calls.map(|(offset, _)| offset).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_with_the_calls_around_them() {
        let mut places = Places::new(0);
        let outer = places.add_call(10, None);
        let inner = places.add_call(205, Some(outer));
        let locations =
            [places.location(20, None), places.location(207, Some(outer)), places.location(303, Some(inner))];
        let offsets = locations.map(|location| places.offsets(location).unwrap());
        assert_eq!(offsets, [(20, vec![]), (207, vec![10]), (303, vec![205, 10])]);
        assert_eq!(places.offsets(SourceLoc::default()), None);
    }
}
