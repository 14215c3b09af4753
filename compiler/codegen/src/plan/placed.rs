//! Active segments of a component's instances that lie where they belong when the program starts.
//!
//! An instance copies its active segments to memories and tables when it is made (core specification 4.5.4): to its
//! own, or to those of an instance before it. As long as no code has run that could tell, the image holds them instead.

use super::initial::{self, ConstValue, Copy, MemoryImage};
use super::memory::initial_bytes;
use super::table::{self, Entry, Segment, Segments};
use cranelift_entity::PrimaryMap;
use std::collections::{BTreeSet, HashMap};
use wasmc_frontend::index::{ExternIndex, InstanceId, MemoryIndex, TableIndex};
use wasmc_frontend::module::SegmentMode;
use wasmc_frontend::program::{Binding, Item};
use wasmc_frontend::{Module, Program};

/// What the image holds of the memories and tables of an instance: in a component, of those of all instances; `None`
/// where that is not known now.
pub(super) fn contents<'a>(
    (instance, module): (InstanceId, &Module<'a>),
    placed: Option<&Placed<'a>>,
    page_size: impl Fn(MemoryIndex) -> Option<u64>,
) -> (Option<PrimaryMap<MemoryIndex, MemoryImage<'a>>>, Option<Segments>) {
    match placed {
        Some(placed) => (placed.images((instance, module), page_size), placed.tables(instance, module)),
        None => {
            let image = |index| MemoryImage::new(module, index, page_size(index));
            (module.memories.keys().map(image).collect(), Segments::of(module))
        }
    }
}

/// The segments of all instances.
#[derive(Debug)]
pub(super) struct Placed<'a> {
    data: Kind<Copy<'a>>,
    elements: Kind<Segment>,
}

/// Segments of one kind.
#[derive(Debug)]
struct Kind<S> {
    /// The instances whose segments the image holds.
    instances: BTreeSet<InstanceId>,
    /// What it holds of each memory or table, as the instance that defines it knows it, in the order of copying.
    segments: HashMap<Item, Vec<S>>,
}

impl<'a> Placed<'a> {
    /// Those of a component.
    pub fn new(program: &'a Program<'a>) -> Self {
        Self {
            data: Kind::new(program, |instance| data(program, instance)),
            elements: Kind::new(program, |instance| elements(program, instance)),
        }
    }

    /// What the image holds of the memories that an instance defines, which may be mapped in whole pages of so many
    /// bytes, or not at all; `None` where the instance itself copies its segments.
    pub fn images(
        &self,
        (instance, module): (InstanceId, &Module<'_>),
        page_size: impl Fn(MemoryIndex) -> Option<u64>,
    ) -> Option<PrimaryMap<MemoryIndex, MemoryImage<'a>>> {
        let image = |index: MemoryIndex| {
            let segments = self.data.segments.get(&Item { instance, index: ExternIndex::Memory(index) });
            let len = initial_bytes(&module.memories[index].ty);
            MemoryImage::of(segments.cloned().unwrap_or_default(), len, page_size(index))
        };
        self.data.instances.contains(&instance).then(|| module.memories.keys().map(image).collect())
    }

    /// What the image holds of the tables that an instance defines; `None` where the instance itself copies its
    /// segments.
    pub fn tables(&self, instance: InstanceId, module: &Module<'_>) -> Option<Segments> {
        let segments = |table: TableIndex| {
            let item = Item { instance, index: ExternIndex::Table(table) };
            self.elements.segments.get(&item).cloned().unwrap_or_default()
        };
        let of = || module.tables.keys().map(segments).collect();
        self.elements.instances.contains(&instance).then(|| Segments { of: of(), out_of_bounds: false })
    }
}

