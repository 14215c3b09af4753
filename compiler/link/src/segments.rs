//! Which sections become which segments.
//!
//! Neighbouring sections with the same access share a segment. A writable segment is cut wherever whole pages of zeroes
//! make it worth a program header: zeroes need not be in the file. That matters for linear memory, where data often
//! starts after a stack of a megabyte.

use crate::error::Error;
use crate::sections::{Access, Section};
use crate::target::PageSize;
use std::ops::Range;

/// Zero pages, in number, that are left out of the file at the price of one more segment.
const HOLE_PAGES: u64 = 4;
/// Segments at most; where there would be more, only larger holes are left out.
const MAX_SEGMENTS: usize = 64;

/// A range of addresses, mapped with one access.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    pub access: Access,
    pub address: u64,
    pub size: u64,
    /// Bytes that come from the file; zeroes follow up to `size`.
    pub file_size: u64,
}

impl Segment {
    pub fn end(&self) -> u64 {
        self.address + self.size
    }

    pub fn file_end(&self) -> u64 {
        self.address + self.file_size
    }
}

/// The segments of an image, by address. `sections` are sorted by address.
pub fn segments(sections: &[Section<'_>], page: PageSize) -> Result<Vec<Segment>, Error> {
    let runs: Vec<&[Section<'_>]> = sections.chunk_by(|first, second| neighbours(first, second, page)).collect();
    let mut hole = HOLE_PAGES * page.bytes();
    loop {
        let segments: Vec<Segment> = runs.iter().flat_map(|run| cut(run, page, hole)).collect();
        if segments.len() <= MAX_SEGMENTS.max(runs.len()) {
            check_apart(&segments, page)?;
            return Ok(segments);
        }
        hole *= 2;
    }
}

fn neighbours(first: &Section<'_>, second: &Section<'_>, page: PageSize) -> bool {
    first.access == second.access && second.address < page.ceil(first.end()) + page.bytes()
}

/// The segments for a run of neighbours.
fn cut(run: &[Section<'_>], page: PageSize, hole: u64) -> Vec<Segment> {
    let access = run[0].access;
    let mut segments = Vec::new();
    let mut last = Segment { access, address: run[0].address, size: 0, file_size: 0 };
    for extent in run.iter().flat_map(|section| extents(section, page)) {
        if extent.start >= page.ceil(last.file_end()) + hole {
            let address = page.floor(extent.start);
            segments.push(Segment { size: address - last.address, ..last });
            last = Segment { access, address, size: 0, file_size: 0 };
        }
        last.file_size = extent.end - last.address;
    }
    segments.push(Segment { size: run[run.len() - 1].end() - last.address, ..last });
    segments
}

/// The addresses of a section whose bytes must come from the file.
fn extents(section: &Section<'_>, page: PageSize) -> Vec<Range<u64>> {
    if section.access != Access::Write {
        return std::iter::once(section.address..section.end()).collect();
    }
    let to_boundary = page.ceil(section.address) - section.address;
    let (head, rest) = section.data.split_at((to_boundary as usize).min(section.data.len()));
    let mut extents = Vec::new();
    let mut address = section.address;
    for chunk in std::iter::once(head).chain(rest.chunks(page.bytes() as usize)) {
        if let Some(last) = chunk.iter().rposition(|&byte| byte != 0) {
            // Zeroes at the end count only where linear memory was padded to whole pages.
            let whole_page = chunk.len() as u64 == page.bytes();
            let used = if whole_page { last + 1 } else { chunk.len() };
            extents.push(address..address + used as u64);
        }
        address += chunk.len() as u64;
    }
    extents
}

/// No page may hold parts of two segments.
fn check_apart(segments: &[Segment], page: PageSize) -> Result<(), Error> {
    for pair in segments.windows(2) {
        if page.ceil(pair[0].end()) > page.floor(pair[1].address) {
            let [first, second] = [pair[0].address, pair[1].address];
            return Err(Error::Invariant(format!("the segments at {first:#x} and {second:#x} share a page")));
        }
    }
    Ok(())
}
