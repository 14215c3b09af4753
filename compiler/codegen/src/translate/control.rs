//! Control instructions (core specification 4.6.9): structured control to blocks with parameters.

use super::Translator;
use super::frame::{Frame, Kind};
use crate::lower::trap_code;
use crate::signature::clif_type;
use cranelift_codegen::ir::{Block, BlockArg, BlockCall, InstBuilder, JumpTableData, Value};
use std::collections::BTreeMap;
use wasmc_abi::trap::TrapCode;
use wasmc_frontend::index::TypeIndex;
use wasmc_frontend::wasmparser::{BlockType, BrTable, FuncType, ValType};

/// Targets of a branch table that go to their labels themselves. With more of them, each label has one block that does:
/// what a branch passes, and what becomes of local variables, is looked up in a branch target by target.
const MAX_DIRECT: usize = 512;

/// Where a branch table goes.
struct Ways {
    /// Whether it goes to blocks of its own, by the depths of the labels that these go to.
    detour: bool,
    blocks: BTreeMap<u32, Block>,
}

impl Translator<'_, '_> {
    pub(super) fn push_function_frame(&mut self, ty: &FuncType) {
        let next = self.block_with_params(ty.results());
        self.push_frame(Kind::Block, next, ty.results().len(), next, ty.results().len(), 0);
    }

    fn push_frame(&mut self, kind: Kind, label: Block, label_arity: usize, next: Block, results: usize, params: usize) {
        let height = self.stack.len() - params;
        let (next_reached, next_warm, entered) = (false, false, true);
        let handlers = self.low.handlers.depth();
        self.frames.push(Frame {
            kind,
            label,
            label_arity,
            next,
            results,
            height,
            next_reached,
            next_warm,
            entered,
            handlers,
        });
    }

    /// Opens a frame where control cannot be, so that its `end` is found.
    pub(super) fn push_unreachable_frame(&mut self) {
        let block = Block::from_u32(0);
        self.push_frame(Kind::Block, block, 0, block, 0, 0);
        self.frames.last_mut().expect("just pushed").entered = false;
    }

    /// The innermost frame.
    pub(super) fn innermost(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("validation has checked nesting")
    }

    /// Whether code here can run more than once for a call of the function.
    pub(super) fn in_loop(&self) -> bool {
        self.open_loops > 0
    }

    fn block_with_params(&mut self, types: &[ValType]) -> Block {
        let block = self.low.builder.create_block();
        for &ty in types {
            self.low.builder.append_block_param(block, clif_type(ty));
        }
        block
    }

    fn block_type(&self, ty: BlockType) -> (Vec<ValType>, Vec<ValType>) {
        match ty {
            BlockType::Empty => (Vec::new(), Vec::new()),
            BlockType::Type(result) => (Vec::new(), vec![result]),
            BlockType::FuncType(index) => {
                let ty = self.low.plan.module.func_type(TypeIndex::from_u32(index));
                (ty.params().to_vec(), ty.results().to_vec())
            }
        }
    }

    pub(super) fn block(&mut self, ty: BlockType) {
        let (params, results) = self.block_type(ty);
        let next = self.block_with_params(&results);
        self.push_frame(Kind::Block, next, results.len(), next, results.len(), params.len());
    }

    pub(super) fn loop_(&mut self, ty: BlockType) {
        let (params, results) = self.block_type(ty);
        let header = self.block_with_params(&params);
        let next = self.block_with_params(&results);
        let args = self.pop_many(params.len());
        self.prepare_loop();
        self.jump(header, &args);
        self.enter_block(header, self.cold);
        let values = self.low.builder.block_params(header).to_vec();
        self.stack.extend(values);
        self.open_loops += 1;
        self.begin_loop_of_locals();
        self.push_frame(Kind::Loop, header, params.len(), next, results.len(), params.len());
        self.begin_turn();
    }

