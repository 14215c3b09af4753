//! Calls: of the guest by its host, and of the host by its guest.

use crate::error::Error;
use crate::fuel::Fuel;
use crate::interrupter::Interrupter;
use crate::library::Library;
use crate::memory::Memory;
use crate::state::{Global, Table};
use crate::trap::Trap;
use crate::value::{Slot, Value};
use core::ffi::c_void;
use core::marker::PhantomData;
use core::ptr::NonNull;
use wasmc_abi::context::{Export, ExportKind, FAILED, GuestFunction, HostFunction, SUSPENDED};

/// The block of an instance, which goes with it.
#[derive(Debug)]
pub(crate) struct Hosted {
    library: Library,
    block: NonNull<u8>,
    interrupter: Option<Interrupter>,
}

impl Drop for Hosted {
    fn drop(&mut self) {
        self.interrupter.iter().for_each(Interrupter::forget);
        // SAFETY: whoever owns this has no call of the instance active, as a call borrows it.
        unsafe { (self.library.api.free)(self.block.as_ptr()) };
    }
}

impl Hosted {
    /// The instance of `library` that has this block.
    ///
    /// # Safety
    /// The library must have made it, and nothing else may own it.
    pub unsafe fn new(library: Library, block: NonNull<u8>) -> Self {
        Self { library, block, interrupter: None }
    }

    /// See [`Instance::interrupter`](crate::Instance::interrupter).
    pub fn interrupter(&mut self) -> Option<Interrupter> {
        if self.interrupter.is_none() {
            // SAFETY: the instance is there until this is dropped, which has the interrupter forget it.
            self.interrupter = unsafe { Interrupter::new(self.library, self.block) };
        }
        self.interrupter.clone()
    }

    /// The fuel that is left. The caller must have borrowed the guest for itself.
    pub fn fuel(&self) -> Option<Fuel<'_>> {
        // SAFETY: the block is that of an instance of the library, which this borrows.
        unsafe { Fuel::new(self.library, self.block) }
    }

    /// An exported function that takes and returns at most `slots` values.
    #[inline(always)]
    pub fn function(&self, number: usize, slots: usize) -> GuestFunction {
        let export = self.library.export(number);
        assert!(export.kind == ExportKind::Function && export.ty as usize <= slots, "bindings know their module");
        // SAFETY: an export of this kind has a function of this type.
        unsafe { core::mem::transmute::<*const u8, GuestFunction>(export.function) }
    }

    /// An export of a kind, and where its state lies.
    fn state<S>(&self, number: usize, kind: ExportKind) -> (&'static Export, NonNull<S>) {
        let export = self.library.export(number);
        assert!(export.kind == kind, "bindings know their module");
        // SAFETY: the compiler writes offsets in the block.
        (export, unsafe { self.block.add(export.offset as usize) }.cast())
    }

    /// An exported memory. The caller must have borrowed the guest for itself.
    pub fn memory(&self, number: usize) -> Memory<'_> {
        let (_, memory) = self.state(number, ExportKind::Memory);
        // SAFETY: it is a memory of the block, which this borrows.
        unsafe { Memory::new(self.library.api, self.block, memory) }
    }

    /// An exported global. The caller must have borrowed the guest for itself.
    pub fn global<V: Value>(&self, number: usize) -> Global<'_, V> {
        let (export, value) = self.state(number, ExportKind::Global);
        assert!(export.ty == V::CODE, "bindings know their module");
        // SAFETY: it is a global of the block, which this borrows, of the type just compared.
        unsafe { Global::new(value) }
    }

    /// An exported table. The caller must have borrowed the guest for itself.
    pub fn table(&self, number: usize) -> Table<'_> {
        let (_, table) = self.state(number, ExportKind::Table);
        // SAFETY: it is a table of the block, which this borrows.
        unsafe { Table::new(self.library.api, self.block, table) }
    }
}

/// A call of a guest that is active: what functions of the host are called with.
pub(crate) struct Activation<'a, T> {
    host: &'a mut T,
    hosted: &'a Hosted,
    failure: Option<Failure>,
}

/// How a function of the host's has failed.
enum Failure {
    Error(Error),
    #[cfg(feature = "std")]
    Panic(Box<dyn core::any::Any + Send>),
}

impl<'a, T> Activation<'a, T> {
    #[inline(always)]
    pub fn new(host: &'a mut T, hosted: &'a Hosted) -> Self {
        Self { host, hosted, failure: None }
    }

    /// Calls a function of the guest's.
    ///
    /// # Safety
    /// The instance's imports must have been made for the type of host, and `values` have room for what the function
    /// takes and returns.
    #[inline(always)]
    pub unsafe fn enter(&mut self, function: GuestFunction, values: *mut Slot) -> Result<(), Trap> {
        let hosted = self.hosted;
        let data = (&raw mut *self).cast::<c_void>();
        // SAFETY: the caller promises values; `data` is what the imports expect, and lives as long as the call.
        let code = unsafe { (hosted.library.api.enter)(hosted.block.as_ptr(), data, function, values.cast()) };
        if code == 0 { Ok(()) } else { Err(self.ended(code)) }
    }

