//! The side tables of the compiler: the functions of the code, their names, and the sites in them.

use core::ffi::CStr;
use core::marker::PhantomData;
use core::ops::Range;
use core::slice;
use wasmc_abi::memory::Memory;
use wasmc_abi::trap::{CALL_SITE, FunctionEntry, INLINED_AT, NO_FUNCTION, Site, Sites, TrapCode, TrapTables};

/// The tables of the program: those of each module linked into it.
#[derive(Clone, Copy)]
pub struct Tables<'a> {
    modules: &'a [*const TrapTables],
}

/// The tables of one module, as slices.
struct ModuleTables<'a> {
    text: *const u8,
    text_len: usize,
    functions: &'a [FunctionEntry],
    sites: *const u8,
    names: *const u8,
    memories: &'a [*const Memory],
    messages: *const u8,
    lifetime: PhantomData<&'a TrapTables>,
}

/// A function of the program.
pub struct Function<'a> {
    /// Its name, possibly empty.
    pub name: &'a [u8],
    /// Its code before the address looked up.
    pub before: &'a [u8],
    sites: &'a [u8],
}

/// A place in a function of the program.
pub struct Place<'a> {
    /// The name of the function, possibly empty.
    pub name: &'a [u8],
    /// Its index in the module.
    pub index: u32,
    /// Offset in the module.
    pub offset: u32,
}

impl<'a> Tables<'a> {
    /// The tables of all modules.
    ///
    /// # Safety
    /// `modules` must point to `len` pointers to tables that are valid as [`TrapTables`] says, for the lifetime.
    pub unsafe fn new(modules: *const *const TrapTables, len: usize) -> Self {
        // SAFETY: the caller promises an array of `len` pointers.
        Self { modules: unsafe { slice::from_raw_parts(modules, len) } }
    }

    fn modules(&self) -> impl Iterator<Item = ModuleTables<'a>> {
        // SAFETY: the caller of `new` promised that the tables are valid.
        self.modules.iter().map(|&tables| unsafe { ModuleTables::new(tables) })
    }

    /// Whether an address lies in compiled code.
    pub fn is_code(&self, address: usize) -> bool {
        self.modules().any(|module| module.is_code(address))
    }

    /// The function that contains an address.
    pub fn function(&self, address: usize) -> Option<Function<'a>> {
        self.modules().find_map(|module| module.function(address))
    }

    /// Where in the program the last instruction up to an address comes from; with `returned`, the call that returns to
    /// the address. What is compiled in place of calls comes from several functions: the innermost is number 0.
    pub fn place(&self, address: usize, returned: bool, number: u32) -> Option<Place<'a>> {
        let inside = address.wrapping_sub(usize::from(returned));
        let module = self.modules().find(|module| module.is_code(inside))?;
        let function = module.function(inside)?;
        match function.module_offset(returned, number)? {
            (offset, true) => module.place(offset),
            (offset, false) => Some(Place { name: function.name, index: function.index()?, offset }),
        }
    }

    /// The trap of the instruction at an address.
    pub fn trap(&self, address: usize) -> Option<TrapCode> {
        self.sites_at(address).find_map(Site::trap)
    }

    /// What a trap is called that some code can cause.
    pub fn message(&self, trap: TrapCode) -> &'a [u8] {
        let find = |module: ModuleTables<'a>| {
            let mut next = module.messages;
            loop {
                // SAFETY: a byte of 0 ends the messages, before which there is none that lacks its own.
                let message = unsafe { CStr::from_ptr(next.cast()) }.to_bytes();
                let (&code, text) = message.split_first()?;
                if code == trap as u8 {
                    return Some(text);
                }
                // SAFETY: as above.
                next = unsafe { next.add(message.len() + 1) };
            }
        };
        self.modules().find_map(find).unwrap_or_default()
    }

    /// Whether a call returns to an address.
    pub fn is_return_address(&self, address: usize) -> bool {
        self.sites_at(address).any(|site| site.kind == CALL_SITE)
    }

    /// The sites at exactly this address: an instruction that traps may follow a call.
    fn sites_at(&self, address: usize) -> impl Iterator<Item = Site> {
        let function = self.function(address);
        let offset = function.as_ref().map_or(0, |function| function.before.len());
        let sites = function.and_then(|function| function.sites());
        sites.into_iter().flatten().filter(move |site| site.code_offset as usize == offset)
    }

    /// Which of the functions of the first module has an index, and its address. Those that the module defines come
    /// first, in order of their indices, then those of the `imports` that it imports, then others.
    #[allow(dead_code, reason = "libraries need it, which there are none of on macOS")]
    pub fn entry(&self, index: u32, imports: u32) -> Option<(usize, usize)> {
        let module = self.modules().next()?;
        let all = module.functions.len() - 1;
        let own = module.partition(0..all, |index| index >= imports && index != NO_FUNCTION);
        let imported = module.partition(own..all, |index| index < imports);
        let sorted = if index < imports { own..imported } else { 0..own };
        let position = module.partition(sorted, |before| before < index);
        if module.index(position) != Some(index) {
            return None;
        }
        Some((position, module.text.addr() + module.functions.get(position)?.code as usize))
    }

    /// The memories of the program.
    pub fn memories(&self) -> impl Iterator<Item = &'a Memory> {
        // SAFETY: the compiler lists structures that exist for as long as the program. Meanwhile only the length of a
        // memory that threads share can change, which is one word.
        self.modules().flat_map(|module| module.memories.iter().map(|&memory| unsafe { &*memory }))
    }
}

