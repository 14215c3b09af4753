//! Handles of resources: a table for each component instance that has any, calls that borrow, and functions that find
//! the table by its number.

use super::merge::{Entity, Merger};
use super::reencode::Spaces;
use crate::steps::unsupported;
use crate::translate::Translated;
use std::collections::HashMap;
use wasm_encoder::{BlockType, Function, Instruction, ValType};
use wasmc_frontend::Error;
use wasmc_frontend::wasmparser::ExternalKind;
use wasmtime_environ::component::{
    ResourceIndex, RuntimeComponentInstanceIndex, TypeResourceTable, TypeResourceTableIndex,
};

/// The functions for handles.
pub(super) struct Handles {
    tables: Vec<Option<Table>>,
    /// Begins a call that borrows.
    pub enter: u32,
    /// Ends it.
    pub exit: u32,
    /// `(table, representation) -> handle`.
    pub own: u32,
    /// `(table, representation) -> handle`, or the representation.
    pub borrow: u32,
    /// `(table, handle) -> representation`.
    pub take: u32,
    /// `(table, handle) -> representation`, without taking it.
    pub look: u32,
    /// `(handle, from, to) -> handle`.
    pub transfer_own: u32,
    /// `(handle, from, to) -> handle`, or the representation.
    pub transfer_borrow: u32,
}

/// A table of handles, as the component names it: a type of resources in a component instance.
#[derive(Clone, Copy)]
struct Table {
    resource: ResourceIndex,
    functions: Functions,
    is_definer: bool,
}

/// The functions of a component instance's handles.
#[derive(Clone, Copy)]
struct Functions {
    insert: u32,
    representation: u32,
    lend: u32,
    take: u32,
    drop: u32,
}

impl Table {
    /// What tells its handles from others of the instance.
    fn ty(&self) -> Instruction<'static> {
        Instruction::I32Const(self.resource.as_u32() as i32 + 1)
    }
}

impl Handles {
    /// Adds what the resources of a component need; nothing where it has none.
    pub fn new(merger: &mut Merger, trap: u32, translated: &Translated<'_>) -> Result<Option<Self>, Error> {
        let tables = (0..translated.resource_tables).map(TypeResourceTableIndex::from_u32);
        let tables: Vec<_> = tables.map(|table| &translated.types[table]).collect();
        if !tables.iter().any(|table| matches!(table, TypeResourceTable::Concrete { .. })) {
            return Ok(None);
        }
        let calls = instantiate(merger, include_str!("calls.wat"), &[func(trap)])?;
        let imports = [func(trap), export(&calls, "returned")?];
        let mut functions: HashMap<RuntimeComponentInstanceIndex, Functions> = HashMap::new();
        let mut found = Vec::new();
        for table in tables {
            let TypeResourceTable::Concrete { ty, instance } = *table else {
                found.push(None);
                continue;
            };
            let functions = match functions.get(&instance) {
                Some(&functions) => functions,
                None => *functions.entry(instance).or_insert(Functions::new(merger, &imports)?),
            };
            let component = &translated.component;
            let defined = component.defined_resource_index(ty);
            let definer = defined.map(|defined| component.defined_resource_instances[defined]);
            found.push(Some(Table { resource: ty, functions, is_definer: definer == Some(instance) }));
        }
        Self::of_tables(merger, trap, &calls, found).map(Some)
    }

    /// Adds what calls need where there are no resources.
    pub fn without_resources(merger: &mut Merger, trap: u32) -> Result<Self, Error> {
        let calls = instantiate(merger, include_str!("calls.wat"), &[func(trap)])?;
        Self::of_tables(merger, trap, &calls, Vec::new())
    }

    fn of_tables(merger: &mut Merger, trap: u32, calls: &Spaces, tables: Vec<Option<Table>>) -> Result<Self, Error> {
        let record = export(calls, "borrow")?.index;
        let loan = export(calls, "loan")?.index;
        let get = |local| Instruction::LocalGet(local);
        let own = dispatcher(merger, "[own]", &tables, 2, |table| {
            vec![table.ty(), get(1), Instruction::I32Const(0), Instruction::Call(table.functions.insert)]
        });
        let borrow = dispatcher(merger, "[borrow]", &tables, 2, |table| match table.is_definer {
            true => vec![get(1)],
            false => {
                vec![table.ty(), get(1), Instruction::Call(record), Instruction::Call(table.functions.insert)]
            }
        });
        let take = dispatcher(merger, "[take]", &tables, 2, |table| {
            vec![table.ty(), get(1), Instruction::Call(table.functions.take)]
        });
        let look = dispatcher(merger, "[representation]", &tables, 2, |table| {
            vec![table.ty(), get(1), Instruction::Call(table.functions.representation)]
        });
        let lend = dispatcher(merger, "[lend]", &tables, 3, |table| {
            vec![table.ty(), get(1), get(2), Instruction::Call(table.functions.lend)]
        });
        let imports =
            [func(trap), func(lend), export(calls, "records")?, export(calls, "top")?, export(calls, "current")?];
        let loans = instantiate(merger, include_str!("loans.wat"), &imports)?;
        let three = ([ValType::I32; 3], [ValType::I32]);
        let mut body = Function::new([]);
        body.instructions().local_get(2).local_get(1).local_get(0).call(take).call(own).end();
        let transfer_own = merger.function("[transfer own]".into(), (&three.0, &three.1), &body);
        let mut body = Function::new([]);
        let mut code = body.instructions();
        code.local_get(1).local_get(0).i32_const(1).call(lend).if_(BlockType::Empty);
        code.local_get(1).local_get(0).call(loan).end();
        code.local_get(2).local_get(1).local_get(0).call(look).call(borrow).end();
        let transfer_borrow = merger.function("[transfer borrow]".into(), (&three.0, &three.1), &body);
        Ok(Self {
            tables,
            enter: export(calls, "enter")?.index,
            exit: export(&loans, "exit")?.index,
            own,
            borrow,
            take,
            look,
            transfer_own,
            transfer_borrow,
        })
    }

