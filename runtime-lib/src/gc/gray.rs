//! Objects that have been reached and whose references have not been looked at: on a stack of fixed size. Where the
//! stack is full, an object's block is noted instead, and its objects are looked at later.

use super::space::Space;
use super::units::{Block, Place};

/// Words of the stack.
pub const DEPTH: usize = 16 << 10;

/// Set in a place, with which the elements are given that are still to be looked at: the word below has the first.
const IN_PART: u32 = 1 << 31;

/// Objects that are still to be looked at.
pub struct Gray {
    stack: &'static mut [u32],
    len: usize,
    /// Whether blocks have been noted.
    overflowed: bool,
    /// No block before this one is noted.
    noted_from: u32,
    /// The flag of blocks that are noted.
    flag: u8,
}

impl Gray {
    /// None, on a stack. Blocks are noted by `flag`.
    pub fn new(stack: &'static mut [u32], flag: u8) -> Self {
        Self { stack, len: 0, overflowed: false, noted_from: u32::MAX, flag }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0 && !self.overflowed
    }

    /// Forgets all.
    pub fn clear(&mut self, space: &Space) {
        self.len = 0;
        while self.next_noted(space).is_some() {}
    }

    /// Adds an object.
    pub fn push(&mut self, space: &Space, object: Place) {
        match self.stack.get_mut(self.len) {
            Some(slot) => {
                *slot = object.0;
                self.len += 1;
            }
            None => self.note(space, object),
        }
    }

    /// Adds an array whose elements before `first` have been looked at.
    pub fn push_part(&mut self, space: &Space, array: Place, first: u32) {
        match self.stack.get_mut(self.len..self.len + 2) {
            Some([below, slot]) => {
                (*below, *slot) = (first, array.0 | IN_PART);
                self.len += 2;
            }
            _ => self.note(space, array),
        }
    }

    fn note(&mut self, space: &Space, object: Place) {
        self.overflowed = true;
        self.noted_from = self.noted_from.min(object.block().0);
        space.set_flag(object.block(), self.flag);
    }

    /// Takes the object added last, and the first element that is to be looked at, where it is an array.
    pub fn pop(&mut self) -> Option<(Place, u32)> {
        let word = self.pop_word()?;
        if word & IN_PART == 0 {
            return Some((Place(word), 0));
        }
        let first = self.pop_word()?;
        Some((Place(word & !IN_PART), first))
    }

    fn pop_word(&mut self) -> Option<u32> {
        self.len = self.len.checked_sub(1)?;
        self.stack.get(self.len).copied()
    }

    /// Takes a block that has been noted.
    pub fn next_noted(&mut self, space: &Space) -> Option<Block> {
        if !self.overflowed {
            return None;
        }
        for number in self.noted_from..space.end {
            let block = Block(number);
            if space.owns(block) && space.has(block, self.flag) {
                space.clear_flag(block, self.flag);
                self.noted_from = number;
                return Some(block);
            }
        }
        (self.overflowed, self.noted_from) = (false, u32::MAX);
        None
    }
}
