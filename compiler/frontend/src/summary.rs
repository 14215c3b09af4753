//! What later phases decide by of a function body: made while the body is validated, so that it is decoded once for
//! both.

use crate::index::{DataIndex, ElemIndex, FuncIndex, GlobalIndex, MemoryIndex, TableIndex, TagIndex, TypeIndex};
use std::collections::BTreeSet;
use wasmparser::{Catch, MemArg, MemArgTarget, Operator};

/// What a function body, or several, consist of.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Number of operators.
    pub operators: u64,
    /// Number of loops.
    pub loops: u32,
    /// Functions called by name.
    pub callees: BTreeSet<FuncIndex>,
    /// Whether functions are called through references.
    pub calls_references: bool,
    /// Functions whose reference is taken.
    pub referenced_functions: BTreeSet<FuncIndex>,
    /// Memories whose contents are read by instructions.
    pub read_memories: BTreeSet<MemoryIndex>,
    /// Memories whose contents are written by instructions.
    pub written_memories: BTreeSet<MemoryIndex>,
    /// Tables read, written or called through.
    pub tables: BTreeSet<TableIndex>,
    /// Tables that grow.
    pub growing_tables: BTreeSet<TableIndex>,
    /// Tables whose elements are written by instructions.
    pub written_tables: BTreeSet<TableIndex>,
    /// Globals read or written.
    pub globals: BTreeSet<GlobalIndex>,
    /// Globals written.
    pub written_globals: BTreeSet<GlobalIndex>,
    /// Element segments copied or dropped.
    pub elements: BTreeSet<ElemIndex>,
    /// Data segments copied or dropped.
    pub data: BTreeSet<DataIndex>,
    /// Tags of exceptions that are thrown or caught.
    pub tags: BTreeSet<TagIndex>,
    /// Whether exceptions are thrown, if only once more.
    pub throws: bool,
    /// Whether exceptions are caught as by the first version of their proposal (`try`).
    pub tries: bool,
    /// Functions among them that are called in place of the caller.
    pub tail_callees: BTreeSet<FuncIndex>,
    /// Whether a tail call is made.
    pub tail_calls: bool,
    /// Whether internal references become external ones.
    pub externalizes: bool,
    /// Whether objects are made.
    pub allocates: bool,
    /// Types of structures and arrays that are made.
    pub made: BTreeSet<TypeIndex>,
    /// Fields of structures that are written after these have been made, by type and position. Those of arrays, all of
    /// whose elements count as one, have the position 0.
    pub written_fields: BTreeSet<(TypeIndex, u32)>,
    /// Whether there is anything that can trap, if only for lack of stack.
    pub can_trap: bool,
}

impl Summary {
    /// Adds what another body consists of.
    pub fn merge(&mut self, other: &Self) {
        self.operators += other.operators;
        self.loops += other.loops;
        self.callees.extend(&other.callees);
        self.tail_callees.extend(&other.tail_callees);
        self.calls_references |= other.calls_references;
        self.referenced_functions.extend(&other.referenced_functions);
        self.read_memories.extend(&other.read_memories);
        self.written_memories.extend(&other.written_memories);
        self.tables.extend(&other.tables);
        self.growing_tables.extend(&other.growing_tables);
        self.written_tables.extend(&other.written_tables);
        self.globals.extend(&other.globals);
        self.written_globals.extend(&other.written_globals);
        self.elements.extend(&other.elements);
        self.data.extend(&other.data);
        self.tags.extend(&other.tags);
        self.throws |= other.throws;
        self.tries |= other.tries;
        self.tail_calls |= other.tail_calls;
        self.externalizes |= other.externalizes;
        self.allocates |= other.allocates;
        self.made.extend(&other.made);
        self.written_fields.extend(&other.written_fields);
        self.can_trap |= other.can_trap;
    }