    fn table(&self, table: TypeResourceTableIndex) -> Result<&Table, Error> {
        let found = self.tables.get(table.as_u32() as usize).and_then(Option::as_ref);
        found.ok_or_else(|| unsupported("a resource type that is nowhere defined"))
    }

    /// The type of resources of a table.
    pub fn resource(&self, table: TypeResourceTableIndex) -> Result<ResourceIndex, Error> {
        Ok(self.table(table)?.resource)
    }

    /// Whether the component instance of a table defines its resources.
    pub fn is_definer(&self, table: TypeResourceTableIndex) -> Result<bool, Error> {
        Ok(self.table(table)?.is_definer)
    }

    /// What makes a handle of the representation that is its parameter.
    pub fn insert(&self, table: TypeResourceTableIndex) -> Result<Vec<Instruction<'static>>, Error> {
        let table = self.table(table)?;
        let call = Instruction::Call(table.functions.insert);
        Ok(vec![table.ty(), Instruction::LocalGet(0), Instruction::I32Const(0), call])
    }

    /// What finds the representation of the handle that is its parameter.
    pub fn representation(&self, table: TypeResourceTableIndex) -> Result<Vec<Instruction<'static>>, Error> {
        let table = self.table(table)?;
        let call = Instruction::Call(table.functions.representation);
        Ok(vec![table.ty(), Instruction::LocalGet(0), call])
    }

    /// What drops the handle that is its parameter, in a function with one more local, of type `i64`.
    pub fn drop(
        &self,
        table: TypeResourceTableIndex,
        destructor: Option<u32>,
    ) -> Result<Vec<Instruction<'static>>, Error> {
        let table = self.table(table)?;
        let call = Instruction::Call(table.functions.drop);
        let mut code = vec![table.ty(), Instruction::LocalGet(0), call];
        code.extend([Instruction::LocalTee(1), Instruction::I64Const(-1), Instruction::I64Ne]);
        code.push(Instruction::If(BlockType::Empty));
        if let Some(destructor) = destructor {
            code.extend([Instruction::LocalGet(1), Instruction::I32WrapI64, Instruction::Call(destructor)]);
        }
        code.push(Instruction::End);
        Ok(code)
    }
}

impl Functions {
    fn new(merger: &mut Merger, imports: &[Entity]) -> Result<Self, Error> {
        let spaces = instantiate(merger, include_str!("handles.wat"), imports)?;
        let function = |name| export(&spaces, name).map(|entity| entity.index);
        Ok(Self {
            insert: function("insert")?,
            representation: function("representation")?,
            lend: function("lend")?,
            take: function("take")?,
            drop: function("drop")?,
        })
    }
}

/// A function that takes the number of a table and `params - 1` more numbers, and does what `code` says of that table.
fn dispatcher(
    merger: &mut Merger,
    name: &str,
    tables: &[Option<Table>],
    params: usize,
    code: impl Fn(&Table) -> Vec<Instruction<'static>>,
) -> u32 {
    let mut body = Function::new([]);
    for _ in 0..=tables.len() {
        body.instruction(&Instruction::Block(BlockType::Empty));
    }
    let targets: Vec<u32> = (0..tables.len() as u32).collect();
    body.instruction(&Instruction::LocalGet(0));
    body.instruction(&Instruction::BrTable(targets.into(), tables.len() as u32));
    body.instruction(&Instruction::End);
    for table in tables {
        match table {
            Some(table) => code(table).iter().for_each(|instruction| {
                body.instruction(instruction);
            }),
            None => {
                body.instruction(&Instruction::Unreachable);
            }
        }
        body.instruction(&Instruction::Return).instruction(&Instruction::End);
    }
    body.instruction(&Instruction::Unreachable).instruction(&Instruction::End);
    merger.function(name.into(), (&vec![ValType::I32; params], &[ValType::I32]), &body)
}

/// Adds an instance of a module of our own.
pub(super) fn instantiate(merger: &mut Merger, text: &str, imports: &[Entity]) -> Result<Spaces, Error> {
    let binary = wasmc_frontend::to_binary(text.as_bytes())?;
    merger.instantiate(&binary, imports)
}

/// A function.
pub(super) fn func(index: u32) -> Entity {
    Entity { kind: ExternalKind::Func, index }
}

/// What an instance of a module of our own exports.
pub(super) fn export(spaces: &Spaces, name: &str) -> Result<Entity, Error> {
    let &(kind, index) = spaces.exports.get(name).ok_or_else(|| Error::new(format!("nothing exports `{name}`")))?;
    Ok(Entity { kind, index: spaces.get(kind, index)? })
}
