//! Calls: of the guest by its host, and of the host by its guest.

use crate::direct::{Arguments, Returned};
use crate::error::Error;
use crate::fuel::Fuel;
use crate::interrupter::Interrupter;
use crate::library::Library;
use crate::memory::Memory;
use crate::reference::Handles;
use crate::state::{Global, Table};
use crate::trap::Trap;
use crate::value::{Slot, Value};
use alloc::sync::Arc;
use core::cell::OnceCell;
use core::ffi::c_void;
use core::marker::PhantomData;
use core::ptr::NonNull;
use core::task::Waker;
use wasmc_abi::context::{Export, ExportKind, FAILED, GuestFunction, SUSPENDED};

/// The block of an instance, which goes with it.
#[derive(Debug)]
pub struct Hosted {
    library: Library,
    block: NonNull<u8>,
    interrupter: Option<Interrupter>,
    handles: OnceCell<Arc<Handles>>,
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
        Self { library, block, interrupter: None, handles: OnceCell::new() }
    }

    /// See [`Instance::interrupter`](crate::Instance::interrupter).
    pub fn interrupter(&mut self) -> Option<Interrupter> {
        if self.interrupter.is_none() {
            // SAFETY: the instance is there until this is dropped, which has the interrupter forget it.
            self.interrupter = unsafe { Interrupter::new(self.library, self.block) };
        }
        self.interrupter.clone()
    }

    /// The handles of its references; `None` where there is no memory for any.
    pub fn handles(&self) -> Option<&Arc<Handles>> {
        if self.handles.get().is_none() {
            // SAFETY: the instance is there as long as this, and is asked once.
            let made = unsafe { Handles::new(self.library, self.block()) }?;
            self.handles.get_or_init(|| made);
        }
        self.handles.get()
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

    /// An exported function that is called with arguments in registers.
    #[inline(always)]
    fn direct_function(&self, number: usize) -> *const u8 {
        let function = self.library.export(number).direct;
        assert!(!function.is_null(), "bindings know their module");
        function
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

    /// The library that has made it.
    pub fn library(&self) -> Library {
        self.library
    }

    /// The block.
    pub fn block(&self) -> *mut u8 {
        self.block.as_ptr()
    }

    /// Gives up a call that is suspended. Nothing of the host's is lost: the guest's stack has none of its frames.
    pub fn forget_suspended(&self) {
        // SAFETY: the block is that of an instance of the library; the guest does not run now.
        unsafe { (self.library.api.forget)(self.block.as_ptr()) };
    }
}

/// A call of a guest that is active: what functions of the host are called with.
pub(crate) struct Activation<'a, T> {
    host: &'a mut T,
    hosted: &'a Hosted,
    failure: Option<Failure>,
    /// Who is told that a call may go on that was suspended; `None` for calls that cannot be.
    waker: Option<&'a Waker>,
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
        Self { host, hosted, failure: None, waker: None }
    }

    /// An activation that functions of the host's can suspend.
    pub fn waiting(host: &'a mut T, hosted: &'a Hosted, waker: &'a Waker) -> Self {
        Self { waker: Some(waker), ..Self::new(host, hosted) }
    }

    /// Calls a function of the guest's.
    ///
    /// # Safety
    /// The instance's imports must have been made for the type of host, and `values` have room for what the function
    /// takes and returns.
    #[inline(always)]
    pub unsafe fn enter(&mut self, function: GuestFunction, values: *mut Slot) -> Result<(), Trap> {
        // SAFETY: the caller promises the same.
        let code = unsafe { self.start(function, values) };
        self.result(code)
    }

    /// Calls a function of the guest's with arguments in registers, by the number of the export.
    ///
    /// # Safety
    /// The instance's imports must have been made for the type of host, and the function take and return these types.
    #[inline(always)]
    pub unsafe fn call<A: Arguments, R: Returned>(&mut self, export: usize, arguments: A) -> Result<R, Trap> {
        let hosted = self.hosted;
        let data = (&raw mut *self).cast::<c_void>();
        // SAFETY: the caller promises the same; `data` is what the imports expect, and lives as long as the call.
        let outcome =
            unsafe { arguments.call::<R>(hosted.library, hosted.block.as_ptr(), data, hosted.direct_function(export)) };
        match R::of(outcome) {
            (0, value) => Ok(value),
            (status, _) => Err(self.ended(status as u32)),
        }
    }

    /// As [`Self::enter`]; returns the code that the library does.
    ///
    /// # Safety
    /// As for [`Self::enter`].
    #[inline(always)]
    pub unsafe fn start(&mut self, function: GuestFunction, values: *mut Slot) -> u32 {
        let hosted = self.hosted;
        let data = (&raw mut *self).cast::<c_void>();
        // SAFETY: the caller promises values; `data` is what the imports expect, and lives as long as the call.
        unsafe { (hosted.library.api.enter)(hosted.block.as_ptr(), data, function, values.cast()) }
    }

    /// Goes on with a call that was suspended; returns as [`Self::start`].
    ///
    /// # Safety
    /// The guest must be suspended, with the values of that call as they were, and made for the type of host.
    pub unsafe fn resume(&mut self) -> u32 {
        let hosted = self.hosted;
        let data = (&raw mut *self).cast::<c_void>();
        // SAFETY: as in `start`.
        unsafe { (hosted.library.api.resume)(hosted.block.as_ptr(), data) }
    }

    /// Whether a call that has returned a code is suspended, and may be resumed.
    pub fn is_suspended(&self, code: u32) -> bool {
        code == SUSPENDED && self.waker.is_some()
    }

    /// What a call that has returned a code has come to.
    #[inline(always)]
    pub fn result(&mut self, code: u32) -> Result<(), Trap> {
        if code == 0 { Ok(()) } else { Err(self.ended(code)) }
    }

    #[cold]
    #[inline(never)]
    fn ended(&mut self, code: u32) -> Trap {
        match self.failure.take() {
            Some(Failure::Error(error)) if code == FAILED => Trap::of_error(error),
            #[cfg(feature = "std")]
            Some(Failure::Panic(panic)) if code == FAILED => std::panic::resume_unwind(panic),
            _ if code == SUSPENDED => {
                self.hosted.forget_suspended();
                Trap::of_error(Error::new("a call that cannot be suspended was to be"))
            }
            // SAFETY: the block is that of the instance, which does not run now.
            _ => unsafe { Trap::of_code(code, self.hosted.block, self.hosted.library, || self.hosted.handles()) },
        }
    }
}

