//! The compiler's tables: see [`wasmc_abi::exception`].

use core::slice;
use wasmc_abi::exception::{ANY_TAG, Handler, HandlerSite, Save, Saves, TagEntry, UnwindEntry, UnwindTables};
use wasmc_abi::table::Table;

/// The tables of all modules of the program.
pub struct Tables<'a> {
    modules: &'a [*const UnwindTables],
}

/// A function that exceptions pass through.
pub struct Function<'a> {
    tables: &'a UnwindTables,
    entry: &'a UnwindEntry,
    next: &'a UnwindEntry,
}

/// A tag.
pub struct Tag<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// The types of what its exceptions carry, each with a space before it.
    pub types: &'a [u8],
}

impl<'a> Tables<'a> {
    /// The tables of all modules.
    ///
    /// # Safety
    /// `modules` must point to `len` pointers to tables that are valid as [`UnwindTables`] says, for the lifetime.
    pub unsafe fn new(modules: *const *const UnwindTables, len: usize) -> Self {
        // SAFETY: the caller promises an array of `len` pointers.
        Self { modules: unsafe { slice::from_raw_parts(modules, len) } }
    }

    fn modules(&self) -> impl Iterator<Item = &'a UnwindTables> {
        // SAFETY: the caller of `new` promised that the tables are valid.
        self.modules.iter().map(|&tables| unsafe { &*tables })
    }

    /// The function that contains an address, if exceptions pass through it.
    pub fn function(&self, address: usize) -> Option<Function<'a>> {
        let tables =
            self.modules().find(|tables| address.wrapping_sub(tables.text.addr()) < tables.text_len as usize)?;
        let offset = (address - tables.text.addr()) as u32;
        // SAFETY: the array has an entry for each function and one for the end.
        let entries = unsafe { slice::from_raw_parts(tables.functions, tables.functions_len as usize + 1) };
        let next = entries.partition_point(|entry| entry.code <= offset);
        let (entry, next) = (entries.get(next.checked_sub(1)?)?, entries.get(next)?);
        (offset < entry.end).then_some(Function { tables, entry, next })
    }

    /// The tag with a number.
    pub fn tag(&self, number: u32) -> Option<Tag<'a>> {
        self.modules().find_map(|tables| {
            let tags: &[TagEntry] = array(tables.tags, 0, tables.tags_len as u32);
            let tag = tags.iter().find(|tag| tag.tag == number)?;
            let end = tag.name + tag.name_len;
            Some(Tag { name: array(tables.names, tag.name, end), types: array(tables.names, end, end + tag.types_len) })
        })
    }

    /// The globals that hold references to exceptions.
    pub fn globals(&self) -> impl Iterator<Item = *const u64> {
        let lists = self.modules().map(|tables| array(tables.globals, 0, tables.globals_len as u32));
        lists.flat_map(|list: &[*const u64]| list.iter().copied())
    }

    /// The tables that hold references to exceptions.
    pub fn tables(&self) -> impl Iterator<Item = *const Table> {
        let lists = self.modules().map(|tables| array(tables.tables, 0, tables.tables_len as u32));
        lists.flat_map(|list: &[*const Table]| list.iter().copied())
    }

    /// Whether these are all that outlive a call.
    pub fn are_complete(&self) -> bool {
        self.modules().all(|tables| tables.is_complete != 0)
    }
}

impl<'a> Function<'a> {
    /// The handler of exceptions with a tag at the call that returns to an address: bytes of the frame at the call, and
    /// the handler's address.
    pub fn handler(&self, returns: usize, tag: u32) -> Option<(usize, usize)> {
        let text = self.tables.text.addr();
        let returns = (returns - text) as u32;
        // One more: the site that ends the last one's handlers.
        let sites: &[HandlerSite] = array(self.tables.sites, self.entry.sites, self.next.sites + 1);
        let index = sites.partition_point(|site| site.returns < returns);
        let (site, next) = (sites.get(index)?, sites.get(index + 1)?);
        if site.returns != returns {
            return None;
        }
        let handlers: &[Handler] = array(self.tables.handlers, site.handlers, next.handlers);
        let handler = handlers.iter().find(|handler| handler.tag == tag || handler.tag == ANY_TAG)?;
        Some((site.frame as usize, text + handler.code as usize))
    }

    /// Where it saves registers.
    pub fn saves(&self) -> impl Iterator<Item = Save> {
        Saves(array(self.tables.saves, self.entry.saves, self.next.saves))
    }
}

/// Elements `start` to `end` of an array of the tables.
fn array<'a, T>(base: *const T, start: u32, end: u32) -> &'a [T] {
    // SAFETY: indices in the tables ascend and lie in the array that begins at `base`.
    unsafe { slice::from_raw_parts(base.add(start as usize), end.saturating_sub(start) as usize) }
}
