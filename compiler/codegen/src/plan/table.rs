//! What each table holds when the program starts, and whether its length is known.
//!
//! The image holds the first elements of a table where that is about as much as the module says of them. A module can
//! say in a few bytes that ten million elements are the same, or that one of them is not null: start-up makes that.

use super::initial::{self, ConstValue};
use cranelift_entity::PrimaryMap;
use std::collections::BTreeSet;
use wasmc_abi::table::ELEMENT_SIZE;
use wasmc_frontend::Module;
use wasmc_frontend::index::{ElemIndex, FuncIndex, InstanceId, TableIndex};
use wasmc_frontend::module::{Element, ElementItems, SegmentMode};

/// Elements that the image holds in all tables together, besides eight for each that a segment names.
const SPARE_ELEMENTS: u64 = 64 << 10;

/// Elements that the image sets aside in all tables together: what is beyond is memory of the runtime's.
const MAX_ELEMENTS: u64 = 4 << 20;

/// Elements of a segment that start-up copies rather than stores one by one.
const COPIED: usize = 8;

/// One table.
#[derive(Clone, Debug, PartialEq)]
pub struct TablePlan {
    /// Whether its length never changes and its elements lie in the image.
    pub is_fixed: bool,
    /// Where its first elements come from.
    pub origin: Origin,
}

/// Where the first elements of a table come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// The image holds them: these, and null behind them.
    Image(Vec<Entry>),
    /// The image sets them aside as null; instantiation writes initial value and segments.
    Written,
    /// The runtime makes them, with the initial value; instantiation writes segments.
    Made,
}

/// An element that the image holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Entry {
    /// A value, as the instance that defines the table knows it.
    Value(ConstValue),
    /// A reference to a function of another instance.
    Function(InstanceId, FuncIndex),
}

/// All tables of an instance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TablePlans {
    /// Each of them.
    pub tables: PrimaryMap<TableIndex, TablePlan>,
    /// Segments that instantiation copies from the image.
    pub copied: BTreeSet<ElemIndex>,
    /// Segments that instructions copy, and some of whose elements instantiation has to find out.
    pub evaluated: BTreeSet<ElemIndex>,
    /// Whether an active element segment does not fit in a table that the image holds, so that instantiation traps.
    pub out_of_bounds: bool,
}

impl TablePlans {
    /// Plans the tables of `module`, of which those in `used` are reached, as are segments that `instructions` copy;
    /// the length of tables for which `may_grow` holds true can change. With `threads`, each makes those that can
    /// change for itself. `segments` are the active ones, where they are known.
    pub(super) fn new(
        module: &Module<'_>,
        segments: Option<Segments>,
        (used, instructions): (&BTreeSet<TableIndex>, &BTreeSet<ElemIndex>),
        threads: bool,
        may_grow: impl Fn(TableIndex) -> bool,
    ) -> Self {
        let mut sizes = Sizes { spare: SPARE_ELEMENTS, set_aside: MAX_ELEMENTS };
        let mut plans =
            Self { out_of_bounds: segments.as_ref().is_some_and(|all| all.out_of_bounds), ..Self::default() };
        for (index, table) in &module.tables {
            let len = table.ty.initial;
            let image = match &segments {
                _ if !used.contains(&index) => Some(Vec::new()),
                // Whoever defines it holds it.
                Some(_) if table.import.is_some() => Some(Vec::new()),
                Some(all) => all.image(module, index, &mut sizes),
                None => None,
            };
            let origin = match image {
                Some(contents) => Origin::Image(contents),
                None if table.import.is_some() || !threads && sizes.set_aside(len) => Origin::Written,
                None => Origin::Made,
            };
            let is_fixed = match origin {
                Origin::Image(_) => !may_grow(index),
                Origin::Written => !threads && !may_grow(index),
                Origin::Made => false,
            };
            plans.tables.push(TablePlan { is_fixed, origin });
        }
        let is_passive = |index: &ElemIndex| matches!(module.elements[*index].mode, SegmentMode::Passive);
        plans.evaluated =
            instructions.iter().copied().filter(|index| is_passive(index) && !is_known(module, *index)).collect();
        let copied = module.elements.iter().filter(|(_, element)| plans.writes(element) && is_copied(module, element));
        plans.copied = copied.map(|(index, _)| index).collect();
        plans
    }

