//! What the indices of a module are in the module that it becomes a part of.

use std::collections::{BTreeSet, HashMap};
use wasm_encoder::Instruction;
use wasm_encoder::reencode::{Error as ReencodeError, Reencode, utils};
use wasmc_frontend::Error;
use wasmc_frontend::wasmparser::{ExternalKind, Operator};

/// Where what an instance has is in the merged module.
#[derive(Debug, Default)]
pub(crate) struct Spaces {
    /// Its functions.
    pub functions: Vec<u32>,
    /// Its tables.
    pub tables: Vec<u32>,
    /// Its memories.
    pub memories: Vec<u32>,
    /// Its globals.
    pub globals: Vec<u32>,
    /// Its tags.
    pub tags: Vec<u32>,
    /// What it exports, by its own indices.
    pub exports: HashMap<String, (ExternalKind, u32)>,
    first_type: u32,
    first_element: u32,
    first_data: u32,
}

impl Spaces {
    /// Those of an instance before which there are so many types and segments.
    pub fn new(first_type: u32, first_element: u32, first_data: u32) -> Self {
        Self { first_type, first_element, first_data, ..Self::default() }
    }

    /// Adds what is imported.
    pub fn push(&mut self, kind: ExternalKind, index: u32) {
        self.space(kind).push(index);
    }

    fn space(&mut self, kind: ExternalKind) -> &mut Vec<u32> {
        match kind {
            ExternalKind::Func | ExternalKind::FuncExact => &mut self.functions,
            ExternalKind::Table => &mut self.tables,
            ExternalKind::Memory => &mut self.memories,
            ExternalKind::Global => &mut self.globals,
            ExternalKind::Tag => &mut self.tags,
        }
    }

    /// What an item of the instance is.
    ///
    /// # Errors
    /// Where it has none of this index.
    pub fn get(&self, kind: ExternalKind, index: u32) -> Result<u32, Error> {
        let space = match kind {
            ExternalKind::Func | ExternalKind::FuncExact => &self.functions,
            ExternalKind::Table => &self.tables,
            ExternalKind::Memory => &self.memories,
            ExternalKind::Global => &self.globals,
            ExternalKind::Tag => &self.tags,
        };
        let found = space.get(index as usize).copied();
        found.ok_or_else(|| Error::new(format!("a core module has no {kind:?} of the index {index}")))
    }

    /// What a function of the instance is.
    ///
    /// # Errors
    /// Where it has none of this index.
    pub fn function(&self, index: u32) -> Result<u32, Error> {
        self.get(ExternalKind::Func, index)
    }

    /// What a type of the instance is.
    pub fn ty(&self, index: u32) -> u32 {
        self.first_type.saturating_add(index)
    }
}

/// Copies what a module has, with other indices.
pub(crate) struct Renumbered<'m> {
    /// Where what the instance has is.
    pub spaces: &'m mut Spaces,
    /// Functions that code makes references to.
    pub referred: &'m mut BTreeSet<u32>,
}

impl Renumbered<'_> {
    /// The same for a shorter time.
    pub fn reborrow(&mut self) -> Renumbered<'_> {
        Renumbered { spaces: self.spaces, referred: self.referred }
    }

    fn get(&self, kind: ExternalKind, index: u32) -> Result<u32, ReencodeError<Error>> {
        self.spaces.get(kind, index).map_err(ReencodeError::UserError)
    }
}

impl Reencode for Renumbered<'_> {
    type Error = Error;

    fn type_index(&mut self, index: u32) -> Result<u32, ReencodeError<Error>> {
        Ok(self.spaces.ty(index))
    }

    fn function_index(&mut self, index: u32) -> Result<u32, ReencodeError<Error>> {
        self.get(ExternalKind::Func, index)
    }

    fn table_index(&mut self, index: u32) -> Result<u32, ReencodeError<Error>> {
        self.get(ExternalKind::Table, index)
    }

    fn memory_index(&mut self, index: u32) -> Result<u32, ReencodeError<Error>> {
        self.get(ExternalKind::Memory, index)
    }

    fn global_index(&mut self, index: u32) -> Result<u32, ReencodeError<Error>> {
        self.get(ExternalKind::Global, index)
    }

    fn tag_index(&mut self, index: u32) -> Result<u32, ReencodeError<Error>> {
        self.get(ExternalKind::Tag, index)
    }

    fn element_index(&mut self, index: u32) -> Result<u32, ReencodeError<Error>> {
        Ok(self.spaces.first_element.saturating_add(index))
    }

    fn data_index(&mut self, index: u32) -> Result<u32, ReencodeError<Error>> {
        Ok(self.spaces.first_data.saturating_add(index))
    }

    fn instruction<'a>(&mut self, operator: Operator<'a>) -> Result<Instruction<'a>, ReencodeError<Error>> {
        if let Operator::RefFunc { function_index } = operator {
            let function = self.get(ExternalKind::Func, function_index)?;
            self.referred.insert(function);
        }
        utils::instruction(self, operator)
    }
}
