//! Jumps through tables: an index beyond the table is none less than the first, whose entry is that of the default. So
//! no register has to hold the number of the last.
//!
//! ```text
//! cmp w0, #n ; mov x1, #n ; csel x1, x0, x1, lo ; adr x2, 1f ; ldrsw x1, [x2, w1, uxtw #2] ... 1: 0, 1, ..., default
//! =>  cmp w0, #n ; csinv x1, x0, xzr, lo ; adr x2, 1f ; ldrsw x1, [x2, w1, sxtw #2] ... default, 1: 0, 1, ...
//! ```
//!
//! All ones, which `csinv` makes of zero, are -1 for a load that extends its index with the sign. Indices in the table
//! are positive: it has no more than 2^16 entries. What speculates reads inside the table as before.

use super::code::Code;
use super::words::ZERO;

pub(super) fn rotate(code: &mut Code<'_>) {
    for table in code.tables.clone() {
        let sequence = table.limit + 1..table.first;
        if sequence.clone().any(|number| code.items[number].is_reached) || table.end - table.first < 2 {
            continue;
        }
        let select = code.items[table.select].word;
        // csel rd, rn, rm, lo  =>  csinv rd, rn, xzr, lo
        let inverted = select & !(31 << 16) | 0x4000_0000 | ZERO << 16;
        let load = table.first - 3;
        let signed = code.items[load].word & !(7 << 13) | 6 << 13;
        if code.replace(table.select, inverted).and_then(|()| code.replace(load, signed)).is_some() {
            code.drop(table.limit);
            code.items[table.address].target = Some(table.first + 1);
            let entries = &mut code.items[table.first..table.end];
            entries.iter_mut().for_each(|entry| entry.base = Some(table.first + 1));
            // Only where entries lead changes places.
            let targets: Vec<_> = entries.iter().map(|entry| entry.target).collect();
            let rotated = targets.iter().cycle().skip(targets.len() - 1);
            entries.iter_mut().zip(rotated).for_each(|(entry, &target)| entry.target = target);
        }
    }
}