    /// Adds an operator.
    pub fn add(&mut self, operator: &Operator<'_>) {
        self.operators += 1;
        self.can_trap |= !is_harmless(operator);
        if let Some((memory, access)) = memory_access(operator) {
            self.access(memory, access);
            return;
        }
        match *operator {
            Operator::Loop { .. } => self.loops += 1,
            Operator::Call { function_index } => {
                self.callees.insert(FuncIndex::from_u32(function_index));
            }
            Operator::ReturnCall { function_index } => {
                self.callees.insert(FuncIndex::from_u32(function_index));
                self.tail_callees.insert(FuncIndex::from_u32(function_index));
                self.tail_calls = true;
            }
            Operator::RefFunc { function_index } => {
                self.referenced_functions.insert(FuncIndex::from_u32(function_index));
            }
            Operator::CallIndirect { table_index, .. } => {
                self.calls_references = true;
                self.tables.insert(TableIndex::from_u32(table_index));
            }
            Operator::ReturnCallIndirect { table_index, .. } => {
                self.calls_references = true;
                self.tables.insert(TableIndex::from_u32(table_index));
                self.tail_calls = true;
            }
            Operator::CallRef { .. } => self.calls_references = true,
            Operator::ReturnCallRef { .. } => {
                self.calls_references = true;
                self.tail_calls = true;
            }
            Operator::GlobalGet { global_index } => {
                self.globals.insert(GlobalIndex::from_u32(global_index));
            }
            Operator::GlobalSet { global_index } => {
                self.globals.insert(GlobalIndex::from_u32(global_index));
                self.written_globals.insert(GlobalIndex::from_u32(global_index));
            }
            Operator::MemoryInit { data_index, mem } => {
                self.data.insert(DataIndex::from_u32(data_index));
                self.access(MemoryIndex::from_u32(mem), Access::Write);
            }
            Operator::DataDrop { data_index } => {
                self.data.insert(DataIndex::from_u32(data_index));
            }
            Operator::MemoryFill { mem } => self.access(MemoryIndex::from_u32(mem), Access::Write),
            Operator::MemoryCopy { dst_mem, src_mem } => {
                self.access(MemoryIndex::from_u32(dst_mem), Access::Write);
                self.access(MemoryIndex::from_u32(src_mem), Access::Read);
            }
            Operator::Throw { .. }
            | Operator::ThrowRef
            | Operator::TryTable { .. }
            | Operator::Try { .. }
            | Operator::Catch { .. }
            | Operator::Rethrow { .. } => self.add_exception(operator),
            _ => self.add_table(operator),
        }
    }

    fn add_exception(&mut self, operator: &Operator<'_>) {
        match operator {
            Operator::Throw { tag_index } => {
                self.tags.insert(TagIndex::from_u32(*tag_index));
                self.throws = true;
            }
            Operator::ThrowRef | Operator::Rethrow { .. } => self.throws = true,
            Operator::TryTable { try_table } => self.tags.extend(try_table.catches.iter().filter_map(caught)),
            Operator::Try { .. } => self.tries = true,
            Operator::Catch { tag_index } => {
                self.tags.insert(TagIndex::from_u32(*tag_index));
            }
            _ => {}
        }
    }

    fn add_table(&mut self, operator: &Operator<'_>) {
        match *operator {
            Operator::TableGet { table } | Operator::TableSize { table } => {
                self.tables.insert(TableIndex::from_u32(table));
            }
            Operator::TableSet { table } | Operator::TableFill { table } => self.write_table(table),
            Operator::TableGrow { table } => {
                self.write_table(table);
                self.growing_tables.insert(TableIndex::from_u32(table));
            }
            Operator::TableCopy { dst_table, src_table } => {
                self.write_table(dst_table);
                self.tables.insert(TableIndex::from_u32(src_table));
            }
            Operator::TableInit { elem_index, table } => {
                self.write_table(table);
                self.elements.insert(ElemIndex::from_u32(elem_index));
            }
            Operator::ElemDrop { elem_index } => {
                self.elements.insert(ElemIndex::from_u32(elem_index));
            }
            _ => self.add_object(operator),
        }
    }