    /// Whether instantiation writes a segment to its table.
    pub(crate) fn writes(&self, element: &Element) -> bool {
        match element.mode {
            SegmentMode::Active(table, _) => !matches!(self.tables[table].origin, Origin::Image(_)),
            SegmentMode::Passive | SegmentMode::Declared => false,
        }
    }
}

/// Whether all elements of a segment are known.
fn is_known(module: &Module<'_>, segment: ElemIndex) -> bool {
    match &module.elements[segment].items {
        ElementItems::Functions(_) => true,
        ElementItems::Expressions(items) => items.iter().all(|item| initial::evaluate(module, item).is_some()),
    }
}

/// Whether a segment is long, and all of it known.
fn is_copied(module: &Module<'_>, element: &Element) -> bool {
    let items = || element.items.expressions();
    element.items.len() >= COPIED && items().iter().all(|item| initial::evaluate(module, item).is_some())
}

/// How many elements the image may hold, and set aside, still.
struct Sizes {
    spare: u64,
    set_aside: u64,
}

impl Sizes {
    /// Whether the image holds `laid_out` elements of which segments name `named`.
    fn holds(&mut self, laid_out: u64, named: u64) -> bool {
        take(&mut self.spare, laid_out.saturating_sub(8 * named))
    }

    /// Whether the image sets aside `len` elements.
    fn set_aside(&mut self, len: u64) -> bool {
        take(&mut self.set_aside, len)
    }
}

fn take(rest: &mut u64, amount: u64) -> bool {
    let left = rest.checked_sub(amount);
    *rest = left.unwrap_or(*rest);
    left.is_some()
}

/// Whether all tables of a module are so short together that the image holds them, whatever is in them.
pub(super) fn image_holds_all(module: &Module<'_>) -> bool {
    let lens = module.tables.values().map(|table| table.ty.initial);
    lens.fold(0, u64::saturating_add) <= SPARE_ELEMENTS
}

/// What is copied to tables when instances are made, by table.
#[derive(Clone, Debug)]
pub(super) struct Segments {
    /// What is copied to each, in order.
    pub of: PrimaryMap<TableIndex, Vec<Segment>>,
    /// Whether the next one does not fit in its table.
    pub out_of_bounds: bool,
}

/// What is copied to a table.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    /// Where it begins there.
    pub offset: u64,
    /// How many elements it has.
    pub len: u64,
    /// What they are; `None` where not all are known.
    pub entries: Option<Vec<Entry>>,
}

impl Segment {
    /// An active segment of a module.
    pub fn new(module: &Module<'_>, offset: u64, element: &Element) -> Self {
        let items = element.items.expressions();
        let entries = items.iter().map(|item| initial::evaluate(module, item).map(Entry::Value)).collect();
        Self { offset, len: items.len() as u64, entries }
    }
}

impl Segments {
    /// The active segments of a module; `None` where they depend on imports.
    pub fn of(module: &Module<'_>) -> Option<Self> {
        let of = module.tables.keys().map(|_| Vec::new()).collect();
        let mut segments = Self { of, out_of_bounds: false };
        for element in module.elements.values() {
            let SegmentMode::Active(table, offset) = &element.mode else { continue };
            let into = &module.tables[*table];
            if into.import.is_some() {
                return None;
            }
            let offset = initial::evaluate(module, offset)?.as_offset()?;
            let end = offset.checked_add(element.items.len() as u64);
            if end.is_none_or(|end| end > into.ty.initial) {
                segments.out_of_bounds = true;
                break;
            }
            segments.of[*table].push(Segment::new(module, offset, element));
        }
        Some(segments)
    }

