use super::elf_file::PAGE;
use crate::sections::{Access, Section};
use crate::segments::{Segment, segments};
use crate::target::PageSize;

fn section(access: Access, address: u64, data: &[u8]) -> Section<'_> {
    Section { name: b".x", access, address, size: data.len() as u64, align: 1, data }
}

fn made(sections: &[Section<'_>]) -> Vec<Segment> {
    segments(sections, PageSize::new(PAGE).unwrap()).unwrap()
}

#[test]
fn neighbours_with_the_same_access_share_a_segment() {
    let sections = [
        section(Access::Read, PAGE, b"a"),
        section(Access::Read, PAGE + 0x100, b"b"),
        section(Access::Execute, 2 * PAGE, b"c"),
        section(Access::Read, 3 * PAGE, b"d"),
    ];
    let made = made(&sections);
    assert_eq!(
        made.iter().map(|segment| segment.access).collect::<Vec<_>>(),
        [Access::Read, Access::Execute, Access::Read]
    );
    assert_eq!((made[0].address, made[0].size, made[0].file_size), (PAGE, 0x101, 0x101));
}

#[test]
fn sections_far_apart_do_not_share_a_segment() {
    assert_eq!(made(&[section(Access::Read, PAGE, b"a"), section(Access::Read, 4 * PAGE, b"b")]).len(), 2);
}

#[test]
fn a_page_belongs_to_one_segment() {
    let sections = [section(Access::Read, PAGE, b"a"), section(Access::Write, PAGE + 8, b"b")];
    let error = segments(&sections, PageSize::new(PAGE).unwrap()).unwrap_err();
    assert!(error.to_string().ends_with("the segments at 0x1000 and 0x1008 share a page"), "{error}");
}

#[test]
fn zeroes_at_the_end_are_not_from_the_file() {
    let mut data = vec![0; 3 * PAGE as usize];
    data[10] = 1;
    let made = made(&[section(Access::Write, PAGE, &data)]);
    assert_eq!((made[0].size, made[0].file_size), (3 * PAGE, 11));
}

/// Holes of a few pages stay in the file; larger ones are worth a segment.
#[test]
fn a_hole_is_cut_out_where_it_is_large() {
    let with_hole = |pages: usize| {
        let mut data = vec![0; (pages + 2) * PAGE as usize];
        data[0] = 1;
        data[(pages + 1) * PAGE as usize] = 1;
        made(&[section(Access::Write, PAGE, &data)])
    };
    assert_eq!(with_hole(3).len(), 1);
    assert_eq!(with_hole(4).len(), 2);
    assert_eq!(with_hole(4)[1].address, 6 * PAGE);
}

#[test]
fn many_holes_make_few_segments() {
    let mut data = vec![0; 1000 * 5 * PAGE as usize];
    data.iter_mut().step_by(5 * PAGE as usize).for_each(|byte| *byte = 1);
    assert!(made(&[section(Access::Write, PAGE, &data)]).len() <= 64);
}