    fn add_object(&mut self, operator: &Operator<'_>) {
        match *operator {
            Operator::StructNew { struct_type_index: made }
            | Operator::StructNewDefault { struct_type_index: made }
            | Operator::ArrayNew { array_type_index: made }
            | Operator::ArrayNewDefault { array_type_index: made }
            | Operator::ArrayNewFixed { array_type_index: made, .. } => self.make(made),
            Operator::AnyConvertExtern => self.allocates = true,
            Operator::ExternConvertAny => self.externalizes = true,
            Operator::ArrayNewData { array_type_index, array_data_index } => {
                self.make(array_type_index);
                self.data.insert(DataIndex::from_u32(array_data_index));
            }
            Operator::ArrayNewElem { array_type_index, array_elem_index } => {
                self.make(array_type_index);
                self.elements.insert(ElemIndex::from_u32(array_elem_index));
            }
            Operator::StructSet { struct_type_index, field_index } => self.write_field(struct_type_index, field_index),
            Operator::ArraySet { array_type_index: written }
            | Operator::ArrayFill { array_type_index: written }
            | Operator::ArrayCopy { array_type_index_dst: written, .. } => self.write_field(written, 0),
            Operator::ArrayInitData { array_type_index, array_data_index } => {
                self.write_field(array_type_index, 0);
                self.data.insert(DataIndex::from_u32(array_data_index));
            }
            Operator::ArrayInitElem { array_type_index, array_elem_index } => {
                self.write_field(array_type_index, 0);
                self.elements.insert(ElemIndex::from_u32(array_elem_index));
            }
            _ => {}
        }
    }

    fn make(&mut self, object: u32) {
        self.allocates = true;
        self.made.insert(TypeIndex::from_u32(object));
    }

    fn write_field(&mut self, object: u32, field: u32) {
        self.written_fields.insert((TypeIndex::from_u32(object), field));
    }

    fn write_table(&mut self, table: u32) {
        self.tables.insert(TableIndex::from_u32(table));
        self.written_tables.insert(TableIndex::from_u32(table));
    }

    fn access(&mut self, memory: MemoryIndex, access: Access) {
        if access != Access::Write {
            self.read_memories.insert(memory);
        }
        if access != Access::Read {
            self.written_memories.insert(memory);
        }
    }
}

/// The tag that a clause of `try_table` catches; `None` where it catches all.
pub fn caught(clause: &Catch) -> Option<TagIndex> {
    match *clause {
        Catch::One { tag, .. } | Catch::OneRef { tag, .. } => Some(TagIndex::from_u32(tag)),
        Catch::All { .. } | Catch::AllRef { .. } => None,
    }
}

/// What an operator does to a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Read,
    Write,
    Both,
}

impl Access {
    /// What the operator of this name does: the specification's names say it.
    const fn of_operator(name: &str) -> Self {
        if contains(name, "Rmw") {
            Self::Both
        } else if contains(name, "Store") {
            Self::Write
        } else {
            Self::Read
        }
    }
}

/// Whether `text` contains `part`; `str::contains` is not yet const.
const fn contains(text: &str, part: &str) -> bool {
    let (text, part) = (text.as_bytes(), part.as_bytes());
    let mut start = 0;
    while start + part.len() <= text.len() {
        let mut len = 0;
        while len < part.len() && text[start + len] == part[len] {
            len += 1;
        }
        if len == part.len() {
            return true;
        }
        start += 1;
    }
    false
}

macro_rules! define_memory_access {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        /// The memory that an operator accesses through its immediate `memarg`, and how.
        fn memory_access(operator: &Operator<'_>) -> Option<(MemoryIndex, Access)> {
            let of = |memarg: &MemArg, access: Access| match memarg.target {
                MemArgTarget::Memory(memory) => Some((MemoryIndex::from_u32(memory), access)),
                MemArgTarget::Array(_) => None,
            };
            match operator {
                $(Operator::$op $({ $($arg),* })? => define_memory_access!(one of $op [$($($arg)*)?] $($($arg)*)?),)*
                _ => None,
            }
        }
    };
    // Twice the same fields: once to use, once to tell whether the first is called `memarg`.
    (one $of:ident $op:ident [$memarg:ident $($lane:ident)?] memarg $($same:ident)?) => {{
        $(let _ = $lane;)?
        $of($memarg, const { Access::of_operator(stringify!($op)) })
    }};
    (one $of:ident $op:ident [$($field:ident)*] $($same:ident)*) => {{
        $(let _ = $field;)*
        None
    }};
}
wasmparser::for_each_operator!(define_memory_access);

/// Operators that never trap and call nothing. Those of programs so small that it matters are enough.
fn is_harmless(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::Nop
            | Operator::End
            | Operator::Return
            | Operator::Drop
            | Operator::I32Const { .. }
            | Operator::I64Const { .. }
            | Operator::LocalGet { .. }
            | Operator::LocalSet { .. }
            | Operator::GlobalGet { .. }
            | Operator::GlobalSet { .. }
    )
}
