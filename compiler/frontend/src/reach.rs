//! What a function body refers to, so that only what can be reached is compiled.

use crate::Error;
use std::collections::BTreeSet;
use wasmparser::{FunctionBody, Operator};

/// Indices that a function body, or several, mention.
#[derive(Clone, Debug, Default)]
pub struct References {
    /// Functions called or referenced.
    pub functions: BTreeSet<u32>,
    /// Functions whose reference is taken.
    pub referenced_functions: BTreeSet<u32>,
    /// Tables read, written or called through.
    pub tables: BTreeSet<u32>,
    /// Tables that grow.
    pub growing_tables: BTreeSet<u32>,
    /// Tables whose elements are written by instructions.
    pub written_tables: BTreeSet<u32>,
    /// Globals read or written.
    pub globals: BTreeSet<u32>,
    /// Element segments copied.
    pub elements: BTreeSet<u32>,
    /// Data segments copied.
    pub data: BTreeSet<u32>,
    /// Whether a tail call is made.
    pub tail_calls: bool,
    /// Whether there is anything that can trap, if only for lack of stack.
    pub can_trap: bool,
}

impl References {
    /// Adds what `other` mentions.
    pub fn merge(&mut self, other: Self) {
        self.functions.extend(other.functions);
        self.referenced_functions.extend(other.referenced_functions);
        self.tables.extend(other.tables);
        self.growing_tables.extend(other.growing_tables);
        self.written_tables.extend(other.written_tables);
        self.globals.extend(other.globals);
        self.elements.extend(other.elements);
        self.data.extend(other.data);
        self.tail_calls |= other.tail_calls;
        self.can_trap |= other.can_trap;
    }
}

/// Adds what `body` refers to.
///
/// # Errors
/// Where the body is malformed, which validation rules out.
pub fn references(body: &FunctionBody<'_>, into: &mut References) -> Result<(), Error> {
    let mut reader = body.get_operators_reader()?;
    while !reader.eof() {
        let next = reader.read()?;
        into.can_trap |= !is_harmless(&next);
        operator(&next, into);
    }
    Ok(())
}

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

fn operator(operator: &Operator<'_>, into: &mut References) {
    match *operator {
        Operator::Call { function_index } => {
            into.functions.insert(function_index);
        }
        Operator::RefFunc { function_index } => {
            into.functions.insert(function_index);
            into.referenced_functions.insert(function_index);
        }
        Operator::ReturnCall { function_index } => {
            into.functions.insert(function_index);
            into.tail_calls = true;
        }
        Operator::CallIndirect { table_index, .. } => {
            into.tables.insert(table_index);
        }
        Operator::ReturnCallIndirect { table_index, .. } => {
            into.tables.insert(table_index);
            into.tail_calls = true;
        }
        Operator::ReturnCallRef { .. } => into.tail_calls = true,
        Operator::TableGet { table } | Operator::TableSize { table } => {
            into.tables.insert(table);
        }
        Operator::TableSet { table } | Operator::TableFill { table } => {
            into.tables.insert(table);
            into.written_tables.insert(table);
        }
        Operator::TableGrow { table } => {
            into.tables.insert(table);
            into.written_tables.insert(table);
            into.growing_tables.insert(table);
        }
        Operator::TableCopy { dst_table, src_table } => {
            into.tables.extend([dst_table, src_table]);
            into.written_tables.insert(dst_table);
        }
        Operator::TableInit { elem_index, table } => {
            into.tables.insert(table);
            into.written_tables.insert(table);
            into.elements.insert(elem_index);
        }
        Operator::ElemDrop { elem_index } => {
            into.elements.insert(elem_index);
        }
        Operator::MemoryInit { data_index, .. } | Operator::DataDrop { data_index } => {
            into.data.insert(data_index);
        }
        Operator::GlobalGet { global_index } | Operator::GlobalSet { global_index } => {
            into.globals.insert(global_index);
        }
        _ => {}
    }
}
