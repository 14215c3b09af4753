//! Instances of components: calls with values of the types that WIT has.

use super::canonical::{Canonical, Handles, Options, Violation, Waiting};
use super::shared::Shared;
use super::types::{Flat, Lift, Lower, MAX_FLAT_PARAMS, MAX_FLAT_RESULTS, Values};
use crate::create::SnapshotError;
use crate::error::Error;
use crate::fuel::Fuel;
use crate::guest::Guest;
use crate::interrupter::Interrupter;
use crate::trap::Trap;
use crate::value::Slot;
use alloc::sync::Arc;
use alloc::vec::Vec;
use wasmc_abi::component::{ADAPTER_TRAPS, LIBRARY_TRAPS};

/// Bytes that a guest may pass in one call, unless a host says otherwise.
const LIFTED: u64 = 256 << 20;

/// What bindings know of a component.
#[doc(hidden)]
#[derive(Debug)]
pub struct Component {
    /// How handles are made and taken away, where it has any.
    pub handles: Option<Handles>,
}

/// How an exported function is called.
#[doc(hidden)]
#[derive(Debug)]
pub struct Export {
    /// The number of the core function.
    pub core: usize,
    /// The number of what is called with its results when they have been read.
    pub post_return: Option<usize>,
    /// Whether it takes handles that it has to give back before it returns.
    pub borrows: bool,
    /// What it was lifted with.
    pub options: &'static Options,
}

/// The host of a component, with what is kept for it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Hosted<T> {
    host: T,
    component: &'static Component,
    shared: Arc<Shared>,
    /// Whether a call has ended in a trap, so that none can begin any more.
    is_trapped: bool,
    /// Bytes that the guest may pass in one call.
    lifted: u64,
}

/// An instance of a component. Bindings wrap it in a type of their own.
///
/// After a trap it cannot be called any more, as the component model wants it: another is made.
///
/// ```
/// fn example<T>(mut instance: wasmc_embed::component::Instance<T>) -> T {
///     instance.set_lifted(16 << 20);
///     instance.into_host()
/// }
/// ```
#[derive(Debug)]
pub struct Instance<T> {
    inner: crate::Instance<Hosted<T>>,
}

impl<T> Hosted<T> {
    /// What an instance is made with.
    #[doc(hidden)]
    pub fn new(host: T, component: &'static Component) -> Self {
        Self { host, component, shared: Arc::new(Shared::new()), is_trapped: false, lifted: LIFTED }
    }
}

impl<T> Instance<T> {
    /// The instance of a component.
    #[doc(hidden)]
    pub fn new(inner: crate::Instance<Hosted<T>>) -> Self {
        Self { inner }
    }

    /// Calls an exported function.
    ///
    /// # Errors
    /// Where it traps, or an earlier call has.
    #[doc(hidden)]
    pub fn call<P: Lower, R: Lift>(&mut self, export: &'static Export, params: &P) -> Result<R, Trap> {
        if self.inner.host().is_trapped {
            return Err(Violation("cannot enter component instance").into());
        }
        self.destroy_dropped()?;
        // Where a function of the host's panics, the call has not ended either.
        self.inner.host_mut().is_trapped = true;
        let result = self.call_once(export, params)?;
        self.inner.host_mut().is_trapped = false;
        Ok(result)
    }

    fn call_once<P: Lower, R: Lift>(&mut self, export: &'static Export, params: &P) -> Result<R, Trap> {
        let Hosted { component, shared, lifted, .. } = self.inner.host();
        let handles = component.handles.as_ref();
        let (shared, budget) = (Arc::clone(shared), *lifted);
        let scope = handles.filter(|_| export.borrows);
        if let Some(handles) = scope {
            self.inner.call(handles.enter, &mut [])?;
        }
        let mut guest = Canonical { callee: &mut self.inner, options: export.options, handles, shared, budget };
        let mut flat = Flat::new();
        if P::FLAT > MAX_FLAT_PARAMS {
            let at = guest.allocate(P::SIZE.into(), P::ALIGN)?;
            params.store(&mut guest, at)?;
            flat.push(at.into());
        } else {
            params.lower(&mut guest, &mut flat)?;
        }
        guest.callee.call(export.core, &mut flat.values)?;
        let first = flat.values[0];
        let bits = first.get::<i64>() as u64;
        let result = if R::FLAT > MAX_FLAT_RESULTS {
            let at = bits as u32;
            guest.check(at, R::SIZE.into(), R::ALIGN)?;
            R::load(&mut guest, at)?
        } else {
            R::lift(&mut guest, &mut Values(&[bits]))?
        };
        if let Some(post_return) = export.post_return {
            guest.callee.call(post_return, &mut [first])?;
        }
        if let Some(handles) = scope {
            guest.callee.call(handles.exit, &mut [])?;
        }
        Ok(result)
    }

    /// Runs the destructors of the component's resources that the host has dropped since the last call. Each call does
    /// that first.
    ///
    /// ```
    /// fn example<T>(instance: &mut wasmc_embed::component::Instance<T>) -> Result<(), wasmc_embed::Trap> {
    ///     instance.destroy_dropped()
    /// }
    /// ```
    ///
    /// # Errors
    /// Where one traps.
    pub fn destroy_dropped(&mut self) -> Result<(), Trap> {
        let dropped = self.inner.host().shared.take();
        if self.inner.host().is_trapped {
            return Ok(());
        }
        for dropped in dropped {
            let called = self.inner.call(dropped.destructor, &mut [Slot::new(dropped.representation as i32)]);
            self.inner.host_mut().is_trapped |= called.is_err();
            called?;
        }
        Ok(())
    }

