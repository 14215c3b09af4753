//! Instances.

use crate::asynchronous::Call;
use crate::create::{CreateError, SnapshotError};
use crate::crossing::{Lift, Lower};
use crate::direct::{Arguments, Returned};
use crate::fuel::Fuel;
use crate::guest::{Activation, Hosted};
use crate::held::{RefGlobal, RefTable};
use crate::interrupter::Interrupter;
use crate::library::Library;
use crate::memory::Memory;
use crate::reference::{Any, HeapType, Ref, RefError, SubtypeOf};
use crate::state::{Global, Table};
use crate::trap::Trap;
use crate::value::{Slot, Value, Word};
use alloc::vec::Vec;
use core::ptr::{NonNull, null_mut};
use wasmc_abi::context::{CreationError, GuestFunction, HostFunction, InstanceOptions};

/// What an instance is asked for besides what its module says.
///
/// ```
/// let options = wasmc_embed::Options::default().stack_size(256 << 10).growth(64 << 20);
/// # let _ = options;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Options {
    stack_size: u64,
    growth: u64,
    collects_always: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { stack_size: 0, growth: u64::MAX, collects_always: false }
    }
}

impl Options {
    /// Bytes of stack: what exceeds them is a [`Trap`]. At least 16 KiB; on riscv64, at most what the module was
    /// compiled with.
    ///
    /// ```
    /// let options = wasmc_embed::Options::default().stack_size(128 << 10);
    /// ```
    #[must_use]
    pub fn stack_size(mut self, bytes: u64) -> Self {
        self.stack_size = bytes;
        self
    }

    /// Bytes that memories and tables may grow by, all together.
    ///
    /// ```
    /// let options = wasmc_embed::Options::default().growth(16 << 20);
    /// ```
    #[must_use]
    pub fn growth(mut self, bytes: u64) -> Self {
        self.growth = bytes;
        self
    }

    /// Collects garbage whenever the guest makes an object, and overwrites what is freed: slow, to find mistakes.
    ///
    /// ```
    /// let options = wasmc_embed::Options::default().collect_always(cfg!(debug_assertions));
    /// ```
    #[must_use]
    pub fn collect_always(mut self, collects: bool) -> Self {
        self.collects_always = collects;
        self
    }
}

/// An instance of a module, with what it finds of its host.
///
/// Bindings wrap it in a type of their own, with a method for each export. It can be sent to another thread, and is
/// used by one at a time.
///
/// ```
/// fn example(guest: &mut wasmc_embed::Instance<()>) -> Result<i32, wasmc_embed::Trap> {
///     // What the method of an export does: number 0 takes two values, and returns one.
///     let mut values = [wasmc_embed::Slot::new(1), wasmc_embed::Slot::new(2)];
///     guest.call(0, &mut values)?;
///     Ok(values[0].get())
/// }
/// ```
#[derive(Debug)]
pub struct Instance<T> {
    hosted: Hosted,
    host: T,
}

// SAFETY: all state of an instance lies in its own block, stack and memories, which nothing else refers to, and no part
// of it depends on the thread that it is used on.
unsafe impl<T: Send> Send for Instance<T> {}

impl<T> Instance<T> {
    /// Makes an instance of the module of `library` and instantiates it: its start function runs, if it has one.
    /// `imports` are the functions that the module imports, in order, each made by [`import`](crate::import) for the
    /// type `T`; `prepare` is called before any code of it runs.
    ///
    /// # Errors
    /// Where there is no room, `prepare` fails, or instantiation traps.
    ///
    /// # Safety
    /// Each of `imports` must have been made for the type `T`.
    pub unsafe fn new(
        library: Library,
        imports: &'static [HostFunction],
        options: Options,
        host: T,
        prepare: impl FnOnce(&mut Self) -> Result<(), RefError>,
    ) -> Result<Self, CreateError> {
        let mut instance = Self { hosted: create(library, imports, options)?, host };
        prepare(&mut instance)?;
        instance.run(library.module().instantiate, null_mut())?;
        Ok(instance)
    }

    /// Makes an instance that is as another was when a [`snapshot`](Self::snapshot) of it was made. None of its code
    /// runs.
    ///
    /// # Errors
    /// Where there is no room, `prepare` fails, or the bytes are no snapshot of an instance of this module.
    ///
    /// # Safety
    /// Each of `imports` must have been made for the type `T`.
    pub unsafe fn restore(
        library: Library,
        imports: &'static [HostFunction],
        options: Options,
        host: T,
        prepare: impl FnOnce(&mut Self) -> Result<(), RefError>,
        snapshot: &[u8],
    ) -> Result<Self, CreateError> {
        let mut instance = Self { hosted: create(library, imports, options)?, host };
        prepare(&mut instance)?;
        instance.hosted.restore(snapshot)?;
        Ok(instance)
    }