    pub(super) fn if_(&mut self, ty: BlockType) {
        let (params, results) = self.block_type(ty);
        let condition = self.pop();
        let then = self.low.builder.create_block();
        let otherwise = self.low.builder.create_block();
        let next = self.block_with_params(&results);
        self.ins().brif(condition, then, &[], otherwise, &[]);
        self.low.builder.seal_block(then);
        self.low.builder.seal_block(otherwise);
        let otherwise_cold = self.cold || self.hint == Some(true);
        self.enter_block(then, self.cold || self.hint == Some(false));
        let values = self.stack[self.stack.len() - params.len()..].to_vec();
        let kind = Kind::If { otherwise, params: values, cold: otherwise_cold };
        self.push_frame(kind, next, results.len(), next, results.len(), params.len());
    }

    pub(super) fn else_(&mut self) {
        let frame = self.frames.last().expect("validation has checked nesting");
        let Kind::If { otherwise, params, cold } = frame.kind.clone() else {
            return; // The `if` was not reachable.
        };
        let height = frame.height;
        self.leave();
        self.stack.truncate(height);
        self.stack.extend(params);
        self.enter_block(otherwise, cold);
        self.frames.last_mut().expect("the frame is still open").kind = Kind::Else;
        self.reachable = true;
    }

    pub(super) fn end(&mut self) {
        let frame = self.frames.last().expect("validation has checked nesting");
        if !frame.entered {
            self.frames.pop();
            return;
        }
        if matches!(frame.kind, Kind::If { .. }) {
            // Without an `else`, the parameters are the results.
            self.else_();
        }
        self.end_of_kept_loop();
        self.leave();
        let frame = self.frames.pop().expect("the frame is still open");
        match &frame.kind {
            Kind::TryTable(outside, clauses) => self.end_try_table(*outside, clauses),
            Kind::Try(open) => self.end_try(open),
            _ => {}
        }
        let is_loop = matches!(frame.kind, Kind::Loop);
        if is_loop {
            self.open_loops -= 1;
            self.low.builder.seal_block(frame.label);
        }
        self.low.builder.seal_block(frame.next);
        self.stack.truncate(frame.height);
        self.reachable = frame.next_reached;
        if self.reachable {
            self.enter_block(frame.next, !frame.next_warm);
        }
        if is_loop {
            self.end_loop_of_locals();
        }
        if !self.reachable {
            return;
        }
        let results = self.low.builder.block_params(frame.next).to_vec();
        if self.frames.is_empty() && !self.inlined.is_open() {
            self.low.return_results(&results);
            self.reachable = false;
        } else {
            self.stack.extend(results);
        }
    }

    /// Continues after the innermost frame, if control comes here.
    pub(super) fn leave(&mut self) {
        if !self.reachable {
            return;
        }
        let frame = self.frames.last_mut().expect("validation has checked nesting");
        frame.next_reached = true;
        frame.next_warm |= !self.cold;
        let (next, results) = (frame.next, frame.results);
        let args = self.pop_many(results);
        self.jump(next, &args);
        self.reachable = false;
    }

    fn jump(&mut self, block: Block, args: &[Value]) {
        let args = block_args(args);
        self.ins().jump(block, &args);
    }

    /// Goes on in a block.
    pub(super) fn enter_block(&mut self, block: Block, cold: bool) {
        self.low.builder.switch_to_block(block);
        self.cold = self.is_cold(cold);
        if self.cold {
            self.low.builder.set_cold_block(block);
        }
    }

    /// The block of a label, for a branch that may be unlikely, and the values it takes along, which stay on the stack.
    pub(super) fn label(&mut self, depth: u32, unlikely: bool) -> (Block, Vec<BlockArg>) {
        let position = self.frames.len() - 1 - depth as usize;
        let frame = &mut self.frames[position];
        let leaves = !matches!(frame.kind, Kind::Loop);
        frame.next_reached |= leaves;
        frame.next_warm |= leaves && !unlikely && !self.cold;
        let args = block_args(&self.stack[self.stack.len() - frame.label_arity..]);
        let label = frame.label;
        self.exit(position, label, args)
    }

