//! What bindings declare types by that a component names.

/// Declares a record: a structure.
#[macro_export]
#[doc(hidden)]
macro_rules! component_record {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$field_meta:meta])* pub $field:ident: $ty:ty,)* }) => {
        $(#[$meta])*
        pub struct $name {
            $($(#[$field_meta])* pub $field: $ty,)*
        }

        const _: () = {
            use $crate::component::{Canonical, Fields, Flat, Lift, Lower, Type, Values, layout};

            const LAYOUT: (u32, u32) = layout::record(&[$((<$ty as Type>::SIZE, <$ty as Type>::ALIGN)),*]);

            impl Type for $name {
                const SIZE: u32 = LAYOUT.0;
                const ALIGN: u32 = LAYOUT.1;
                const FLAT: usize = layout::sum(&[$(<$ty as Type>::FLAT),*]);
            }

            impl Lower for $name {
                fn lower(&self, to: &mut Canonical<'_>, flat: &mut Flat) -> Result<(), $crate::Trap> {
                    $(self.$field.lower(to, flat)?;)*
                    Ok(())
                }

                fn store(&self, to: &mut Canonical<'_>, at: u32) -> Result<(), $crate::Trap> {
                    let mut fields = Fields::new(at);
                    $(self.$field.store(to, fields.place::<$ty>())?;)*
                    Ok(())
                }
            }

            impl Lift for $name {
                fn lift(from: &mut Canonical<'_>, flat: &mut Values<'_>) -> Result<Self, $crate::Trap> {
                    Ok(Self { $($field: Lift::lift(from, flat)?,)* })
                }

                fn load(from: &mut Canonical<'_>, at: u32) -> Result<Self, $crate::Trap> {
                    let mut fields = Fields::new(at);
                    Ok(Self { $($field: Lift::load(from, fields.place::<$ty>())?,)* })
                }
            }
        };
    };
}

/// Declares a variant, or an enum: an enumeration, with the number of each case.
#[macro_export]
#[doc(hidden)]
macro_rules! component_variant {
    ($(#[$meta:meta])* pub enum $name:ident {
        $($(#[$case_meta:meta])* $number:literal => $case:ident $(($ty:ty))?,)*
    }) => {
        $(#[$meta])*
        pub enum $name {
            $($(#[$case_meta])* $case $(($ty))?,)*
        }

        const _: () = {
            use $crate::component::{Canonical, Flat, Lift, Lower, Type, Values};
            use $crate::component::{layout, lift_payload, load_case, no_case, store_case};

            const PAYLOADS: &[(u32, u32)] = &[$($crate::component::variant!(@layout $($ty)?)),*];
            const PLACE: u32 = layout::payload(PAYLOADS);

            impl Type for $name {
                const SIZE: u32 = layout::variant(PAYLOADS).0;
                const ALIGN: u32 = layout::variant(PAYLOADS).1;
                const FLAT: usize = layout::joined(&[$($crate::component::variant!(@flat $($ty)?)),*]);
            }

            impl Lower for $name {
                fn lower(&self, to: &mut Canonical<'_>, flat: &mut Flat) -> Result<(), $crate::Trap> {
                    let end = flat.len() + <Self as Type>::FLAT;
                    match self {
                        $(Self::$case $(($crate::component::variant!(@value value $ty)))? => {
                            flat.push($number);
                            $(<$ty as Lower>::lower(value, to, flat)?;)?
                        })*
                    }
                    let _ = to;
                    flat.fill(end);
                    Ok(())
                }

                fn store(&self, to: &mut Canonical<'_>, at: u32) -> Result<(), $crate::Trap> {
                    match self {
                        $(Self::$case $(($crate::component::variant!(@value value $ty)))? => {
                            store_case(to, at, $number, PAYLOADS.len())?;
                            $(<$ty as Lower>::store(value, to, at.wrapping_add(PLACE))?;)?
                        })*
                    }
                    Ok(())
                }
            }

            impl Lift for $name {
                fn lift(from: &mut Canonical<'_>, flat: &mut Values<'_>) -> Result<Self, $crate::Trap> {
                    let len = <Self as Type>::FLAT - 1;
                    match flat.take() as u32 {
                        $($number => {
                            let _payload = lift_payload::<$crate::component::variant!(@type $($ty)?)>(from, flat, len)?;
                            Ok(Self::$case $(($crate::component::variant!(@value _payload $ty)))?)
                        })*
                        _ => no_case(),
                    }
                }

                fn load(from: &mut Canonical<'_>, at: u32) -> Result<Self, $crate::Trap> {
                    match load_case(from, at, PAYLOADS.len())? {
                        $($number => Ok(Self::$case $((<$ty as Lift>::load(from, at.wrapping_add(PLACE))?))?),)*
                        _ => no_case(),
                    }
                }
            }
        };
    };
    (@layout) => { (0, 1) };
    (@layout $ty:ty) => { (<$ty as Type>::SIZE, <$ty as Type>::ALIGN) };
    (@flat) => { 0 };
    (@flat $ty:ty) => { <$ty as Type>::FLAT };
    (@type) => { () };
    (@type $ty:ty) => { $ty };
    (@value $value:ident $ty:ty) => { $value };
}

/// Declares flags: a structure of bits, each a constant with its number.
#[macro_export]
#[doc(hidden)]
macro_rules! component_flags {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$flag_meta:meta])* $flag:ident = $number:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub struct $name(u32);

        #[allow(dead_code)]
        impl $name {
            $($(#[$flag_meta])* pub const $flag: Self = Self(1 << $number);)*

            /// All of them.
            pub const fn all() -> Self {
                Self(0 $(| 1 << $number)*)
            }

            /// None of them.
            pub const fn empty() -> Self {
                Self(0)
            }

            /// Bits, of which the first is 1.
            pub const fn bits(self) -> u32 {
                self.0
            }

            /// Whether all of `other` are set.
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }
        }

        impl ::core::ops::BitOr for $name {
            type Output = Self;

            fn bitor(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }

        const _: () = {
            use $crate::component::{Canonical, Flat, Lift, Lower, Type, Values, layout, load_flags, store_flags};

            const COUNT: usize = [$($number as usize),*].len();

            impl Type for $name {
                const SIZE: u32 = layout::flags(COUNT);
                const ALIGN: u32 = layout::flags(COUNT);
                const FLAT: usize = 1;
            }

            impl Lower for $name {
                fn lower(&self, _: &mut Canonical<'_>, flat: &mut Flat) -> Result<(), $crate::Trap> {
                    flat.push(self.0.into());
                    Ok(())
                }

                fn store(&self, to: &mut Canonical<'_>, at: u32) -> Result<(), $crate::Trap> {
                    store_flags(to, at, self.0, COUNT)
                }
            }

            impl Lift for $name {
                fn lift(_: &mut Canonical<'_>, flat: &mut Values<'_>) -> Result<Self, $crate::Trap> {
                    Ok(Self(flat.take() as u32 & Self::all().0))
                }

                fn load(from: &mut Canonical<'_>, at: u32) -> Result<Self, $crate::Trap> {
                    Ok(Self(load_flags(from, at, COUNT)? & Self::all().0))
                }
            }
        };
    };
}

/// Declares a type of resources that the component has: a handle that owns one, with its number.
#[macro_export]
#[doc(hidden)]
macro_rules! component_resource {
    ($(#[$meta:meta])* pub struct $name:ident = $number:literal, $destructor:expr) => {
        $(#[$meta])*
        #[derive(Debug)]
        pub struct $name($crate::component::Owned);

        impl $crate::component::Resource for $name {
            const NUMBER: u32 = $number;
            const DESTRUCTOR: Option<usize> = $destructor;

            fn from_owned(owned: $crate::component::Owned) -> Self {
                Self(owned)
            }

            fn owned(&self) -> &$crate::component::Owned {
                &self.0
            }
        }

        $crate::component::handle!($name, owned);
    };
}

/// Declares a type of resources that the host has: the number by which it knows one.
#[macro_export]
#[doc(hidden)]
macro_rules! component_host_resource {
    ($(#[$meta:meta])* pub struct $name:ident = $number:expr) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name(pub u32);

        impl $crate::component::HostResource for $name {
            const NUMBER: u32 = $number;

            fn from_number(number: u32) -> Self {
                Self(number)
            }

            fn number(&self) -> u32 {
                self.0
            }
        }

        $crate::component::handle!($name, hosted);
    };
}

/// Has a handle passed as the component knows it.
#[macro_export]
#[doc(hidden)]
macro_rules! component_handle {
    ($name:ident, $module:ident) => {
        const _: () = {
            use $crate::component::{Canonical, Flat, Lift, Lower, Type, Values, $module};

            impl Type for $name {
                const SIZE: u32 = 4;
                const ALIGN: u32 = 4;
                const FLAT: usize = 1;
            }

            impl Lower for $name {
                fn lower(&self, to: &mut Canonical<'_>, flat: &mut Flat) -> Result<(), $crate::Trap> {
                    $module::give(self, to)?.lower(to, flat)
                }

                fn store(&self, to: &mut Canonical<'_>, at: u32) -> Result<(), $crate::Trap> {
                    $module::give(self, to)?.store(to, at)
                }
            }

            impl Lift for $name {
                fn lift(from: &mut Canonical<'_>, flat: &mut Values<'_>) -> Result<Self, $crate::Trap> {
                    $module::take(from, flat.take() as u32)
                }

                fn load(from: &mut Canonical<'_>, at: u32) -> Result<Self, $crate::Trap> {
                    let handle = u32::load(from, at)?;
                    $module::take(from, handle)
                }
            }
        };
    };
}

/// A function of the host's for an import of a component's core module.
#[macro_export]
#[doc(hidden)]
macro_rules! component_import {
    ($host:ident, trap) => {
        $crate::import_directly(|_: &mut $crate::component::Hosted<$host>, _, (number,): (i32,)| {
            $crate::component::trap(number)
        })
    };
    ($host:ident, drop, $function:expr) => {
        $crate::import_directly(|host: &mut $crate::component::Hosted<$host>, _, (number,): (i32,)| {
            $crate::component::dropped(host, number, $function)
        })
    };
    ($host:ident, $options:ident, direct ($($arg:ident: $core:ty),*) $(-> $result:ty)?, $function:expr) => {
        $crate::import_directly(|host: &mut $crate::component::Hosted<$host>, guest, ($($arg,)*): ($($core,)*)| {
            let values: &[u64] = &[$($crate::Slot::new($arg).get::<i64>() as u64),*];
            let _bits = $crate::component::answer(host, guest, &$options, values, $function)?;
            Ok($crate::component::import!(@result _bits $($result)?))
        })
    };
    ($host:ident, $options:ident, array ($($arg:literal),*) $(-> $result:ty)?, $function:expr) => {
        $crate::import(|host: &mut $crate::component::Hosted<$host>, guest, call: $crate::Call| {
            let values: &[u64] = &[$(call.arg::<i64>($arg) as u64),*];
            let _bits = $crate::component::answer(host, guest, &$options, values, $function)?;
            $(call.set_result(0, $crate::component::import!(@result _bits $result));)?
            Ok(())
        })
    };
    (@result $bits:ident) => { () };
    (@result $bits:ident $result:ty) => { $crate::Slot::new($bits as i64).get::<$result>() };
}

pub use {
    component_flags as flags, component_handle as handle, component_host_resource as host_resource,
    component_import as import, component_record as record, component_resource as resource,
    component_variant as variant,
};