    /// The state of the guest as bytes: memories, tables, globals, segments, and the objects that these lead to.
    /// Bindings can [make another instance](Self::restore) of them, in this process or another, with a library of the
    /// same module for any target. The host is not part of it.
    ///
    /// ```
    /// fn example(guest: &mut wasmc_embed::Instance<()>) -> std::io::Result<()> {
    ///     let bytes = guest.snapshot().map_err(std::io::Error::other)?;
    ///     std::fs::write("guest.snapshot", bytes)
    /// }
    /// ```
    ///
    /// # Errors
    /// Where the guest is suspended, or keeps references to exceptions, which mean nothing in another instance.
    pub fn snapshot(&mut self) -> Result<Vec<u8>, SnapshotError> {
        self.hosted.snapshot()
    }

    /// Calls an exported function by the number of the export, with a place for each argument and for each result.
    ///
    /// ```
    /// fn example(guest: &mut wasmc_embed::Instance<()>) -> Result<(), wasmc_embed::Trap> {
    ///     guest.call(0, &mut [])
    /// }
    /// ```
    ///
    /// # Errors
    /// Where it traps.
    ///
    /// # Panics
    /// Where a function of the host's has panicked, with the same panic.
    #[inline(always)]
    pub fn call(&mut self, export: usize, values: &mut [Slot]) -> Result<(), Trap> {
        let function = self.hosted.function(export, values.len());
        self.run(function, values.as_mut_ptr())
    }

    /// As [`Self::call`], with arguments in registers.
    ///
    /// Bindings know which functions can be called so, and their types.
    #[doc(hidden)]
    #[inline(always)]
    pub fn call_directly<A: Arguments, R: Returned>(&mut self, export: usize, arguments: A) -> Result<R, Trap> {
        let mut activation = Activation::new(&mut self.host, &self.hosted);
        // SAFETY: the instance was made with imports for the type of host; bindings know the function's type.
        unsafe { activation.call(export, arguments) }
    }

