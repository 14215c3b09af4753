//! Calls with arguments and results in registers: see [`wasmc_abi::context::Api::call`].

use crate::library::Library;
use crate::value::{ExternRef, Value, Word};
use core::ffi::c_void;
use core::mem::transmute;
use wasmc_abi::context::{FloatOutcome, Outcome};

mod sealed {
    pub trait Sealed {}
}

/// A type of values that registers hold as C has them: all but vectors.
#[doc(hidden)]
pub trait Direct: Value {}

impl Direct for i32 {}
impl Direct for i64 {}
impl Direct for f32 {}
impl Direct for f64 {}
impl Direct for Option<ExternRef> {}
impl Direct for Word {}

/// What a function returns that is called so: nothing, or a value.
#[doc(hidden)]
pub trait Returned: sealed::Sealed + Sized {
    /// What the library returns.
    type Outcome;

    /// Whether it is returned as floats are.
    const IS_FLOAT: bool;

    /// What a function of the host's returns.
    type Answer;

    /// The status of the call, and what is returned where that is 0.
    fn of(outcome: Self::Outcome) -> (u64, Self);

    /// What a function of the host's returns that has this value, or the status.
    fn answer(result: Result<Self, u32>) -> Self::Answer;
}

impl sealed::Sealed for () {}

impl Returned for () {
    type Outcome = Outcome;
    const IS_FLOAT: bool = false;
    type Answer = u32;

    #[inline(always)]
    fn of(outcome: Outcome) -> (u64, Self) {
        (outcome.status, ())
    }

    #[inline(always)]
    fn answer(result: Result<Self, u32>) -> u32 {
        result.err().unwrap_or(0)
    }
}

macro_rules! returned {
    ($($ty:ty as $held:ty, $outcome:ty, $is_float:literal, $value:ident => $of:expr, $into:expr;)*) => {
        $(
            impl sealed::Sealed for $ty {}

            impl Returned for $ty {
                type Outcome = $outcome;
                const IS_FLOAT: bool = $is_float;
                type Answer = $outcome;

                #[inline(always)]
                fn of(outcome: $outcome) -> (u64, Self) {
                    let $value = outcome.value;
                    (outcome.status, $of)
                }

                #[inline(always)]
                fn answer(result: Result<Self, u32>) -> $outcome {
                    type Held = $outcome;
                    match result {
                        Ok($value) => Held { value: $into, status: 0 },
                        Err(status) => Held { value: <$held>::default(), status: status.into() },
                    }
                }
            }
        )*
    };
}

returned! {
    i32 as u64, Outcome, false, value => value as i32, u64::from(value as u32);
    i64 as u64, Outcome, false, value => value as i64, value as u64;
    f32 as f32, FloatOutcome<f32>, true, value => value, value;
    f64 as f64, FloatOutcome<f64>, true, value => value, value;
    Option<ExternRef> as u64, Outcome, false, value => ExternRef::new(value), value.map_or(0, ExternRef::get);
    Word as u64, Outcome, false, value => Word(value), value.0;
}

/// The arguments of a function of the guest's that is called so.
#[doc(hidden)]
pub trait Arguments {
    /// Calls a function of the guest's.
    ///
    /// # Safety
    /// As for [`wasmc_abi::context::Api::call`], for a function that takes these arguments and returns an `R`.
    unsafe fn call<R: Returned>(
        self,
        library: Library,
        block: *mut u8,
        data: *mut c_void,
        function: *const u8,
    ) -> R::Outcome;
}

macro_rules! arguments {
    ($($name:ident: $ty:ident),*) => {
        impl<$($ty: Direct),*> Arguments for ($($ty,)*) {
            #[inline(always)]
            unsafe fn call<R: Returned>(
                self,
                library: Library,
                block: *mut u8,
                data: *mut c_void,
                function: *const u8,
            ) -> R::Outcome {
                type Typed<O, $($ty),*> = unsafe extern "C" fn(*mut u8, *mut c_void, *const u8 $(, $ty)*) -> O;
                let ($($name,)*) = self;
                let call = if R::IS_FLOAT { library.api.call_float } else { library.api.call };
                // SAFETY: the library calls functions of all types, and the caller knows this one's.
                unsafe {
                    let call = transmute::<unsafe extern "C" fn(), Typed<R::Outcome, $($ty),*>>(call);
                    call(block, data, function $(, $name)*)
                }
            }
        }
    };
}

arguments!();
arguments!(a: A);
arguments!(a: A, b: B);
arguments!(a: A, b: B, c: C);
