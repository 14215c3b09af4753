//! Frames that nothing needs, and others in fewer instructions.
//!
//! Cranelift sets up a frame in two steps, and takes it down in two:
//!
//! ```text
//! addi sp, sp, -16 ; sd ra, 8(sp) ; sd s0, 0(sp) ; mv s0, sp ; addi sp, sp, -n
//! addi sp, sp, n ; ld ra, 8(sp) ; ld s0, 0(sp) ; addi sp, sp, 16
//! ```
//!
//! One is enough: between these instructions all other registers are as they were, and both write the same places. And
//! a function that ends in a tail call has a frame even if it calls none besides and names neither the stack pointer
//! nor the frame pointer: it needs none, as others that call none.

use super::code::{Code, Item};
use super::forms::{self, Form};
use super::registers::{self, FP, RA, SP};
use super::scan::Kind;
use super::steps::Step;

/// Bytes of a frame that hold return address and frame pointer.
const LINKS: i32 = 16;

/// The largest frame that is set up in one step, in bytes: instructions have 12 bits for it, with its sign.
const LARGEST: i32 = 2032;

const SETUP: [Step; 4] = [Step::Adjust(-LINKS), Step::Save(RA, 8), Step::Save(FP, 0), Step::SetFrame(0)];

const TEARDOWN: [Step; 3] = [Step::Load(RA, 8), Step::Load(FP, 0), Step::Adjust(LINKS)];

pub(super) fn simplify(code: &mut Code<'_>) {
    let frames = Frames::of(code);
    if !frames.begin_with(0, &SETUP) {
        return;
    }
    let teardowns = (0..frames.there.len()).filter(|&at| frames.begin_with(at, &TEARDOWN));
    let teardowns: Vec<usize> = teardowns.collect();
    let mut is_link = vec![false; frames.there.len()];
    is_link[..SETUP.len()].fill(true);
    teardowns.iter().for_each(|&at| is_link[at..at + TEARDOWN.len()].fill(true));
    let links = frames.there.iter().zip(is_link);
    if links.clone().all(|(&number, is_link)| is_link || names_no_frame(code, &code.items[number])) {
        links.filter(|&(_, is_link)| is_link).for_each(|(&number, _)| code.items[number].is_gone = true);
        return;
    }
    if let Some(bytes) = frames.adjustment(SETUP.len()).map(|bytes| -bytes).filter(is_joined) {
        let steps = [-bytes - LINKS, bytes + 8, bytes, bytes];
        let [lower, save, save_frame, set] = steps;
        let steps = [Step::Adjust(lower), Step::Save(RA, save), Step::Save(FP, save_frame), Step::SetFrame(set)];
        frames.replace(code, 0, &steps, SETUP.len());
    }
    for at in teardowns {
        // Control may come to the first of these instructions from elsewhere, too.
        let before = at.checked_sub(1).filter(|_| !frames.is_target[frames.there[at]]);
        let Some(before) = before else { continue };
        if let Some(bytes) = frames.step(before).and_then(Step::adjustment).filter(is_joined) {
            let steps = [Step::Load(RA, bytes + 8), Step::Load(FP, bytes), Step::Adjust(bytes + LINKS)];
            frames.replace(code, at, &steps, before);
        }
    }
}

fn is_joined(bytes: &i32) -> bool {
    (1..=LARGEST - LINKS).contains(bytes)
}

/// A function's instructions as far as they set up frames.
struct Frames {
    /// Its instructions, by the numbers of their items.
    there: Vec<usize>,
    steps: Vec<Option<Step>>,
    /// For each item, whether control comes to it other than from the one before.
    is_target: Vec<bool>,
}

impl Frames {
    fn of(code: &Code<'_>) -> Self {
        let there: Vec<usize> = (0..code.items.len()).filter(|&number| code.items[number].is_code()).collect();
        let step = |&number: &usize| {
            let item = &code.items[number];
            let (word, size) = code.word(item).filter(|_| item.kind == Kind::Plain)?;
            Step::of(word, size)
        };
        let mut is_target = vec![false; code.items.len()];
        let targets = there.iter().filter_map(|&number| code.items[number].target);
        targets.chain(code.entries.iter().copied()).for_each(|target| is_target[target] = true);
        Self { steps: there.iter().map(step).collect(), there, is_target }
    }

    fn step(&self, at: usize) -> Option<Step> {
        *self.steps.get(at)?
    }

    /// Whether the instructions from one on are these, and control comes to all of them one after the other.
    fn begin_with(&self, at: usize, steps: &[Step]) -> bool {
        let is_next = |(number, step): (usize, &Step)| {
            self.step(at + number) == Some(*step) && (number == 0 || !self.is_target[self.there[at + number]])
        };
        steps.iter().enumerate().all(is_next)
    }

    /// What an instruction adds to the stack pointer, if control comes to it from the one before alone.
    fn adjustment(&self, at: usize) -> Option<i32> {
        self.step(at).filter(|_| !self.is_target[self.there[at]]).and_then(Step::adjustment)
    }

    /// Puts other steps in the place of those from one on, and takes one out.
    fn replace(&self, code: &mut Code<'_>, at: usize, steps: &[Step], gone: usize) {
        for (&number, step) in self.there[at..].iter().zip(steps) {
            let (word, size) = step.encoded(code.extensions.compressed);
            code.items[number].word = Some(word);
            code.items[number].size = size;
        }
        code.items[self.there[gone]].is_gone = true;
    }
}

/// Whether an instruction needs no frame: calls nothing, and names neither the stack pointer, nor the frame pointer,
/// nor the return address but to return.
fn names_no_frame(code: &Code<'_>, item: &Item) -> bool {
    let is_free = |word: u32, size: u32| match forms::form(word, size) {
        Some(Form::Trap | Form::Indirect { base: RA, low: 0 }) => true,
        None | Some(Form::Call) => false,
        _ => registers::named(word, size).is_some_and(|named| named & (1 << RA | 1 << SP | 1 << FP) == 0),
    };
    match item.kind {
        Kind::Plain => match code.word(item) {
            Some((word, size)) => is_free(word, size),
            // Two instructions that the linker writes into.
            None => item.ends,
        },
        Kind::Branch { condition } => is_free(condition, 4),
        Kind::Near { address, user } => is_free(address, 4) && is_free(user, 4),
        Kind::Jump | Kind::Entry | Kind::Data => true,
    }
}