    #[cold]
    #[inline(never)]
    fn ended(&mut self, code: u32) -> Trap {
        match self.failure.take() {
            Some(Failure::Error(error)) if code == FAILED => Trap::of_error(error),
            #[cfg(feature = "std")]
            Some(Failure::Panic(panic)) if code == FAILED => std::panic::resume_unwind(panic),
            _ if code == SUSPENDED => Trap::of_error(Error::new("a call that cannot be suspended was to be")),
            // SAFETY: the block is that of the instance, which does not run now.
            _ => unsafe { Trap::of_code(code, self.hosted.block, self.hosted.library) },
        }
    }
}

/// What a guest borrows, and whom it calls.
type OneAtATime<'a, T> = (&'a mut (), fn(&mut T));

/// A guest, as its host sees it between calls, and functions of the host's while they are called.
///
/// What it gives borrows it, and it is borrowed while the guest runs: nothing refers to a memory that grows.
pub struct Guest<'a, T> {
    hosted: &'a Hosted,
    /// One at a time, of hosts of this type.
    host: PhantomData<OneAtATime<'a, T>>,
}

impl<T> core::fmt::Debug for Guest<'_, T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Guest")
    }
}

impl<'a, T> Guest<'a, T> {
    #[inline(always)]
    pub(crate) fn new(hosted: &'a Hosted) -> Self {
        Self { hosted, host: PhantomData }
    }

    /// Calls an exported function of a guest, whose own functions get `host`: see [`Instance::call`].
    ///
    /// # Errors
    /// Where it traps.
    ///
    /// [`Instance::call`]: crate::Instance::call
    pub fn call(&mut self, host: &mut T, export: usize, values: &mut [Slot]) -> Result<(), Trap> {
        let function = self.hosted.function(export, values.len());
        let mut activation = Activation::new(host, self.hosted);
        // SAFETY: the guest's imports are made for the type of host; there is room for what the function takes.
        unsafe { activation.enter(function, values.as_mut_ptr()) }
    }

    /// An exported memory, by the number of the export.
    pub fn memory(&mut self, export: usize) -> Memory<'_> {
        self.hosted.memory(export)
    }

    /// An exported global, by the number of the export.
    ///
    /// # Panics
    /// Where it holds values of another type.
    pub fn global<V: Value>(&mut self, export: usize) -> Global<'_, V> {
        self.hosted.global(export)
    }

    /// An exported table, by the number of the export.
    pub fn table(&mut self, export: usize) -> Table<'_> {
        self.hosted.table(export)
    }

    /// See [`Instance::fuel`](crate::Instance::fuel).
    pub fn fuel(&mut self) -> Option<Fuel<'_>> {
        self.hosted.fuel()
    }
}

/// The values that a function of the host's is called with, and returns.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    values: *mut Slot,
}

impl Call {
    /// An argument of the call.
    ///
    /// Bindings know how many there are, and of which types.
    #[doc(hidden)]
    #[inline(always)]
    pub fn arg<V: Value>(self, number: usize) -> V {
        // SAFETY: bindings name arguments that the import has.
        unsafe { self.values.add(number).read() }.get()
    }

    /// Sets a result of the call, after all arguments were read.
    ///
    /// Bindings know how many there are, and of which types.
    #[doc(hidden)]
    #[inline(always)]
    pub fn set_result<V: Value>(self, number: usize, value: V) {
        // SAFETY: bindings name results that the import has.
        unsafe { self.values.add(number).write(Slot::new(value)) };
    }
}

/// A function of the host's for imports: calls `function`, which must capture nothing. A panic in it ends the call of
/// the guest, and goes on in the host.
pub const fn import<T, F>(_function: F) -> HostFunction
where
    F: Fn(&mut T, Guest<'_, T>, Call) -> Result<(), Error> + Copy,
{
    const { assert!(size_of::<F>() == 0, "a function for imports captures nothing") };
    called::<T, F>
}

unsafe extern "C" fn called<T, F>(data: *mut c_void, values: *mut u8) -> u32
where
    F: Fn(&mut T, Guest<'_, T>, Call) -> Result<(), Error> + Copy,
{
    // SAFETY: whoever called into the guest passed an activation for this type of host, which waits for the guest.
    let activation = unsafe { &mut *data.cast::<Activation<'_, T>>() };
    // SAFETY: a value of this type without bytes was passed to `import`, and may be copied.
    let function = unsafe { NonNull::<F>::dangling().as_ref() };
    let (host, guest) = (&mut *activation.host, Guest::new(activation.hosted));
    match caught(|| function(host, guest, Call { values: values.cast() })) {
        Ok(()) => 0,
        Err(failure) => {
            activation.failure = Some(failure);
            FAILED
        }
    }
}

#[cfg(feature = "std")]
#[inline(always)]
fn caught(function: impl FnOnce() -> Result<(), Error>) -> Result<(), Failure> {
    // The panic goes on in the host, where nothing that it has broken is seen that would not be without a guest.
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(function)) {
        Ok(result) => result.map_err(Failure::Error),
        Err(panic) => Err(Failure::Panic(panic)),
    }
}

#[cfg(not(feature = "std"))]
#[inline(always)]
fn caught(function: impl FnOnce() -> Result<(), Error>) -> Result<(), Failure> {
    function().map_err(Failure::Error)
}
