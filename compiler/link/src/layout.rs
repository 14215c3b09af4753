//! Where in the file segments and tables lie.

use crate::segments::Segment;
use crate::target::PageSize;
use std::ops::Range;

/// Alignment of the tables in the file.
const TABLE_ALIGN: u64 = 8;

/// A segment and its offset in the file.
pub type Placed = (Segment, u64);

/// Which ranges of the file are taken.
#[derive(Debug)]
pub struct Layout {
    end: u64,
    gaps: Vec<Range<u64>>,
}

impl Layout {
    /// A file that begins with `headers` bytes of headers.
    pub fn new(headers: u64) -> Self {
        Self { end: headers, gaps: Vec::new() }
    }

    /// Bytes of the file.
    pub fn size(&self) -> u64 {
        self.end
    }

    /// Gives every segment an offset: next comes the one that needs the least padding.
    pub fn place(&mut self, segments: &[Segment], align: PageSize) -> Vec<Placed> {
        let (mut waiting, empty): (Vec<Segment>, Vec<Segment>) =
            segments.iter().partition(|segment| segment.file_size > 0);
        let mut placed: Vec<Placed> =
            empty.into_iter().map(|segment| (segment, align.congruent(0, segment.address))).collect();
        while !waiting.is_empty() {
            let offset = |segment: &Segment| align.congruent(self.end, segment.address);
            let next = (0..waiting.len()).min_by_key(|&index| offset(&waiting[index])).unwrap_or(0);
            let segment = waiting.remove(next);
            let offset = align.congruent(self.end, segment.address);
            self.take_at(offset, segment.file_size);
            placed.push((segment, offset));
        }
        placed.sort_by_key(|(segment, _)| segment.address);
        placed
    }

    /// Takes `size` bytes at `offset`, which is not below the end.
    fn take_at(&mut self, offset: u64, size: u64) {
        self.gaps.push(self.end..offset);
        self.end = offset + size;
    }

    /// Takes `size` bytes for a table, in a gap where one is large enough; returns their offset.
    pub fn take(&mut self, size: u64) -> u64 {
        let size = size.next_multiple_of(TABLE_ALIGN);
        for gap in &mut self.gaps {
            let start = gap.start.next_multiple_of(TABLE_ALIGN);
            if start + size <= gap.end {
                gap.start = start + size;
                return start;
            }
        }
        let start = self.end.next_multiple_of(TABLE_ALIGN);
        self.end = start + size;
        start
    }
}
