//! What bindings have of unsafe code, so that they have none of their own: crates that forbid it can use them.

/// Declares the function `library`, which returns the library of a module: bindings call it.
///
/// ```ignore
/// wasmc_embed::library!("guest_api", 0x1234);
/// ```
#[macro_export]
macro_rules! library {
    ($symbol:literal, $fingerprint:literal) => {
        /// The library itself, which needs its host only without a system.
        #[inline(always)]
        pub fn library() -> $crate::Library {
            unsafe extern "C" {
                #[link_name = $symbol]
                static API: $crate::Api;
            }
            // SAFETY: the symbol is that of a library that wasmc has made.
            unsafe { $crate::Library::new(&API, $fingerprint) }
        }
    };
}

/// Makes an instance, or one of a snapshot: bindings call it, with imports of the type of host.
#[macro_export]
#[doc(hidden)]
macro_rules! instance {
    ($library:expr, $imports:expr, $options:expr, $host:expr, $prepare:expr) => {{
        let (library, imports, options, host) = ($library, $imports, $options, $host);
        // SAFETY: bindings make the imports for the type of host.
        unsafe { $crate::Instance::new(library, imports, options, host, $prepare) }
    }};
    ($library:expr, $imports:expr, $options:expr, $host:expr, $prepare:expr, $snapshot:expr) => {{
        let (library, imports, options, host) = ($library, $imports, $options, $host);
        // SAFETY: bindings make the imports for the type of host.
        unsafe { $crate::Instance::restore(library, imports, options, host, $prepare, $snapshot) }
    }};
}

/// Declares a module with the bindings that a build script has made by `wasmc-build`: `wasmc_embed::include!(guest);`.
///
/// ```ignore
/// // Where build.rs has `wasmc_build::Build::new("guest.wasm").compile();`
/// wasmc_embed::include!(pub guest);
/// ```
#[macro_export]
macro_rules! include {
    ($visibility:vis $name:ident) => {
        $visibility mod $name {
            ::core::include!(::core::concat!(::core::env!("OUT_DIR"), "/", ::core::stringify!($name), ".rs"));
        }
    };
}