    /// As [`Self::call`], as a future: where a function of the host's [waits](crate::Guest::wait_for), the guest is
    /// suspended, and the thread free. A future that is dropped before its end ends the call, as a trap would.
    ///
    /// ```
    /// async fn example(guest: &mut wasmc_embed::Instance<()>) -> Result<(), wasmc_embed::Trap> {
    ///     guest.call_async(0, &mut []).await
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`Self::call`].
    ///
    /// # Panics
    /// As [`Self::call`], when it is polled.
    pub fn call_async<'a>(
        &'a mut self,
        export: usize,
        values: &'a mut [Slot],
    ) -> impl Future<Output = Result<(), Trap>> + use<'a, T> {
        let function = self.hosted.function(export, values.len());
        Call::new(&mut self.host, &self.hosted, function, values)
    }

    #[inline(always)]
    fn run(&mut self, function: GuestFunction, values: *mut Slot) -> Result<(), Trap> {
        let mut activation = Activation::new(&mut self.host, &self.hosted);
        // SAFETY: the instance was made with imports for the type of host; the values suffice, as the caller says.
        unsafe { activation.enter(function, values) }
    }

    /// The host.
    ///
    /// ```
    /// fn example(guest: &wasmc_embed::Instance<Vec<String>>) -> usize {
    ///     guest.host().len()
    /// }
    /// ```
    #[inline(always)]
    pub fn host(&self) -> &T {
        &self.host
    }

    /// The host.
    ///
    /// ```
    /// fn example(guest: &mut wasmc_embed::Instance<Vec<String>>) {
    ///     guest.host_mut().clear();
    /// }
    /// ```
    #[inline(always)]
    pub fn host_mut(&mut self) -> &mut T {
        &mut self.host
    }

    /// Ends the instance and returns its host.
    ///
    /// ```
    /// fn example(guest: wasmc_embed::Instance<Vec<String>>) -> Vec<String> {
    ///     guest.into_host()
    /// }
    /// ```
    pub fn into_host(self) -> T {
        self.host
    }

    /// See [`Guest::memory`](crate::Guest::memory).
    ///
    /// ```
    /// fn example(guest: &mut wasmc_embed::Instance<()>) -> usize {
    ///     guest.memory(0).len()
    /// }
    /// ```
    pub fn memory(&mut self, export: usize) -> Memory<'_> {
        self.hosted.memory(export)
    }

    /// See [`Guest::global`](crate::Guest::global).
    ///
    /// ```
    /// fn example(guest: &mut wasmc_embed::Instance<()>) -> i32 {
    ///     guest.global::<i32>(0).get()
    /// }
    /// ```
    ///
    /// # Panics
    /// Where it holds values of another type.
    pub fn global<V: Value>(&mut self, export: usize) -> Global<'_, V> {
        self.hosted.global(export)
    }

    /// See [`Guest::table`](crate::Guest::table).
    ///
    /// ```
    /// fn example(guest: &mut wasmc_embed::Instance<()>) -> u64 {
    ///     guest.table(0).len()
    /// }
    /// ```
    pub fn table(&mut self, export: usize) -> Table<'_> {
        self.hosted.table(export)
    }

    #[doc(hidden)]
    #[inline]
    pub fn lower(&self, reference: &impl Lower) -> Result<Word, RefError> {
        self.hosted.lower(reference)
    }

    #[doc(hidden)]
    #[inline]
    pub fn lift<R: Lift>(&self, word: Word) -> Result<R, RefError> {
        self.hosted.lift(word)
    }

    #[doc(hidden)]
    pub fn reference_global<R: Lift + Lower>(&mut self, export: usize) -> RefGlobal<'_, R> {
        self.hosted.reference_global(export)
    }

    #[doc(hidden)]
    pub fn reference_table<R: Lift + Lower>(&mut self, export: usize) -> RefTable<'_, R> {
        self.hosted.reference_table(export)
    }

    /// A further reference to the same, of a type `B` that it has: its own, a supertype, or one that it is found to
    /// have.
    ///
    /// ```
    /// use wasmc_embed::{Any, Ref, RefError, Struct};
    ///
    /// fn is_structure(guest: &mut wasmc_embed::Instance<()>, reference: &Ref<Any>) -> bool {
    ///     guest.cast::<Any, Struct>(reference).is_ok()
    /// }
    /// ```
    ///
    /// # Errors
    /// Where it is of another type, or of another instance.
    pub fn cast<A, B: HeapType>(&mut self, reference: &Ref<A>) -> Result<Ref<B>, RefError> {
        self.hosted.cast(reference)
    }

    /// Whether two references are to the same object, or the same `i31` (`ref.eq`).
    ///
    /// # Errors
    /// Where one is of another instance.
    pub fn is_same<A, B>(&mut self, one: &Ref<A>, other: &Ref<B>) -> Result<bool, RefError>
    where
        A: HeapType + SubtypeOf<Any>,
        B: HeapType + SubtypeOf<Any>,
    {
        self.hosted.is_same(one, other)
    }

    /// The fuel that the guest has left; `None` in libraries that were compiled without `--fuel`.
    pub fn fuel(&mut self) -> Option<Fuel<'_>> {
        self.hosted.fuel()
    }

    /// What ends the guest's calls from another thread; `None` in libraries that were compiled without `--epoch`.
    pub fn interrupter(&mut self) -> Option<Interrupter> {
        self.hosted.interrupter()
    }
}

/// Makes an instance, which is not instantiated.
fn create(library: Library, imports: &'static [HostFunction], options: Options) -> Result<Hosted, CreateError> {
    if !library.is_matched() {
        return Err(CreateError::OtherLibrary);
    }
    let options = InstanceOptions {
        stack_size: options.stack_size,
        growth: options.growth,
        imports: imports.as_ptr(),
        imports_len: imports.len() as u64,
        collects_always: options.collects_always.into(),
    };
    let mut block = null_mut();
    // SAFETY: options and place are valid for the call.
    let status = unsafe { (library.api.create)(&raw const options, &raw mut block) };
    match NonNull::new(block) {
        // SAFETY: the block was just made by the library.
        Some(block) if status == 0 => Ok(unsafe { Hosted::new(library, block) }),
        _ => Err(create_error(status)),
    }
}

fn create_error(status: u32) -> CreateError {
    const OUT_OF_MEMORY: u32 = CreationError::OutOfMemory as u32;
    const NO_HANDLERS: u32 = CreationError::NoHandlers as u32;
    match status {
        OUT_OF_MEMORY => CreateError::OutOfMemory,
        NO_HANDLERS => CreateError::NoHandlers,
        _ => CreateError::BadOptions,
    }
}
