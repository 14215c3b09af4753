//! The turns of a loop, one after the other.
//!
//! Blocks are copied in the order in which they may be executed, so that all ways to a block are known when it is
//! copied. A parameter that all of them pass the same value is that value; where a constant decides a branch, there is
//! only one way. So each turn of the loop is copied until no way leads to another; the turns of loops inside likewise,
//! once for each turn around them. Loops with an exit that no constant decides in any turn are given up.
//!
//! Long because parameters, instructions and branches are copied with one state.

use super::edges::{self, Edge};
use super::fold::fold;
use crate::lower::trap_code;
use crate::values;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::entity::{EntitySet, SecondaryMap};
use cranelift_codegen::ir::{
    Block, BlockArg, BlockCall, Function, Inst, InstBuilder, InstructionData, Opcode, SourceLoc, Value, ValueDef, types,
};
use cranelift_codegen::loop_analysis::{Loop, LoopAnalysis};
use std::collections::HashMap;
use wasmc_abi::trap::TrapCode;

/// The loop to unroll.
#[derive(Clone, Copy)]
pub(super) struct Region<'r> {
    pub loops: &'r LoopAnalysis,
    pub of: Loop,
    /// Its blocks, each after all that lead to it but branches back.
    pub blocks: &'r [Block],
    /// Loops of which a value is used outside.
    pub escaping: &'r EntitySet<Loop>,
    /// Instructions that may be left of it.
    pub max_cost: usize,
    /// How many turns become one, where that is not all of them: a divisor of their number. The loop has no others
    /// inside, and is left where it ends alone.
    pub at_once: Option<usize>,
}

/// A copy of a block that ways lead to, which is still to be filled.
struct Ahead {
    block: Block,
    edges: Vec<(Inst, usize, Vec<Value>)>,
}

/// A block that is copied, and what a branch passes on to it.
type Passed = (Block, Vec<Value>);

/// What has been copied.
pub(super) struct Turns<'t> {
    func: &'t mut Function,
    region: &'t Region<'t>,
    /// The copies in the present turn.
    values: HashMap<Value, Value>,
    ahead: HashMap<Block, Ahead>,
    copies: Vec<Block>,
    /// The parameters of the header that the first copy has, too.
    first: Vec<usize>,
    /// How many edges leave a loop.
    exits: SecondaryMap<Loop, usize>,
    /// Loops with an exit that a constant has decided in the present turn.
    decided: EntitySet<Loop>,
    cost: usize,
    /// The number of the present turn.
    number: usize,
}

impl<'t> Turns<'t> {
    /// Has the turns of a loop take its place, where that is possible, and they are short enough. Dominator tree and
    /// loops are no longer right then, and there are aliases. Returns the first block that was made.
    pub(super) fn take(func: &'t mut Function, region: &'t Region<'t>, entering: &[Edge]) -> Option<Block> {
        let header = region.loops.loop_header(region.of);
        let block = func.dfg.make_block();
        func.layout.insert_block(block, header);
        let mut turns = Self {
            func,
            region,
            values: HashMap::new(),
            ahead: HashMap::new(),
            copies: vec![block],
            first: Vec::new(),
            exits: SecondaryMap::new(),
            decided: EntitySet::new(),
            cost: 0,
            number: 0,
        };
        if turns.enter(header, block, entering).is_some() && turns.turn(region.of).is_some() {
            turns.replace(entering);
            return Some(block);
        }
        for copy in turns.copies {
            while let Some(inst) = turns.func.layout.first_inst(copy) {
                turns.func.layout.remove_inst(inst);
            }
            turns.func.layout.remove_block(copy);
        }
        None
    }

    /// Prepares the first turn.
    fn enter(&mut self, header: Block, block: Block, entering: &[Edge]) -> Option<()> {
        let params = self.func.dfg.block_params(header).to_vec();
        for (number, param) in params.into_iter().enumerate() {
            let first = edges::argument(self.func, *entering.first()?, number)?;
            for &edge in entering {
                edges::argument(self.func, edge, number)?;
            }
            let is_one = entering.iter().all(|&edge| edges::argument(self.func, edge, number) == Some(first));
            let value = if is_one && self.region.at_once.is_none() {
                first
            } else {
                let ty = self.func.dfg.value_type(param);
                self.first.push(number);
                self.func.dfg.append_block_param(block, ty)
            };
            self.values.insert(param, value);
        }
        self.ahead.insert(header, Ahead { block, edges: Vec::new() });
        Some(())
    }

