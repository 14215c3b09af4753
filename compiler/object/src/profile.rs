//! Where a program counts for a profile: see [`wasmc_abi::profile`].

use crate::writer::Writer;
use object::SectionKind;
use object::write::StandardSection;
use wasmc_codegen::Symbol;

/// Section whose pages the file takes the place of.
const SECTION: &str = ".bss.wasmc_profile";

/// Writes what the file begins with, and sets aside the pages that it is mapped at.
pub(crate) fn write(writer: &mut Writer<'_>) {
    let plan = writer.plan;
    let (Some(counting), Some(path)) = (&plan.profile.counting, &plan.options.profile_to) else { return };
    let head = [&counting.head[..], path.as_bytes(), &[0]].concat();
    writer.define(Symbol::ProfileHead, StandardSection::ReadOnlyData, &head, 8);
    let id = writer.symbol(Symbol::Profile);
    let section = writer.object.add_section(Vec::new(), SECTION.into(), SectionKind::UninitializedData);
    // Nothing else lies in its pages, whatever their size is.
    let page_size = plan.target.page_size;
    writer.object.add_symbol_bss(id, section, counting.len.next_multiple_of(page_size), page_size);
}