/// What a guest borrows, and whom it calls.
type OneAtATime<'a, T> = (&'a mut (), fn(&mut T));

/// A guest, as its host sees it between calls, and functions of the host's while they are called.
///
/// What it gives borrows it, and it is borrowed while the guest runs: nothing refers to a memory that grows.
///
/// ```
/// fn example(guest: &mut wasmc_embed::Guest<'_, ()>, at: u32, len: u32) -> Result<String, wasmc_embed::Error> {
///     Ok(String::from_utf8_lossy(guest.memory(0).bytes(at, len)?).into_owned())
/// }
/// ```
pub struct Guest<'a, T> {
    hosted: &'a Hosted,
    waker: Option<&'a Waker>,
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
    fn of(activation: &Activation<'a, T>) -> Self {
        Self { hosted: activation.hosted, waker: activation.waker, host: PhantomData }
    }

    /// The instance.
    pub(crate) fn hosted(&self) -> &'a Hosted {
        self.hosted
    }

    /// Who is told that the guest may go on, where it can be suspended.
    pub(crate) fn waker(&self) -> Option<&'a Waker> {
        self.waker
    }

    /// Calls an exported function of a guest, whose own functions get `host`: see [`Instance::call`].
    ///
    /// ```
    /// fn example(guest: &mut wasmc_embed::Guest<'_, u32>, host: &mut u32) -> Result<(), wasmc_embed::Trap> {
    ///     guest.call(host, 0, &mut [])
    /// }
    /// ```
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

    /// As [`Self::call`], with arguments in registers.
    ///
    /// Bindings know which functions can be called so, and their types.
    #[doc(hidden)]
    #[inline(always)]
    pub fn call_directly<A: Arguments, R: Returned>(
        &mut self,
        host: &mut T,
        export: usize,
        arguments: A,
    ) -> Result<R, Trap> {
        let mut activation = Activation::new(host, self.hosted);
        // SAFETY: the guest's imports are made for the type of host; bindings know the function's type.
        unsafe { activation.call(export, arguments) }
    }

    /// An exported memory, by the number of the export.
    ///
    /// ```
    /// fn example(guest: &mut wasmc_embed::Guest<'_, ()>) -> Option<u64> {
    ///     guest.memory(0).grow(1)
    /// }
    /// ```
    pub fn memory(&mut self, export: usize) -> Memory<'_> {
        self.hosted.memory(export)
    }

    /// An exported global, by the number of the export.
    ///
    /// ```
    /// fn example(guest: &mut wasmc_embed::Guest<'_, ()>) {
    ///     guest.global::<i64>(0).set(7);
    /// }
    /// ```
    ///
    /// # Panics
    /// Where it holds values of another type.
    pub fn global<V: Value>(&mut self, export: usize) -> Global<'_, V> {
        self.hosted.global(export)
    }

    /// An exported table, by the number of the export.
    ///
    /// ```
    /// fn example(guest: &mut wasmc_embed::Guest<'_, ()>) -> Option<bool> {
    ///     guest.table(0).is_null(3)
    /// }
    /// ```
    pub fn table(&mut self, export: usize) -> Table<'_> {
        self.hosted.table(export)
    }

    /// See [`Instance::fuel`](crate::Instance::fuel).
    pub fn fuel(&mut self) -> Option<Fuel<'_>> {
        self.hosted.fuel()
    }
}

/// Answers a call by a guest: returns what is returned to it, or the status of the call.
///
/// # Safety
/// `data` must be that of an [`Activation`] for this type of host, which waits for the guest.
#[inline(always)]
pub(crate) unsafe fn answered<T, R>(
    data: *mut c_void,
    function: impl FnOnce(&mut T, Guest<'_, T>) -> Result<R, Error>,
) -> Result<R, u32> {
    // SAFETY: the caller promises it.
    let activation = unsafe { &mut *data.cast::<Activation<'_, T>>() };
    let guest = Guest::of(activation);
    let host = &mut *activation.host;
    match caught(|| function(host, guest)) {
        Ok(value) => Ok(value),
        Err(Failure::Error(error)) if error.is_suspension() => Err(SUSPENDED),
        Err(failure) => {
            activation.failure = Some(failure);
            Err(FAILED)
        }
    }
}

#[cfg(feature = "std")]
#[inline(always)]
fn caught<R>(function: impl FnOnce() -> Result<R, Error>) -> Result<R, Failure> {
    // The panic goes on in the host, where nothing that it has broken is seen that would not be without a guest.
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(function)) {
        Ok(result) => result.map_err(Failure::Error),
        Err(panic) => Err(Failure::Panic(panic)),
    }
}

#[cfg(not(feature = "std"))]
#[inline(always)]
fn caught<R>(function: impl FnOnce() -> Result<R, Error>) -> Result<R, Failure> {
    function().map_err(Failure::Error)
}