    pub(super) fn br(&mut self, depth: u32) {
        let (label, args) = self.label(depth, false);
        self.ins().jump(label, &args);
        self.cut();
    }

    pub(super) fn br_if(&mut self, depth: u32) {
        let condition = self.pop();
        self.branch_if(condition, depth, true);
    }

    /// Branches to the label at `depth` where `condition` is (not) zero, else goes on.
    pub(super) fn branch_if(&mut self, condition: Value, depth: u32, when: bool) {
        let (label, args) = self.label(depth, self.hint == Some(false));
        let next = self.low.builder.create_block();
        if when {
            self.ins().brif(condition, label, &args, next, &[]);
        } else {
            self.ins().brif(condition, next, &[], label, &args);
        }
        self.low.builder.seal_block(next);
        self.enter_block(next, self.cold || self.hint == Some(true));
    }

    pub(super) fn br_on_null(&mut self, depth: u32) {
        let reference = self.pop();
        self.branch_if(reference, depth, false);
        self.push(reference);
    }

    pub(super) fn br_on_non_null(&mut self, depth: u32) {
        // The reference is one of the values that the branch takes along.
        let reference = self.pop();
        self.push(reference);
        self.branch_if(reference, depth, true);
        self.pop();
    }

    pub(super) fn br_table(&mut self, table: &BrTable<'_>) -> Result<(), wasmc_frontend::wasmparser::Error> {
        let index = self.pop();
        let depths = table.targets().collect::<Result<Vec<u32>, _>>()?;
        let mut ways = Ways { detour: depths.len() > MAX_DIRECT, blocks: BTreeMap::new() };
        let mut calls: Vec<BlockCall> = depths.into_iter().map(|depth| self.way(&mut ways, depth)).collect();
        let clamps = self.low.plan.clamps_branch_tables();
        let index = if clamps { self.low.clamp_branch_index(index, calls.len() as u32) } else { index };
        // The default is a target as well: of the clamped index, and where there are landing pads, as Cranelift jumps
        // there through the table too, but puts pads on the table's targets alone.
        if clamps || self.low.plan.options.cfi {
            calls.push(self.way(&mut ways, table.default()));
        }
        let default = self.way(&mut ways, table.default());
        let table = self.low.builder.create_jump_table(JumpTableData::new(default, &calls));
        self.ins().br_table(index, table);
        for (depth, block) in ways.blocks {
            self.low.builder.seal_block(block);
            self.enter_block(block, self.cold);
            let (label, args) = self.label(depth, false);
            self.ins().jump(label, &args);
        }
        self.cut();
        Ok(())
    }

    /// A target of a branch table: the block of a label, or one that goes there.
    fn way(&mut self, ways: &mut Ways, depth: u32) -> BlockCall {
        if !ways.detour {
            let (label, args) = self.label(depth, false);
            return self.low.builder.func.dfg.block_call(label, &args);
        }
        let block = *ways.blocks.entry(depth).or_insert_with(|| self.low.builder.create_block());
        self.low.builder.func.dfg.block_call(block, &[])
    }

    pub(super) fn return_(&mut self) {
        self.br(self.frames.len() as u32 - 1);
    }

    pub(super) fn unreachable(&mut self) {
        self.trap(TrapCode::Unreachable);
    }

    pub(super) fn trap(&mut self, code: TrapCode) {
        self.ins().trap(trap_code(code));
        self.cut();
    }

    /// What follows up to the frame's end cannot be reached.
    pub(super) fn cut(&mut self) {
        let height = self.frames.last().expect("validation has checked nesting").height;
        self.stack.truncate(height);
        self.reachable = false;
    }
}

fn block_args(values: &[Value]) -> Vec<BlockArg> {
    values.iter().map(|&value| BlockArg::from(value)).collect()
}
