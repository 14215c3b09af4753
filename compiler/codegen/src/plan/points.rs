//! Where a profile counts: at points where control may begin anew, so that what runs between two of them runs as often.
//!
//! They follow from a body alone: its first instruction; the first of each loop; that of each arm of an `if`, if it is
//! not empty; what follows a conditional branch; and what is behind the end of a structure, if a branch goes there or
//! it has several parts. Where such an end is followed by others, that is behind them.

use wasmc_frontend::wasmparser::{BinaryReaderError, Catch, FunctionBody, Operator};

/// The points of a function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Points {
    /// Where control may begin anew: bytes from the start of the body, in ascending order.
    pub blocks: Vec<u32>,
    /// Calls through references, tail calls aside, in the same way.
    pub calls: Vec<u32>,
}

/// A structure that is open.
#[derive(Clone, Copy, Default)]
struct Open {
    is_loop: bool,
    /// Whether what is behind its end may run more often than what is before it, or less.
    is_joined: bool,
}

impl Points {
    /// Those of a body.
    ///
    /// # Errors
    /// None for a body that is valid.
    pub fn of(body: &FunctionBody<'_>) -> Result<Self, BinaryReaderError> {
        let mut points = Self::default();
        let mut open = vec![Open::default()];
        let start = body.range().start;
        let mut reader = body.get_operators_reader()?;
        // Whether control may begin anew at the next operator.
        let mut begins = true;
        while !reader.eof() {
            let offset = (reader.original_position() - start) as u32;
            let operator = reader.read()?;
            let was = std::mem::take(&mut begins);
            let is_structure = matches!(
                operator,
                Operator::End
                    | Operator::Else
                    | Operator::Catch { .. }
                    | Operator::CatchAll
                    | Operator::Delegate { .. }
            );
            if was && (!is_structure || points.blocks.is_empty()) {
                points.blocks.push(offset);
            }
            begins = points.operator(&operator, offset, was, &mut open)?;
            if is_conditional(&operator) {
                // Also where nothing follows, so that it is known how often the branch is not taken.
                points.blocks.push((reader.original_position() - start) as u32);
                begins = false;
            }
        }
        Ok(points)
    }

    /// Whether control may begin anew behind an operator, at which it does if `begins`.
    fn operator(
        &mut self,
        operator: &Operator<'_>,
        offset: u32,
        begins: bool,
        open: &mut Vec<Open>,
    ) -> Result<bool, BinaryReaderError> {
        let mut push = |is_loop, is_joined| {
            open.push(Open { is_loop, is_joined });
            is_loop
        };
        match operator {
            Operator::Block { .. } => return Ok(push(false, false)),
            Operator::Loop { .. } => return Ok(push(true, false)),
            Operator::If { .. } => {
                push(false, true);
                return Ok(true);
            }
            Operator::Try { .. } => return Ok(push(false, true)),
            Operator::TryTable { try_table } => {
                for catch in &try_table.catches {
                    let (Catch::One { label, .. }
                    | Catch::OneRef { label, .. }
                    | Catch::All { label }
                    | Catch::AllRef { label }) = *catch;
                    join(open, label);
                }
                open.push(Open::default());
            }
            Operator::Else | Operator::Catch { .. } | Operator::CatchAll => return Ok(true),
            Operator::End | Operator::Delegate { .. } => {
                let closed = open.pop().unwrap_or_default();
                return Ok(begins || closed.is_joined && !closed.is_loop);
            }
            Operator::BrTable { targets } => {
                for depth in targets.targets().chain([Ok(targets.default())]) {
                    join(open, depth?);
                }
            }
            Operator::Br { relative_depth }
            | Operator::BrIf { relative_depth }
            | Operator::BrOnNull { relative_depth }
            | Operator::BrOnNonNull { relative_depth }
            | Operator::BrOnCast { relative_depth, .. }
            | Operator::BrOnCastFail { relative_depth, .. } => join(open, *relative_depth),
            Operator::CallIndirect { .. } | Operator::CallRef { .. } => self.calls.push(offset),
            _ => {}
        }
        Ok(false)
    }
}

/// A branch goes to a label.
fn join(open: &mut [Open], depth: u32) {
    if let Some(target) = open.iter_mut().nth_back(depth as usize) {
        target.is_joined = true;
    }
}

/// Whether control may go on behind an operator that may also branch.
fn is_conditional(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::BrIf { .. }
            | Operator::BrOnNull { .. }
            | Operator::BrOnNonNull { .. }
            | Operator::BrOnCast { .. }
            | Operator::BrOnCastFail { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmc_frontend::index::FuncIndex;

    /// The numbers of the operators of the first function at which control may begin anew.
    fn blocks(body: &str) -> Vec<usize> {
        let text = format!("(module (table 1 funcref) (tag $e) (func (param i32) {body}))");
        let binary = wasmc_frontend::to_binary(text.as_bytes()).unwrap();
        let module = wasmc_frontend::read(&binary, Default::default()).unwrap().validate().unwrap();
        let body = module.body(FuncIndex::from_u32(0)).unwrap();
        let mut reader = body.get_operators_reader().unwrap();
        let mut offsets = Vec::new();
        while !reader.eof() {
            offsets.push((reader.original_position() - body.range().start) as u32);
            reader.read().unwrap();
        }
        let points = Points::of(body).unwrap();
        assert!(points.blocks.is_sorted_by(|one, next| one < next));
        points.blocks.iter().map(|point| offsets.iter().position(|offset| offset == point).unwrap()).collect()
    }

    #[test]
    fn what_always_runs_together_has_one_point() {
        assert_eq!(blocks("nop (block nop) nop"), [0]);
        assert_eq!(blocks(""), [0]);
    }

    #[test]
    fn both_arms_and_what_is_behind_them() {
        // local.get, if, nop, end, nop
        assert_eq!(blocks("(if (local.get 0) (then nop)) nop"), [0, 2, 4]);
        // local.get, if, nop, else, nop, end, nop
        assert_eq!(blocks("(if (local.get 0) (then nop) (else nop)) nop"), [0, 2, 4, 6]);
        // An empty arm has none.
        assert_eq!(blocks("(if (local.get 0) (then) (else nop)) nop"), [0, 3, 5]);
    }

    #[test]
    fn loops_and_what_follows_conditional_branches() {
        // loop, nop, local.get, br_if, end, nop
        assert_eq!(blocks("(loop nop (br_if 0 (local.get 0))) nop"), [0, 1, 4]);
        // block, local.get, br_if, nop, end, nop
        assert_eq!(blocks("(block (br_if 0 (local.get 0)) nop) nop"), [0, 3, 5]);
    }

    #[test]
    fn ends_that_follow_each_other_have_one() {
        // block, block, local.get, br_if 0, nop, end, end, nop
        assert_eq!(blocks("(block (block (br_if 0 (local.get 0)) nop)) nop"), [0, 4, 7]);
        // block, block, local.get, br_table, end, nop, end, nop
        assert_eq!(blocks("(block (block (br_table 0 1 (local.get 0))) nop) nop"), [0, 5, 7]);
    }

    #[test]
    fn handlers_go_to_labels() {
        // block, try_table, nop, end, nop, end, nop
        assert_eq!(blocks("(block (try_table (catch $e 0) nop) nop) nop"), [0, 6]);
    }
}