impl<S> Kind<S> {
    /// `of` says what an instance copies and where to; `None` where that is not known, or does not fit.
    fn new(program: &Program<'_>, of: impl Fn(InstanceId) -> Option<Vec<(Item, S)>>) -> Self {
        let mut kind = Self { instances: BTreeSet::new(), segments: HashMap::new() };
        // Instances whose memories and tables hold nothing at run time but what the image holds of them.
        let mut untouched = BTreeSet::new();
        for instance in program.instances() {
            untouched.insert(instance);
            let segments = of(instance);
            match segments.filter(|all| all.iter().all(|(item, _)| untouched.contains(&item.instance))) {
                Some(segments) => {
                    kind.instances.insert(instance);
                    segments.into_iter().for_each(|(item, segment)| {
                        kind.segments.entry(item).or_default().push(segment);
                    });
                }
                None => untouched.clear(),
            }
            if program.module_of(instance).start.is_some() {
                untouched.clear();
            }
        }
        kind
    }
}

/// What an instance copies to memories.
fn data<'a>(program: &'a Program<'a>, instance: InstanceId) -> Option<Vec<(Item, Copy<'a>)>> {
    let module = program.module_of(instance);
    let mut all = Vec::new();
    for data in module.data.values() {
        let SegmentMode::Active(memory, offset) = &data.mode else { continue };
        let offset = initial::evaluate(module, offset)?.as_offset()?;
        let item = item(program, instance, ExternIndex::Memory(*memory))?;
        let ExternIndex::Memory(memory) = item.index else { return None };
        let len = initial_bytes(&program.module_of(item.instance).memories[memory].ty);
        offset.checked_add(data.bytes.len() as u64).filter(|&end| end <= len)?;
        all.push((item, Copy { offset, bytes: data.bytes }));
    }
    Some(all)
}

/// What an instance copies to tables.
fn elements(program: &Program<'_>, instance: InstanceId) -> Option<Vec<(Item, Segment)>> {
    let module = program.module_of(instance);
    let mut all = Vec::new();
    for element in module.elements.values() {
        let SegmentMode::Active(table, offset) = &element.mode else { continue };
        let offset = initial::evaluate(module, offset)?.as_offset()?;
        let item = item(program, instance, ExternIndex::Table(*table))?;
        let ExternIndex::Table(table) = item.index else { return None };
        let definer = program.module_of(item.instance);
        let is_own = item.instance == instance;
        let fits = |&end: &u64| end <= definer.tables[table].ty.initial && (is_own || table::image_holds_all(definer));
        offset.checked_add(element.items.len() as u64).filter(fits)?;
        let mut segment = Segment::new(module, offset, element);
        if !is_own {
            let entries = segment.entries?.into_iter().map(|entry| foreign(program, instance, item.instance, entry));
            segment.entries = Some(entries.collect::<Option<_>>()?);
        }
        all.push((item, segment));
    }
    Some(all)
}

/// What something in an instance's index spaces is, where an instance defines it.
fn item(program: &Program<'_>, instance: InstanceId, index: ExternIndex) -> Option<Item> {
    match program.definition(instance, index) {
        Binding::Instance(item) => Some(item),
        _ => None,
    }
}