impl<'a> ModuleTables<'a> {
    /// The slices that the tables describe.
    ///
    /// # Safety
    /// `tables` must be valid as [`TrapTables`] says, for the lifetime.
    unsafe fn new(tables: *const TrapTables) -> Self {
        // SAFETY: the caller promises valid tables.
        let tables = unsafe { &*tables };
        // SAFETY: the array has an entry for each function and one for the end.
        let functions = unsafe { slice::from_raw_parts(tables.functions, tables.functions_len as usize + 1) };
        let memories = match tables.memories_len {
            0 => &[],
            // SAFETY: the array has `memories_len` elements; the pointer is valid where that is not 0.
            len => unsafe { slice::from_raw_parts(tables.memories, len as usize) },
        };
        Self {
            text: tables.text,
            text_len: tables.text_len as usize,
            functions,
            sites: tables.sites,
            names: tables.names,
            memories,
            messages: tables.messages,
            lifetime: PhantomData,
        }
    }

    /// The index in the module of one of the functions.
    fn index(&self, position: usize) -> Option<u32> {
        let (entry, end) = (self.functions.get(position)?, self.functions.get(position + 1)?);
        Some(Sites::new(bytes(self.sites, entry.sites, end.sites))?.function_index)
    }

    /// The first position of a range whose index is not `before` the point; those that are come first.
    fn partition(&self, range: Range<usize>, before: impl Fn(u32) -> bool) -> usize {
        let Range { mut start, mut end } = range;
        while start < end {
            let middle = start.midpoint(end);
            if self.index(middle).is_some_and(&before) {
                start = middle + 1;
            } else {
                end = middle;
            }
        }
        start
    }

    /// The function whose body has an offset in the module: the last one that begins before.
    fn place(&self, offset: u32) -> Option<Place<'a>> {
        let mut found = None;
        let mut start = 0;
        for (entry, end) in self.functions.iter().zip(self.functions.get(1..)?) {
            let Some(sites) = Sites::new(bytes(self.sites, entry.sites, end.sites)) else { continue };
            // What is no function of the module has no body, at offset 0.
            if (start + 1..=offset).contains(&sites.body_offset) {
                start = sites.body_offset;
                let name = bytes(self.names, entry.name, end.name);
                found = Some(Place { name, index: sites.function_index, offset });
            }
        }
        found
    }

    fn is_code(&self, address: usize) -> bool {
        address.wrapping_sub(self.text.addr()) < self.text_len
    }

    fn function(&self, address: usize) -> Option<Function<'a>> {
        if !self.is_code(address) {
            return None;
        }
        let offset = u32::try_from(address - self.text.addr()).ok()?;
        let next = self.functions.partition_point(|entry| entry.code <= offset);
        let (entry, end) = (self.functions.get(next.checked_sub(1)?)?, self.functions.get(next)?);
        Some(Function {
            name: bytes(self.names, entry.name, end.name),
            before: bytes(self.text, entry.code, offset),
            sites: bytes(self.sites, entry.sites, end.sites),
        })
    }
}

impl<'a> Function<'a> {
    /// The function's sites.
    pub fn sites(&self) -> Option<Sites<'a>> {
        Sites::new(self.sites)
    }

    /// Offset in the module of the last instruction up to the address looked up, or with `returned`, of the call that
    /// returns to the next address; then, by `number`, of the calls in whose place that is, innermost first. Tells
    /// whether it is itself in place of a call.
    fn module_offset(&self, returned: bool, number: u32) -> Option<(u32, bool)> {
        let sites = self.sites()?;
        let offset = self.before.len();
        // The instruction after a call may trap: then two sites have the return address, that of the call first.
        let limit = if returned { (offset + 1, CALL_SITE) } else { (offset, INLINED_AT) };
        // Those after the last site up to there are its calls.
        let (mut found, mut calls) = ((number == 0).then_some(sites.body_offset), 0);
        for site in sites {
            if site.kind == INLINED_AT {
                calls += 1;
            } else if (site.code_offset as usize, site.kind) > limit {
                break;
            } else {
                (found, calls) = (None, 0);
            }
            if calls == number {
                found = Some(site.module_offset);
            }
        }
        Some((found?, calls > number))
    }

    /// Index of the function in the module.
    pub fn index(&self) -> Option<u32> {
        self.sites().map(|sites| sites.function_index)
    }
}

fn bytes<'a>(base: *const u8, start: u32, end: u32) -> &'a [u8] {
    // SAFETY: offsets in the tables ascend and lie in the array that begins at `base`.
    unsafe { slice::from_raw_parts(base.add(start as usize), end.saturating_sub(start) as usize) }
}
