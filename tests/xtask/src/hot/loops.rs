//! Where a function spends most.

use std::fmt::Write;
use std::ops::Range;

use super::disassembly::Instruction;

/// A loop with fewer instructions than this part of its function's is not what makes the function hot.
const LEAST_PART: f64 = 0.4;

/// Instructions that are executed less often than this part of the most frequent one are not shown.
const COLD: f64 = 0.02;

/// How many instructions are shown at most.
const MOST_LINES: usize = 150;

/// The smallest loop with much of what a function executes; the whole function where there is none.
pub fn hottest(code: &[Instruction]) -> Range<usize> {
    let all: u64 = code.iter().map(|instruction| instruction.times).sum();
    let mut best = 0..code.len();
    for (end, instruction) in code.iter().enumerate() {
        let Some(target) = instruction.branch_target().filter(|target| *target <= instruction.address) else {
            continue;
        };
        let Ok(start) = code.binary_search_by_key(&target, |instruction| instruction.address) else { continue };
        let range = start..end + 1;
        let executed: u64 = code[range.clone()].iter().map(|instruction| instruction.times).sum();
        if executed as f64 >= LEAST_PART * all as f64 && range.len() < best.len() {
            best = range;
        }
    }
    best
}

/// The code, each instruction with how often it is executed, in thousands; what is cold is left out.
pub fn listing(code: &[Instruction]) -> String {
    let most = code.iter().map(|instruction| instruction.times).max().unwrap_or(0);
    let mut text = String::new();
    let mut skipped = false;
    let mut shown = 0;
    for instruction in code {
        if (instruction.times as f64) < COLD * most as f64 {
            if !std::mem::replace(&mut skipped, true) {
                text += "        ...\n";
            }
            continue;
        }
        shown += 1;
        if shown > MOST_LINES {
            text += "        and more\n";
            break;
        }
        skipped = false;
        let times = instruction.times as f64 / 1e3;
        let _ = writeln!(text, "{times:>11.1} {:>10x}  {}", instruction.address, instruction.text);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{hottest, listing};
    use crate::hot::disassembly::Instruction;

    fn code(lines: &[(u64, &str)]) -> Vec<Instruction> {
        let instruction = |(address, &(times, text)): (usize, &(u64, &str))| Instruction {
            address: address as u64,
            text: text.to_owned(),
            times,
        };
        lines.iter().enumerate().map(instruction).collect()
    }

    #[test]
    fn the_smallest_loop_with_most_of_the_work_is_chosen() {
        let nested =
            code(&[(1, "mov"), (10, "add"), (1000, "sub"), (1000, "jne 0x2 <f+2>"), (10, "jne 0x1 <f+1>"), (1, "ret")]);
        assert_eq!(hottest(&nested), 2..4);
        let straight = code(&[(1, "mov"), (1, "ret")]);
        assert_eq!(hottest(&straight), 0..2);
    }

    #[test]
    fn cold_code_is_left_out() {
        let text = listing(&code(&[(100_000, "add"), (1, "call"), (2, "nop"), (100_000, "jne")]));
        assert_eq!(text, "      100.0          0  add\n        ...\n      100.0          3  jne\n");
    }
}