    /// Copies all turns of a loop.
    fn turn(&mut self, of: Loop) -> Option<()> {
        let Region { loops, blocks, escaping, .. } = *self.region;
        let header = loops.loop_header(of);
        self.exits[of] = 0;
        while self.ahead.contains_key(&header) {
            self.decided.remove(of);
            self.number += 1;
            for &block in blocks {
                let inside = loops.is_loop_header(block).filter(|&inside| loops.loop_parent(inside) == Some(of));
                if let Some(inside) = inside {
                    if self.ahead.contains_key(&block) {
                        self.turn(inside)?;
                    }
                } else if loops.innermost_loop(block) == Some(of)
                    && let Some(copy) = self.ahead.remove(&block)
                {
                    self.copy(block, copy)?;
                }
            }
            if !self.decided.contains(of) && self.region.at_once.is_none() {
                return None;
            }
        }
        // What is used outside must be of one turn.
        (self.exits[of] == 1 || !escaping.contains(of)).then_some(())
    }

    fn copy(&mut self, block: Block, copy: Ahead) -> Option<()> {
        self.parameters(block, &copy);
        self.cost += 1;
        let insts: Vec<Inst> = self.func.layout.block_insts(block).collect();
        for inst in insts {
            if self.cost > self.region.max_cost {
                return None;
            }
            if self.func.dfg.insts[inst].opcode().is_terminator() {
                self.branch(block, copy.block, inst)?;
            } else {
                self.instruction(copy.block, inst)?;
            }
        }
        Some(())
    }

    /// Finds what the parameters of a block are.
    fn parameters(&mut self, block: Block, copy: &Ahead) {
        let Some((_, _, first)) = copy.edges.first() else { return };
        let params = self.func.dfg.block_params(block).to_vec();
        for (number, param) in params.into_iter().enumerate() {
            let mut passed = copy.edges.iter().map(|(_, _, args)| args[number]);
            let constant = values::constant(&self.func.dfg, first[number]);
            let value = if passed.all(|value| value == first[number]) {
                first[number]
            } else if let Some(bits) = constant
                && copy.edges.iter().all(|(_, _, args)| values::constant(&self.func.dfg, args[number]) == constant)
            {
                self.constant(copy.block, param, bits)
            } else {
                let ty = self.func.dfg.value_type(param);
                for &(inst, target, ref args) in &copy.edges {
                    let edge = Edge { from: copy.block, inst, number: target };
                    edges::append_argument(self.func, edge, args[number]);
                }
                self.func.dfg.append_block_param(copy.block, ty)
            };
            self.values.insert(param, value);
        }
    }

    /// A constant of the type of `like`.
    fn constant(&mut self, block: Block, like: Value, bits: u64) -> Value {
        let ty = self.func.dfg.value_type(like);
        FuncCursor::new(self.func).at_bottom(block).ins().iconst(ty, bits as i64)
    }

    fn value(&self, value: Value) -> Value {
        self.values.get(&value).copied().unwrap_or(value)
    }

    fn instruction(&mut self, block: Block, inst: Inst) -> Option<()> {
        let dfg = &self.func.dfg;
        let opcode = dfg.insts[inst].opcode();
        if opcode.is_call() {
            return None;
        }
        let interrupted = Some(trap_code(TrapCode::Interrupted));
        if dfg.insts[inst].memflags_trap_code(dfg) == interrupted && self.region.at_once.is_none() {
            // It ends by itself. Nothing takes what this loads.
            return Some(());
        }
        if let Some(bits) = fold(dfg, inst, |operand| values::constant(dfg, self.value(operand))) {
            let result = dfg.first_result(inst);
            let constant = self.constant(block, result, bits);
            self.values.insert(result, constant);
            return Some(());
        }
        if let Some(sum) = self.sum(block, inst) {
            self.values.insert(self.func.dfg.first_result(inst), sum);
            self.cost += 1;
            return Some(());
        }
        let address = self.address(block, inst);
        let copy = self.func.dfg.clone_inst(inst);
        let values = &self.values;
        self.func.dfg.map_inst_values(copy, |value| values.get(&value).copied().unwrap_or(value));
        if let Some((base, by)) = address {
            match &mut self.func.dfg.insts[copy] {
                InstructionData::Load { arg, offset, .. } => (*arg, *offset) = (base, by.into()),
                InstructionData::Store { args, offset, .. } => (args[1], *offset) = (base, by.into()),
                _ => {}
            }
        }
        self.append(block, copy, self.func.srcloc(inst));
        for number in 0..self.func.dfg.inst_results(inst).len() {
            let [old, new] = [inst, copy].map(|inst| self.func.dfg.inst_results(inst)[number]);
            self.values.insert(old, new);
        }
        let is_free = matches!(opcode, Opcode::Uextend | Opcode::Ireduce | Opcode::F64const | Opcode::F32const)
            || opcode == Opcode::SymbolValue;
        self.cost += usize::from(!is_free);
        Some(())
    }