/// What an entry of an instance is in a table of another; `None` where it refers to what only the instance knows.
fn foreign(program: &Program<'_>, instance: InstanceId, definer: InstanceId, entry: Entry) -> Option<Entry> {
    let Entry::Value(ConstValue::Func(function)) = entry else { return Some(entry) };
    let Item { instance, index: ExternIndex::Func(function) } = item(program, instance, ExternIndex::Func(function))?
    else {
        return None;
    };
    Some(match instance == definer {
        true => Entry::Value(ConstValue::Func(function)),
        false => Entry::Function(instance, function),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmc_frontend::index::{FuncIndex, GlobalIndex, ModuleId};
    use wasmc_frontend::program::component::{Argument, Component, CoreInstance};

    const ENV: &str = r#"(memory (export "memory") 1) (table (export "table") 8 funcref)
        (global (export "base") i32 (i32.const 5))"#;
    const IMPORTS: &str = r#"(import "env" "memory" (memory 1)) (import "env" "table" (table 0 funcref))
        (import "env" "base" (global $base i32)) (func $f)"#;

    /// The program of [`ENV`], of instances with such fields that import all it has, and of one that starts.
    fn program(others: &[&str]) -> Program<'static> {
        let module = |fields: &str| {
            let text = format!("(module {fields})");
            let binary = wasmc_frontend::to_binary(text.as_bytes()).unwrap();
            wasmc_frontend::read(binary.into_owned().leak(), Default::default()).unwrap().validate().unwrap()
        };
        let env = InstanceId::from_u32(0);
        let all = [
            ExternIndex::Memory(MemoryIndex::FIRST),
            ExternIndex::Table(TableIndex::from_u32(0)),
            ExternIndex::Global(GlobalIndex::from_u32(0)),
        ];
        let all = all.map(|index| Argument::Item(Item { instance: env, index }));
        let others: Vec<String> = others.iter().map(|fields| format!("{IMPORTS} {fields}")).collect();
        let texts = [ENV].into_iter().chain(others.iter().map(String::as_str)).chain([r#"(func (export "_start"))"#]);
        let mut component = Component::default();
        let modules = texts.map(|text| {
            let imports = if text.starts_with(IMPORTS) { all.to_vec() } else { Vec::new() };
            let number = component.instances.len() as u32;
            let module_id = ModuleId::from_u32(number);
            component.instances.push(CoreInstance { name: format!("core{number}"), module: module_id, imports });
            module(text)
        });
        let modules = modules.collect();
        Program::component(modules, component).unwrap()
    }

    /// How many pieces of data and of elements the image holds of what [`ENV`] has, and which instances they are of.
    fn placed(others: &[&str]) -> (usize, usize, Vec<u32>) {
        let program = program(others);
        let placed = Placed::new(&program);
        let len = |count: Option<usize>| count.unwrap_or(0);
        let instances = program.instances().filter(|&instance| placed.has(instance));
        (
            len(placed.data.segments.values().map(Vec::len).next()),
            len(placed.elements.segments.values().map(Vec::len).next()),
            instances.map(|instance| instance.as_u32()).collect(),
        )
    }

    impl Placed<'_> {
        fn has(&self, instance: InstanceId) -> bool {
            self.data.instances.contains(&instance) && self.elements.instances.contains(&instance)
        }
    }

    const SEGMENTS: &str = r#"(data (global.get $base) "a") (elem (i32.add (global.get $base) (i32.const 1)) func $f)"#;

    #[test]
    fn the_image_holds_what_instances_copy_before_any_code_runs() {
        assert_eq!(placed(&[SEGMENTS, SEGMENTS]), (2, 2, vec![0, 1, 2, 3]));
        let starts = format!("{SEGMENTS} (start $f)");
        assert_eq!(placed(&[&starts, SEGMENTS]), (1, 1, vec![0, 1, 3]));
    }

    #[test]
    fn what_does_not_fit_and_what_comes_behind_it_is_copied() {
        assert_eq!(placed(&[r#"(data (i32.const 65535) "ab")"#, SEGMENTS]), (0, 1, vec![0, 3]));
        assert_eq!(placed(&["(elem (i32.const 7) func $f $f)", SEGMENTS]), (1, 0, vec![0, 3]));
    }

    #[test]
    fn references_are_those_of_the_instance_that_defines_the_function() {
        let program = program(&[SEGMENTS]);
        let of_env = Placed::new(&program).tables(InstanceId::from_u32(0), program.module_of(InstanceId::from_u32(0)));
        let segment = &of_env.unwrap().of[TableIndex::from_u32(0)][0];
        let function = Entry::Function(InstanceId::from_u32(1), FuncIndex::from_u32(0));
        assert_eq!((segment.offset, segment.entries.as_deref()), (6, Some(&[function][..])));
    }
}
