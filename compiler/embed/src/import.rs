//! Functions of the host's, as guests call them that import them.

use crate::direct::{Direct, Returned};
use crate::error::Error;
use crate::guest::{Guest, answered};
use crate::value::{Slot, Value};
use core::ffi::c_void;
use core::mem::transmute;
use core::ptr::NonNull;
use wasmc_abi::context::{ArrayFunction, HostFunction};

/// The values that a function of the host's is called with, and returns.
///
/// ```
/// // A function of the host's that adds its two arguments.
/// const ADD: wasmc_embed::HostFunction = wasmc_embed::import(|_: &mut (), _, call: wasmc_embed::Call| {
///     let sum = call.arg::<i32>(0) + call.arg::<i32>(1);
///     call.set_result(0, sum);
///     Ok(())
/// });
/// ```
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
///
/// ```
/// const NOTHING: wasmc_embed::HostFunction = wasmc_embed::import(|_: &mut (), _, _| Ok(()));
/// ```
pub const fn import<T, F>(_function: F) -> HostFunction
where
    F: Fn(&mut T, Guest<'_, T>, Call) -> Result<(), Error> + Copy,
{
    const { assert!(size_of::<F>() == 0, "a function for imports captures nothing") };
    // SAFETY: guests call it as what it is, where their imports need it.
    unsafe { transmute::<ArrayFunction, HostFunction>(called::<T, F>) }
}

unsafe extern "C" fn called<T, F>(data: *mut c_void, values: *mut u8) -> u32
where
    F: Fn(&mut T, Guest<'_, T>, Call) -> Result<(), Error> + Copy,
{
    // SAFETY: a value of this type without bytes was passed to `import`, and may be copied.
    let function = unsafe { NonNull::<F>::dangling().as_ref() };
    // SAFETY: the guest passes what whoever called into it did.
    <()>::answer(unsafe { answered(data, |host: &mut T, guest| function(host, guest, Call { values: values.cast() })) })
}

/// The arguments of a function of the host's that is called so by a `F`.
#[doc(hidden)]
pub trait Parameters<T, F, R> {
    /// What calls it.
    const FUNCTION: HostFunction;
}

macro_rules! parameters {
    ($($name:ident: $ty:ident),*) => {
        impl<T, F, R: Returned, $($ty: Direct),*> Parameters<T, F, R> for ($($ty,)*)
        where
            F: Fn(&mut T, Guest<'_, T>, Self) -> Result<R, Error> + Copy,
        {
            const FUNCTION: HostFunction = {
                unsafe extern "C" fn called<T, F, R: Returned, $($ty),*>(
                    data: *mut c_void,
                    $($name: $ty,)*
                ) -> R::Answer
                where
                    F: Fn(&mut T, Guest<'_, T>, ($($ty,)*)) -> Result<R, Error> + Copy,
                {
                    // SAFETY: a value of this type without bytes was passed to `import_directly`, and may be copied.
                    let function = unsafe { NonNull::<F>::dangling().as_ref() };
                    let answer = |host: &mut T, guest: Guest<'_, T>| function(host, guest, ($($name,)*));
                    // SAFETY: the guest passes what whoever called into it did.
                    R::answer(unsafe { answered(data, answer) })
                }
                type Typed<O, $($ty),*> = unsafe extern "C" fn(*mut c_void, $($ty),*) -> O;
                // SAFETY: guests call it as what it is.
                unsafe { transmute::<Typed<R::Answer, $($ty),*>, HostFunction>(called::<T, F, R, $($ty),*>) }
            };
        }
    };
}

parameters!();
parameters!(a: A);
parameters!(a: A, b: B);
parameters!(a: A, b: B, c: C);
parameters!(a: A, b: B, c: C, d: D);

/// A function of the host's for imports of the type that it has: calls `function`, which must capture nothing. A panic
/// in it ends the call of the guest, and goes on in the host. Bindings know which imports are satisfied so.
#[doc(hidden)]
pub const fn import_directly<T, F, A, R>(_function: F) -> HostFunction
where
    F: Fn(&mut T, Guest<'_, T>, A) -> Result<R, Error> + Copy,
    A: Parameters<T, F, R>,
{
    const { assert!(size_of::<F>() == 0, "a function for imports captures nothing") };
    A::FUNCTION
}