    /// The address of an access, and the constant that the access adds, where the address depends on a constant index.
    fn address(&mut self, block: Block, inst: Inst) -> Option<(Value, i32)> {
        let dfg = &self.func.dfg;
        let (address, offset) = match dfg.insts[inst] {
            InstructionData::Load { arg, offset, .. } => (arg, offset),
            InstructionData::Store { args, offset, .. } => (args[1], offset),
            _ => return None,
        };
        let sum = |bits: u64| i32::try_from(i64::from(i32::from(offset)).checked_add_unsigned(bits)?).ok();
        if let Some([base, index]) = values::binary(dfg, address, Opcode::Iadd) {
            let by = sum(values::constant(dfg, self.value(index))?)?;
            return Some((self.value(base), by));
        }
        let by = sum(values::constant(dfg, self.value(address))?)?;
        let zero = FuncCursor::new(self.func).at_bottom(block).ins().iconst(types::I64, 0);
        Some((zero, by))
    }

    /// In a later one of turns that become one, the sum of a value and a counter as that of the first turn and a
    /// constant: so accesses have addresses of which only one must be made.
    fn sum(&mut self, block: Block, inst: Inst) -> Option<Value> {
        self.region.at_once.filter(|_| self.number > 1)?;
        let dfg = &self.func.dfg;
        let InstructionData::Binary { opcode: Opcode::Iadd, args } = dfg.insts[inst] else { return None };
        if dfg.value_type(args[0]) != types::I32 {
            return None;
        }
        let args = args.map(|arg| self.value(arg));
        let counts = |&number: &usize| {
            let (root, sum) = values::root(dfg, args[number]);
            let is_counter = matches!(dfg.value_def(root), ValueDef::Param(of, _) if of == self.copies[0]);
            (is_counter && root != args[number]).then_some((root, sum, args[1 - number]))
        };
        let (counter, by, other) = [0, 1].iter().find_map(counts)?;
        if values::constant(dfg, other).is_some() {
            return None;
        }
        let mut cursor = FuncCursor::new(self.func).at_bottom(block);
        let first = cursor.ins().iadd(other, counter);
        let by = cursor.ins().iconst(types::I32, i64::from(by));
        Some(cursor.ins().iadd(first, by))
    }

    fn append(&mut self, block: Block, inst: Inst, location: SourceLoc) {
        self.func.layout.append_inst(inst, block);
        self.func.set_srcloc(inst, location);
    }

    /// Copies the branch at the end of a block.
    fn branch(&mut self, from: Block, block: Block, inst: Inst) -> Option<()> {
        let location = self.func.srcloc(inst);
        match self.func.dfg.insts[inst] {
            InstructionData::Jump { destination, .. } => self.jump(from, block, destination, location),
            InstructionData::Brif { opcode, arg, blocks } => {
                if let Some(stays) = self.stays(blocks) {
                    return self.jump(from, block, stays, location);
                }
                let Some(bits) = values::constant(&self.func.dfg, self.value(arg)) else {
                    let ways = [self.way(from, blocks[0])?, self.way(from, blocks[1])?];
                    let data = InstructionData::Brif { opcode, arg: self.value(arg), blocks: [ways[0].0, ways[1].0] };
                    let copy = self.func.dfg.make_inst(data);
                    self.append(block, copy, location);
                    for (number, (_, target)) in ways.into_iter().enumerate() {
                        self.lead(copy, number, target);
                    }
                    self.cost += 1;
                    return Some(());
                };
                for call in blocks {
                    let target = call.block(&self.func.dfg.value_lists);
                    self.left(from, target).for_each(|of| _ = self.decided.insert(of));
                }
                self.jump(from, block, blocks[usize::from(bits == 0)], location)
            }
            _ => None,
        }
    }

