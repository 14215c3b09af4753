//! What instance state holds when the program starts, as far as it is known now.

use super::memory::initial_bytes;
use std::ops::Range;
use wasmc_abi::heap::I31_TAG;
use wasmc_frontend::Module;
use wasmc_frontend::const_expr::ConstOperator;
use wasmc_frontend::index::{DataIndex, FuncIndex, GlobalIndex, MemoryIndex};
use wasmc_frontend::module::{GlobalOrigin, SegmentMode};

/// A value known at compile time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ConstValue {
    /// `i32`
    I32(i32),
    /// `i64`
    I64(i64),
    /// `f32`, as bits
    F32(u32),
    /// `f64`, as bits
    F64(u64),
    /// `v128`
    V128([u8; 16]),
    /// A null reference.
    Null,
    /// An `i31`, as its bits in an `i32`.
    I31(i32),
    /// A reference to this function.
    Func(FuncIndex),
}

/// The word that stands for an `i31`, given as its bits in an `i32`.
pub fn i31_word(value: i32) -> u64 {
    u64::from((value as u32) << 1) | I31_TAG
}

impl ConstValue {
    /// The value of an offset expression.
    pub fn as_offset(self) -> Option<u64> {
        match self {
            Self::I32(value) => Some(value as u32 as u64),
            Self::I64(value) => Some(value as u64),
            _ => None,
        }
    }
}

/// The value of an initialiser expression; `None` where it depends on an imported global, or makes objects.
pub fn evaluate(module: &Module<'_>, operators: &[ConstOperator]) -> Option<ConstValue> {
    let mut stack = Vec::new();
    for &operator in operators {
        let value = match operator {
            ConstOperator::I32Const(value) => ConstValue::I32(value),
            ConstOperator::I64Const(value) => ConstValue::I64(value),
            ConstOperator::F32Const(bits) => ConstValue::F32(bits),
            ConstOperator::F64Const(bits) => ConstValue::F64(bits),
            ConstOperator::V128Const(bytes) => ConstValue::V128(bytes),
            ConstOperator::RefNull(_) => ConstValue::Null,
            ConstOperator::RefFunc(function) => ConstValue::Func(function),
            ConstOperator::GlobalGet(index) => match &module.globals[index].origin {
                // Where it depends on another global itself, its value is not known: the reader has resolved the
                // others.
                GlobalOrigin::Init(operators) if !operators.iter().any(reads_global) => evaluate(module, operators)?,
                _ => return None,
            },
            ConstOperator::RefI31 => match stack.pop()? {
                ConstValue::I32(value) => ConstValue::I31(value),
                _ => return None,
            },
            object if object.allocates() => return None,
            ConstOperator::ExternConvertAny => return None,
            _ => {
                let (right, left) = (stack.pop()?, stack.pop()?);
                binary(operator, left, right)?
            }
        };
        stack.push(value);
    }
    stack.pop()
}

fn reads_global(operator: &ConstOperator) -> bool {
    matches!(operator, ConstOperator::GlobalGet(_))
}

/// The value a global starts with; `None` where it is imported or depends on one that is.
pub fn global(module: &Module<'_>, index: GlobalIndex) -> Option<ConstValue> {
    match &module.globals[index].origin {
        GlobalOrigin::Import(_) => None,
        GlobalOrigin::Init(operators) => evaluate(module, operators),
    }
}

/// The value a global has all its life.
pub fn constant_global(module: &Module<'_>, index: GlobalIndex) -> Option<ConstValue> {
    if module.globals[index].ty.mutable { None } else { global(module, index) }
}

fn binary(operator: ConstOperator, left: ConstValue, right: ConstValue) -> Option<ConstValue> {
    use ConstValue::{I32, I64};
    Some(match (operator, left, right) {
        (ConstOperator::I32Add, I32(left), I32(right)) => I32(left.wrapping_add(right)),
        (ConstOperator::I32Sub, I32(left), I32(right)) => I32(left.wrapping_sub(right)),
        (ConstOperator::I32Mul, I32(left), I32(right)) => I32(left.wrapping_mul(right)),
        (ConstOperator::I64Add, I64(left), I64(right)) => I64(left.wrapping_add(right)),
        (ConstOperator::I64Sub, I64(left), I64(right)) => I64(left.wrapping_sub(right)),
        (ConstOperator::I64Mul, I64(left), I64(right)) => I64(left.wrapping_mul(right)),
        _ => return None,
    })
}

/// The data segments that instantiation copies.
pub(super) fn active_data(module: &Module<'_>) -> impl Iterator<Item = DataIndex> {
    let segments = module.data.iter();
    segments.filter(|(_, data)| matches!(data.mode, SegmentMode::Active(..))).map(|(index, _)| index)
}

/// A piece of an active data segment that is copied at start-up instead of lying in the image's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copy<'a> {
    /// Where it goes, in bytes from the start of the memory.
    pub offset: u64,
    /// What is copied.
    pub bytes: &'a [u8],
}

/// The contents that active data segments give a memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryImage<'a> {
    /// The bytes of the memory that the image holds, page-aligned at both ends.
    pub range: Range<u64>,
    /// Their contents, from the start of [`MemoryImage::range`]; what is missing at the end is zero.
    pub bytes: Vec<u8>,
    /// What lies elsewhere, in order.
    pub copies: Vec<Copy<'a>>,
    /// Whether a segment does not fit in the initial memory, so that instantiation traps after the contents so far.
    pub out_of_bounds: bool,
}

/// Bytes of zeroes that are stored in the image rather than that what follows them is copied, even if that is little.
const MAX_GAP: u64 = 64 << 10;