    /// The first elements of a table that the image holds; `None` where it does not, or where they depend on imports.
    fn image(&self, module: &Module<'_>, table: TableIndex, sizes: &mut Sizes) -> Option<Vec<Entry>> {
        let init = match &module.tables[table].init {
            Some(init) => initial::evaluate(module, init)?,
            None => ConstValue::Null,
        };
        let segments = &self.of[table];
        let all = module.tables[table].ty.initial;
        let end = segments.iter().map(|segment| segment.offset + segment.len).max().unwrap_or(0);
        let laid_out = if init == ConstValue::Null { end } else { all };
        let named: u64 = segments.iter().map(|segment| segment.len).sum();
        if !sizes.holds(laid_out, named) || !sizes.set_aside(all) {
            return None;
        }
        let mut values = vec![Entry::Value(init); laid_out as usize];
        for segment in segments {
            let start = segment.offset as usize;
            let entries = segment.entries.as_ref()?;
            values[start..start + entries.len()].copy_from_slice(entries);
        }
        Some(values)
    }
}

// The image's tables stay far below what addresses relative to code reach, 2 GiB.
const _: () = assert!(MAX_ELEMENTS * ELEMENT_SIZE as u64 <= 1 << 30);

#[cfg(test)]
mod tests {
    use super::*;

    fn plans(text: &str, threads: bool) -> TablePlans {
        let binary = wasmc_frontend::to_binary(text.as_bytes()).unwrap();
        let module = wasmc_frontend::read(&binary, Default::default()).unwrap().validate().unwrap();
        let segments = Segments::of(&module);
        TablePlans::new(&module, segments, (&module.tables.keys().collect(), &BTreeSet::new()), threads, |_| false)
    }

    fn origins(fields: &str, threads: bool) -> Vec<Origin> {
        let plans = plans(&format!("(module (func $f) {fields})"), threads);
        plans.tables.values().map(|table| table.origin.clone()).collect()
    }

    #[test]
    fn the_image_holds_what_is_small_or_said_element_by_element() {
        let null = Origin::Image(Vec::new());
        assert_eq!(origins("(table 3000000 funcref)", false), [null]);
        let Origin::Image(few) = &origins("(table 10 funcref (ref.func $f)) (elem (i32.const 3) func $f)", false)[0]
        else {
            panic!("ten elements are few")
        };
        assert_eq!(few.len(), 10);
        let names = "$f ".repeat(20_000);
        let named = origins(&format!("(table 200000 funcref) (elem (i32.const 100000) func {names})"), false);
        assert!(matches!(&named[0], Origin::Image(elements) if elements.len() == 120_000));
    }

    #[test]
    fn start_up_makes_what_is_mostly_the_same() {
        assert_eq!(origins("(table 100000 funcref (ref.func $f))", false), [Origin::Written]);
        assert_eq!(origins("(table 100000 funcref) (elem (i32.const 99999) func $f)", false), [Origin::Written]);
        assert_eq!(origins("(table 10000000 funcref (ref.func $f))", false), [Origin::Made]);
        assert_eq!(origins("(table 10000000 funcref)", false), [Origin::Made]);
        // Each thread makes its own.
        assert_eq!(origins("(table 100000 funcref (ref.func $f))", true), [Origin::Made]);
    }

    #[test]
    fn all_tables_together_are_limited() {
        let tables = "(table 60000 funcref (ref.func $f))".repeat(3);
        let origins = origins(&tables, false);
        assert!(matches!(origins[0], Origin::Image(_)));
        assert_eq!(origins[1..], [Origin::Written, Origin::Written]);
    }

    #[test]
    fn long_segments_are_copied() {
        let text = "(module (func $f) (table 100000 funcref (ref.func $f))
            (elem (i32.const 7) func $f $f $f $f $f $f $f $f) (elem (i32.const 7) func $f $f))";
        assert_eq!(plans(text, false).copied, BTreeSet::from([ElemIndex::from_u32(0)]));
        let text = "(module (func $f) (table 2 funcref) (elem (i32.const 1) func $f $f))";
        assert!(plans(text, false).out_of_bounds);
    }
}