    /// Sets how many bytes of strings and lists the guest may pass in one call, as the host keeps them: 256 MiB at
    /// first. More is a trap.
    ///
    /// ```
    /// fn example<T>(instance: &mut wasmc_embed::component::Instance<T>) {
    ///     instance.set_lifted(16 << 20);
    /// }
    /// ```
    pub fn set_lifted(&mut self, bytes: u64) {
        self.inner.host_mut().lifted = bytes;
    }

    /// The component's state as bytes, of which bindings can make another instance. The host is not part of it, nor are
    /// resources that it owns: they stay those of this instance.
    ///
    /// ```
    /// fn example<T>(instance: &mut wasmc_embed::component::Instance<T>) -> std::io::Result<()> {
    ///     let bytes = instance.snapshot().map_err(std::io::Error::other)?;
    ///     std::fs::write("component.snapshot", bytes)
    /// }
    /// ```
    ///
    /// # Errors
    /// Where it keeps references that mean nothing in another instance.
    pub fn snapshot(&mut self) -> Result<Vec<u8>, SnapshotError> {
        self.inner.snapshot()
    }

    /// The host.
    ///
    /// ```
    /// fn example<T>(instance: &wasmc_embed::component::Instance<T>) -> &T {
    ///     instance.host()
    /// }
    /// ```
    pub fn host(&self) -> &T {
        &self.inner.host().host
    }

    /// The host.
    ///
    /// ```
    /// fn example(instance: &mut wasmc_embed::component::Instance<Vec<String>>) {
    ///     instance.host_mut().clear();
    /// }
    /// ```
    pub fn host_mut(&mut self) -> &mut T {
        &mut self.inner.host_mut().host
    }

    /// Ends the instance and returns its host.
    ///
    /// ```
    /// fn example<T>(instance: wasmc_embed::component::Instance<T>) -> T {
    ///     instance.into_host()
    /// }
    /// ```
    pub fn into_host(self) -> T {
        self.inner.into_host().host
    }

    /// The fuel that the guest has left; `None` in libraries that were compiled without `--fuel`.
    pub fn fuel(&mut self) -> Option<Fuel<'_>> {
        self.inner.fuel()
    }

    /// What ends the guest's calls from another thread; `None` in libraries that were compiled without `--epoch`.
    pub fn interrupter(&mut self) -> Option<Interrupter> {
        self.inner.interrupter()
    }
}

/// Answers a call of an imported function, of these core values, by `function`; returns the core value of its result.
///
/// # Errors
/// Where it fails, or the guest breaks the canonical ABI.
#[doc(hidden)]
pub fn answer<T, P: Lift, R: Lower>(
    host: &mut Hosted<T>,
    guest: Guest<'_, Hosted<T>>,
    options: &'static Options,
    values: &[u64],
    function: impl FnOnce(&mut T, P) -> Result<R, Error>,
) -> Result<u64, Error> {
    let handles = host.component.handles.as_ref();
    let (shared, budget) = (Arc::clone(&host.shared), host.lifted);
    let mut waiting = Waiting { host, guest };
    let mut lowered = canonical(&mut waiting, options, handles, Arc::clone(&shared), budget);
    let (params, place) = lift_arguments::<P, R>(&mut lowered, values)?;
    let result = function(&mut waiting.host.host, params)?;
    let mut lowered = canonical(&mut waiting, options, handles, shared, budget);
    Ok(lower_result(&mut lowered, &result, place)?)
}

/// The arguments of an import, of these core values, and where its result goes that returns a `R`, if to memory.
pub(super) fn lift_arguments<P: Lift, R: Lower>(
    guest: &mut Canonical<'_>,
    values: &[u64],
) -> Result<(P, Option<u32>), Trap> {
    let mut values = Values(values);
    let params = if P::FLAT > MAX_FLAT_PARAMS {
        let at = values.take() as u32;
        guest.check(at, P::SIZE.into(), P::ALIGN)?;
        P::load(guest, at)?
    } else {
        P::lift(guest, &mut values)?
    };
    if R::FLAT <= MAX_FLAT_RESULTS {
        return Ok((params, None));
    }
    let at = values.take() as u32;
    guest.check(at, R::SIZE.into(), R::ALIGN)?;
    Ok((params, Some(at)))
}

/// Lowers the result of an import; returns its core value.
pub(super) fn lower_result<R: Lower>(guest: &mut Canonical<'_>, result: &R, place: Option<u32>) -> Result<u64, Trap> {
    match place {
        Some(at) => {
            result.store(guest, at)?;
            Ok(0)
        }
        None => {
            let mut flat = Flat::new();
            result.lower(guest, &mut flat)?;
            Ok(flat.values[0].get::<i64>() as u64)
        }
    }
}

fn canonical<'c, T>(
    waiting: &'c mut Waiting<'_, '_, Hosted<T>>,
    options: &'static Options,
    handles: Option<&'static Handles>,
    shared: Arc<Shared>,
    budget: u64,
) -> Canonical<'c> {
    Canonical { callee: waiting, options, handles, shared, budget }
}

/// Answers the call of a component that drops a resource of the host's, of this number.
///
/// # Errors
/// Where the function fails.
#[doc(hidden)]
pub fn dropped<T>(
    host: &mut Hosted<T>,
    number: i32,
    function: impl FnOnce(&mut T, u32) -> Result<(), Error>,
) -> Result<(), Error> {
    function(&mut host.host, number as u32)
}

/// The error by which a component traps that calls for one, by its number.
///
/// # Errors
/// Always.
#[doc(hidden)]
pub fn trap(number: i32) -> Result<(), Error> {
    let known = ADAPTER_TRAPS.iter().chain(LIBRARY_TRAPS).find(|(known, _)| *known == number as u32);
    Err(Trap::from(Violation(known.map_or("trap of an adapter", |(_, message)| message))).into())
}
