//! Native functions in Rust for programs that wasmc compiles, as `wasmc.h` is for C: [`export!`] defines functions that
//! satisfy imports, and writes into the object what types they have, which linking compares with those of the imports.
//!
//! ```text
//! #![no_std]
//!
//! wasmc_native::export! {
//!     /// Satisfies `(import "env" "scale" (func (param f64 i32) (result f64)))`.
//!     fn env_scale(value: f64, by: i32) -> f64 {
//!         value * f64::from(by)
//!     }
//! }
//! ```
//!
//! What `wasmc.h` says of C's functions holds for these, too. Compile the crate as `staticlib`, without the standard
//! library, with `panic = "abort"` and `-C relocation-model=pic`.
#![no_std]

/// A reference to a function, to be passed on unchanged: a `funcref`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct FuncRef(u64);

/// A reference of the guest's, to be passed on unchanged: an `externref`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct ExternRef(u64);

unsafe extern "C" {
    /// Address of byte 0 of the module's memory. It may change whenever the module runs. Only in programs with a
    /// memory.
    pub safe fn wasmc_memory_base() -> *mut u8;
    /// Size of the module's memory in bytes. It may change whenever the module runs. Only in programs with a memory.
    pub safe fn wasmc_memory_size() -> u64;
    /// Ends the program with an exit status of 0 to 255.
    pub safe fn wasmc_exit(status: i32) -> !;
}

/// Defines functions under their C names. Their parameters and results are of the types `i32`, `u32`, `i64`, `u64`,
/// `f32`, `f64`, [`FuncRef`] and [`ExternRef`].
#[macro_export]
macro_rules! export {
    ($(
        $(#[$attribute:meta])*
        fn $name:ident($($param:ident: $ty:ident),* $(,)?) $(-> $result:ident)? $body:block
    )*) => {$(
        $(#[$attribute])*
        #[unsafe(no_mangle)]
        pub extern "C" fn $name($($param: $crate::__rust_type!($ty)),*) $(-> $crate::__rust_type!($result))? $body

        $crate::__declare!(
            stringify!($name),
            concat!("(", $crate::__types!($($ty)*), ") -> ", $crate::__result!($($result)?))
        );
    )*};
}

/// Writes the type of a function into the object.
#[doc(hidden)]
#[macro_export]
macro_rules! __declare {
    ($name:expr, $ty:expr) => {
        #[cfg(not(target_vendor = "apple"))]
        ::core::arch::global_asm!(concat!(
            ".pushsection .wasmc.exports,\"e\",%progbits\n.asciz \"",
            $name,
            "\"\n.asciz \"",
            $ty,
            "\"\n.popsection"
        ));
        // Linkers leave the sections of debuggers out of executables.
        #[cfg(target_vendor = "apple")]
        ::core::arch::global_asm!(concat!(
            ".pushsection __DWARF,__wasmc_exports,regular,debug\n.asciz \"",
            $name,
            "\"\n.asciz \"",
            $ty,
            "\"\n.popsection"
        ));
    };
}

/// The type in Rust of a parameter or result.
#[doc(hidden)]
#[macro_export]
macro_rules! __rust_type {
    (FuncRef) => {
        $crate::FuncRef
    };
    (ExternRef) => {
        $crate::ExternRef
    };
    ($ty:ident) => {
        $ty
    };
}

/// The type in WebAssembly of a parameter or result.
#[doc(hidden)]
#[macro_export]
macro_rules! __type {
    (i32) => {
        "i32"
    };
    (u32) => {
        "i32"
    };
    (i64) => {
        "i64"
    };
    (u64) => {
        "i64"
    };
    (f32) => {
        "f32"
    };
    (f64) => {
        "f64"
    };
    (FuncRef) => {
        "funcref"
    };
    (ExternRef) => {
        "externref"
    };
}

/// Types, separated by commas.
#[doc(hidden)]
#[macro_export]
macro_rules! __types {
    () => { "" };
    ($first:ident $($rest:ident)*) => { concat!($crate::__type!($first) $(, ", ", $crate::__type!($rest))*) };
}

/// The type of what a function returns.
#[doc(hidden)]
#[macro_export]
macro_rules! __result {
    () => {
        "()"
    };
    ($ty:ident) => {
        $crate::__type!($ty)
    };
}