    /// Where the end of a turn goes that is not the last of those that become one.
    fn stays(&self, calls: [BlockCall; 2]) -> Option<BlockCall> {
        let Region { loops, of, at_once, .. } = *self.region;
        let is_inside = |call: &BlockCall| loops.is_in_loop(call.block(&self.func.dfg.value_lists), of);
        if self.number >= at_once? || calls.iter().all(is_inside) {
            return None;
        }
        calls.into_iter().find(is_inside)
    }

    fn jump(&mut self, from: Block, block: Block, destination: BlockCall, location: SourceLoc) -> Option<()> {
        let (destination, target) = self.way(from, destination)?;
        let copy = self.func.dfg.make_inst(InstructionData::Jump { opcode: Opcode::Jump, destination });
        self.append(block, copy, location);
        self.lead(copy, 0, target);
        Some(())
    }

    /// The loops that a branch leaves.
    fn left(&self, from: Block, to: Block) -> impl Iterator<Item = Loop> + use<'t> {
        let loops = self.region.loops;
        let around = std::iter::successors(loops.innermost_loop(from), |&of| loops.loop_parent(of));
        let inside = loops.loop_parent(self.region.of);
        around.take_while(move |&of| Some(of) != inside && !loops.is_in_loop(to, of))
    }

    /// Where a branch goes instead; what it passes on to which block, where that is copied, too.
    fn way(&mut self, from: Block, call: BlockCall) -> Option<(BlockCall, Option<Passed>)> {
        let target = call.block(&self.func.dfg.value_lists);
        let args: Option<Vec<Value>> =
            call.args(&self.func.dfg.value_lists).map(|arg| Some(self.value(arg.as_value()?))).collect();
        let args = args?;
        for of in self.left(from, target).collect::<Vec<_>>() {
            self.exits[of] += 1;
        }
        if !self.region.loops.is_in_loop(target, self.region.of) {
            let args = args.into_iter().map(BlockArg::Value);
            return Some((BlockCall::new(target, args, &mut self.func.dfg.value_lists), None));
        }
        let header = self.region.loops.loop_header(self.region.of);
        if target == header && self.region.at_once == Some(self.number) {
            let args = args.into_iter().map(BlockArg::Value);
            return Some((BlockCall::new(self.copies[0], args, &mut self.func.dfg.value_lists), None));
        }
        let copy = self.ahead.entry(target).or_insert_with(|| {
            let block = self.func.dfg.make_block();
            self.func.layout.insert_block(block, header);
            self.copies.push(block);
            Ahead { block, edges: Vec::new() }
        });
        Some((BlockCall::new(copy.block, [], &mut self.func.dfg.value_lists), Some((target, args))))
    }

    /// Notes an edge to a copy.
    fn lead(&mut self, inst: Inst, number: usize, target: Option<Passed>) {
        if let Some((target, args)) = target
            && let Some(copy) = self.ahead.get_mut(&target)
        {
            copy.edges.push((inst, number, args));
        }
    }

    /// Puts the copies in the place of the loop.
    fn replace(self, entering: &[Edge]) {
        let Self { func, region, values, .. } = self;
        for &edge in entering {
            let passed: Vec<Value> =
                self.first.iter().filter_map(|&number| edges::argument(func, edge, number)).collect();
            let dfg = &mut func.dfg;
            let calls = dfg.insts[edge.inst].branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables);
            calls[edge.number].clear(&mut dfg.value_lists);
            calls[edge.number].set_block(self.copies[0], &mut dfg.value_lists);
            calls[edge.number].extend(passed, &mut dfg.value_lists);
        }
        // What is used outside is that of the last turn: there is one way out only.
        for &block in region.blocks {
            let params = func.dfg.block_params(block).to_vec();
            func.dfg.detach_block_params(block);
            let mut made = params;
            while let Some(inst) = func.layout.first_inst(block) {
                func.layout.remove_inst(inst);
                made.extend(func.dfg.inst_results(inst));
                func.dfg.clear_results(inst);
            }
            func.layout.remove_block(block);
            for value in made {
                if let Some(&last) = values.get(&value).filter(|_| region.escaping.contains(region.of)) {
                    func.dfg.change_to_alias(value, last);
                }
            }
        }
    }
}
