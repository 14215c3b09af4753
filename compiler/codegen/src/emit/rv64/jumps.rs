//! Fewer branches and jumps.
//!
//! Cranelift's short jump reaches 2 KiB, and its branches 4 KiB. In a function that is longer it leads those whose
//! targets are not known in time to places between, from where a jump of two instructions reaches everything, and jumps
//! over these places. With all of the function there, branches lead to their targets again, and what nothing leads to
//! any more is taken out.

use super::code::Code;
use super::forms;
use super::scan::Kind;

/// Jumps to jumps that are followed.
const MOST_FOLLOWED: usize = 32;

pub(super) fn straighten(code: &mut Code<'_>) {
    let next = next_there(code);
    lead_to_ends(code, &next);
    drop_unreached(code);
    let next = next_there(code);
    invert(code, &next);
    drop_needless(code);
}

/// For each item, and for the end, the first that is there from it on.
fn next_there(code: &Code<'_>) -> Vec<usize> {
    let mut next = vec![code.items.len(); code.items.len() + 1];
    for (number, item) in code.items.iter().enumerate().rev() {
        next[number] = if item.is_gone { next[number + 1] } else { number };
    }
    next
}

/// What leads to a jump leads to where that leads to.
fn lead_to_ends(code: &mut Code<'_>, next: &[usize]) {
    for number in 0..code.items.len() {
        let item = &code.items[number];
        if let (Kind::Branch { .. } | Kind::Jump | Kind::Entry, Some(target)) = (item.kind, item.target) {
            code.items[number].target = Some(end(code, next, target));
        }
    }
}

fn end(code: &Code<'_>, next: &[usize], mut target: usize) -> usize {
    for _ in 0..MOST_FOLLOWED {
        let at = next[target];
        match code.items.get(at) {
            Some(item) if item.kind == Kind::Jump => target = item.target.unwrap_or(at),
            _ => return at,
        }
    }
    // An endless loop, perhaps.
    target
}

fn drop_unreached(code: &mut Code<'_>) {
    let mut is_reached = vec![false; code.items.len()];
    let mut pending = [code.entries.as_slice(), &code.traps].concat();
    while let Some(start) = pending.pop() {
        for (number, item) in code.items.iter().enumerate().skip(start) {
            if std::mem::replace(&mut is_reached[number], true) {
                break;
            }
            if item.kind != Kind::Data {
                pending.extend(item.target);
            }
            // Entries of a table follow its head.
            let ends = item.ends && !code.is_entry(number + 1);
            if ends {
                break;
            }
        }
    }
    for (item, is_reached) in code.items.iter_mut().zip(is_reached) {
        item.is_gone |= !is_reached && item.kind != Kind::Data;
    }
}

/// A branch over a jump becomes the opposite branch, where nothing leads to that jump itself.
fn invert(code: &mut Code<'_>, next: &[usize]) {
    let mut is_entered = vec![false; code.items.len()];
    code.entries.iter().for_each(|&entry| is_entered[entry] = true);
    for number in 0..code.items.len() {
        let Kind::Branch { condition } = code.items[number].kind else { continue };
        let jump = next[number + 1];
        let is_jump = code.items.get(jump).is_some_and(|item| item.kind == Kind::Jump) && !is_entered[jump];
        if is_jump && !code.items[number].is_gone && code.items[number].target == Some(next[jump + 1]) {
            code.items[number].kind = Kind::Branch { condition: forms::inverse(condition) };
            code.items[number].target = code.items[jump].target;
            code.items[jump].is_gone = true;
        }
    }
}

/// Takes out branches and jumps to what follows them.
fn drop_needless(code: &mut Code<'_>) {
    let mut next = vec![code.items.len(); code.items.len() + 1];
    for number in (0..code.items.len()).rev() {
        let item = &mut code.items[number];
        let leads_on = item.target.is_some_and(|target| target > number && next[target] == next[number + 1]);
        item.is_gone |= leads_on && matches!(item.kind, Kind::Branch { .. } | Kind::Jump);
        next[number] = if item.is_gone { next[number + 1] } else { number };
    }
}