/// Bytes of zeroes in all gaps together, besides [`GAP_FACTOR`] for each byte of data before them.
const MAX_GAPS: u64 = 1 << 20;

/// See [`MAX_GAPS`].
const GAP_FACTOR: u64 = 8;

impl<'a> MemoryImage<'a> {
    /// The image of memory `index`, whose bytes may be mapped in whole pages of `page_size` bytes, or not at all.
    /// `None` where a segment's offset is not known now.
    pub fn new(module: &Module<'a>, index: MemoryIndex, page_size: Option<u64>) -> Option<Self> {
        let memory = &module.memories[index];
        let len = initial_bytes(&memory.ty);
        let is_imported = memory.import.is_some();
        let mut out_of_bounds = false;
        let mut segments = Vec::new();
        for data in module.data.values() {
            let SegmentMode::Active(memory, offset) = &data.mode else { continue };
            if *memory != index {
                continue;
            }
            if is_imported {
                return None;
            }
            let offset = evaluate(module, offset)?.as_offset()?;
            if offset.checked_add(data.bytes.len() as u64).is_none_or(|end| end > len) {
                out_of_bounds = true;
                break;
            }
            segments.push(Copy { offset, bytes: data.bytes });
        }
        Some(Self { out_of_bounds, ..Self::of(segments, len, page_size) })
    }

    /// The image of a memory of `len` bytes that `segments` are copied to, which may be mapped in whole pages of
    /// `page_size` bytes, or not at all.
    pub(super) fn of(segments: Vec<Copy<'a>>, len: u64, page_size: Option<u64>) -> Self {
        let mut image = Self::default();
        if let Some(page_size) = page_size {
            image.range = dense_range(&segments, page_size);
            // A page that is mapped but beyond the memory would be readable; a short last page is copied instead.
            image.range.end = image.range.end.min(len / page_size * page_size).max(image.range.start);
        }
        for segment in segments {
            image.place(segment);
        }
        image
    }

    fn place(&mut self, segment: Copy<'a>) {
        let start = segment.offset.clamp(self.range.start, self.range.end);
        let end = (segment.offset + segment.bytes.len() as u64).clamp(self.range.start, self.range.end);
        let (before, rest) =
            segment.bytes.split_at(start.saturating_sub(segment.offset).min(segment.bytes.len() as u64) as usize);
        let (inside, after) = rest.split_at((end - start).min(rest.len() as u64) as usize);
        self.copy(segment.offset, before);
        if !inside.is_empty() {
            let at = (start - self.range.start) as usize;
            if self.bytes.len() < at + inside.len() {
                self.bytes.resize(at + inside.len(), 0);
            }
            self.bytes[at..at + inside.len()].copy_from_slice(inside);
        }
        self.copy(segment.offset + (before.len() + inside.len()) as u64, after);
    }

    fn copy(&mut self, offset: u64, bytes: &'a [u8]) {
        if !bytes.is_empty() {
            self.copies.push(Copy { offset, bytes });
        }
    }
}

/// The stretch of whole pages from the first byte of data up to the first long gap that has not as much data behind it,
/// or one too many.
fn dense_range(segments: &[Copy<'_>], page_size: u64) -> Range<u64> {
    let mut ranges: Vec<Range<u64>> = segments
        .iter()
        .filter(|segment| !segment.bytes.is_empty())
        .map(|segment| segment.offset..segment.offset + segment.bytes.len() as u64)
        .collect();
    ranges.sort_by_key(|range| range.start);
    let Some(first) = ranges.first() else { return 0..0 };
    let mut dense = first.start..first.start;
    let mut end = dense.end;
    let (mut data, mut gaps) = (0, 0);
    // What lies behind long gaps, and these, so far.
    let (mut beyond, mut long_gaps) = (0, 0);
    for range in &ranges {
        let gap = range.start.saturating_sub(end);
        gaps += gap;
        if gaps > MAX_GAPS + GAP_FACTOR * data {
            break;
        }
        if gap > MAX_GAP {
            long_gaps += gap;
        }
        let new = range.end.saturating_sub(end.max(range.start));
        end = end.max(range.end);
        data += new;
        beyond += new;
        if beyond >= long_gaps {
            (beyond, long_gaps) = (0, 0);
            dense.end = end;
        }
    }
    dense.start / page_size * page_size..dense.end.next_multiple_of(page_size)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The dense range of segments of `len` bytes, each of which begins `distance` behind the one before.
    fn dense(count: u64, distance: u64, len: usize) -> Range<u64> {
        let bytes = vec![1; len];
        let segments: Vec<Copy<'_>> =
            (0..count).map(|number| Copy { offset: number * distance, bytes: &bytes }).collect();
        dense_range(&segments, 4096)
    }

    #[test]
    fn gaps_end_the_image_where_they_are_long_or_too_many() {
        assert_eq!(dense(3, 1000, 10), 0..4096);
        assert_eq!(dense(3, 100_000, 10), 0..4096);
        // As much data behind a gap is worth it.
        assert_eq!(dense(3, 200_000, 100_000), 0..500_000_u64.next_multiple_of(4096));
        assert_eq!(dense(3, 200_001, 100_000), 0..100_000_u64.next_multiple_of(4096));
        assert_eq!(dense(1000, 65_000, 8000), 0..(999_u64 * 65_000 + 8000).next_multiple_of(4096));
        let end = dense(1000, 65_000, 10).end;
        assert!((MAX_GAPS - (128 << 10)..=MAX_GAPS).contains(&end), "{end}");
    }
}
