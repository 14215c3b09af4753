//! Handles of resources, as hosts have them: [`Owned`] those that the component defines, numbers those of the host's.

use super::canonical::{Canonical, Violation};
use super::shared::Shared;
use super::types::{Flat, Lift, Lower, Type, Values};
use crate::trap::Trap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::Cell;

/// A resource of a component that the host owns. Where it is dropped, the component's destructor runs before the next
/// call of the instance.
#[doc(hidden)]
#[derive(Debug)]
pub struct Owned {
    shared: Arc<Shared>,
    representation: u32,
    destructor: Option<usize>,
    /// Whether it has been given back to the component.
    is_given: Cell<bool>,
}

impl Drop for Owned {
    fn drop(&mut self) {
        if let (Some(destructor), false) = (self.destructor, self.is_given.get()) {
            self.shared.push(destructor, self.representation);
        }
    }
}

impl Owned {
    /// The representation, for the instance that has it.
    fn of(&self, guest: &Canonical<'_>) -> Result<u32, Trap> {
        if !Arc::ptr_eq(&self.shared, &guest.shared) {
            return Err(Violation("a resource of another instance").into());
        }
        if self.is_given.get() {
            return Err(Violation("a resource that was given back").into());
        }
        Ok(self.representation)
    }
}

/// A type of resources that a component defines.
#[doc(hidden)]
pub trait Resource: Sized {
    /// Its number.
    const NUMBER: u32;

    /// The number of the export that destroys one.
    const DESTRUCTOR: Option<usize>;

    /// The handle of one.
    fn from_owned(owned: Owned) -> Self;

    /// What it is.
    fn owned(&self) -> &Owned;
}

/// A type of resources that a host defines.
#[doc(hidden)]
pub trait HostResource: Sized {
    /// Its number.
    const NUMBER: u32;

    /// The resource that the host knows by a number.
    fn from_number(number: u32) -> Self;

    /// The number.
    fn number(&self) -> u32;
}

/// How resources of a component are passed.
#[doc(hidden)]
pub mod owned {
    use super::{Arc, Canonical, Cell, Owned, Resource, Trap};

    /// Gives the guest what the host owns; returns the handle.
    ///
    /// # Errors
    /// Where it is of another instance.
    pub fn give<R: Resource>(resource: &R, to: &mut Canonical<'_>) -> Result<u32, Trap> {
        let owned = resource.owned();
        let handle = to.give(R::NUMBER, owned.of(to)?)?;
        owned.is_given.set(true);
        Ok(handle)
    }

    /// Takes what the guest owns.
    ///
    /// # Errors
    /// Where it has no such handle.
    pub fn take<R: Resource>(from: &mut Canonical<'_>, handle: u32) -> Result<R, Trap> {
        let representation = from.take(R::NUMBER, handle)?;
        let (shared, is_given) = (Arc::clone(&from.shared), Cell::new(false));
        Ok(R::from_owned(Owned { shared, representation, destructor: R::DESTRUCTOR, is_given }))
    }
}

/// How resources of the host's are passed.
#[doc(hidden)]
pub mod hosted {
    use super::{Canonical, HostResource, Trap};

    /// Gives the guest one; returns the handle.
    ///
    /// # Errors
    /// Where it cannot take it.
    pub fn give<R: HostResource>(resource: &R, to: &mut Canonical<'_>) -> Result<u32, Trap> {
        to.give(R::NUMBER, resource.number())
    }

    /// Takes one from the guest.
    ///
    /// # Errors
    /// Where it has no such handle.
    pub fn take<R: HostResource>(from: &mut Canonical<'_>, handle: u32) -> Result<R, Trap> {
        Ok(R::from_number(from.take(R::NUMBER, handle)?))
    }
}

/// A resource of the component that it borrows for a call.
#[doc(hidden)]
#[derive(Debug)]
pub struct Lent<'r, R>(pub &'r R);

/// A resource of the host's that is borrowed for a call, inside another value.
///
/// ```
/// fn example(files: &[wasmc_embed::component::Borrowed<u32>]) -> u32 {
///     files.iter().map(|file| file.0).sum()
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Borrowed<R>(pub R);

macro_rules! borrowed {
    ([$($param:tt)*] $ty:ty, $self:ident => $representation:expr, $to:ident) => {
        impl<$($param)*> Type for $ty {
            const SIZE: u32 = 4;
            const ALIGN: u32 = 4;
            const FLAT: usize = 1;
        }

        impl<$($param)*> Lower for $ty {
            fn lower(&$self, $to: &mut Canonical<'_>, flat: &mut Flat) -> Result<(), Trap> {
                let representation = $representation;
                $to.lend(R::NUMBER, representation)?.lower($to, flat)
            }

            fn store(&$self, $to: &mut Canonical<'_>, at: u32) -> Result<(), Trap> {
                let representation = $representation;
                $to.lend(R::NUMBER, representation)?.store($to, at)
            }
        }
    };
}

borrowed!(['r, R: Resource] Lent<'r, R>, self => self.0.owned().of(to)?, to);
borrowed!([R: HostResource] Borrowed<R>, self => self.0.number(), to);

impl<R: HostResource> Lift for Borrowed<R> {
    fn lift(from: &mut Canonical<'_>, flat: &mut Values<'_>) -> Result<Self, Trap> {
        let representation = from.borrow(R::NUMBER, flat.take() as u32)?;
        Ok(Self(R::from_number(representation)))
    }

    fn load(from: &mut Canonical<'_>, at: u32) -> Result<Self, Trap> {
        let handle = from.read(at)?;
        Ok(Self(R::from_number(from.borrow(R::NUMBER, handle)?)))
    }
}

/// What a host knows its resources by: values with a number each, from 0, the lowest that is free.
///
/// ```
/// let mut files = wasmc_embed::component::Table::new();
/// let number = files.insert("a.txt");
/// assert_eq!(files.get(number), Some(&"a.txt"));
/// assert_eq!(files.remove(number), Some("a.txt"));
/// assert_eq!(files.get(number), None);
/// ```
#[derive(Clone, Debug)]
pub struct Table<V> {
    values: Vec<Option<V>>,
    free: Vec<u32>,
}

impl<V> Default for Table<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V> Table<V> {
    /// One without values.
    ///
    /// ```
    /// let table = wasmc_embed::component::Table::<String>::new();
    /// # let _ = table;
    /// ```
    pub const fn new() -> Self {
        Self { values: Vec::new(), free: Vec::new() }
    }

    /// Adds a value; returns its number.
    ///
    /// ```
    /// let number = wasmc_embed::component::Table::new().insert("value");
    /// assert_eq!(number, 0);
    /// ```
    ///
    /// # Panics
    /// Where it has 2^32 values.
    pub fn insert(&mut self, value: V) -> u32 {
        if let Some(number) = self.free.pop()
            && let Some(place) = self.values.get_mut(number as usize)
        {
            *place = Some(value);
            return number;
        }
        let number = u32::try_from(self.values.len()).expect("memory ends before numbers do");
        self.values.push(Some(value));
        number
    }

    /// A value.
    ///
    /// ```
    /// let mut table = wasmc_embed::component::Table::new();
    /// let number = table.insert(1);
    /// assert_eq!(table.get(number), Some(&1));
    /// ```
    pub fn get(&self, number: u32) -> Option<&V> {
        self.values.get(number as usize)?.as_ref()
    }

    /// A value.
    ///
    /// ```
    /// let mut table = wasmc_embed::component::Table::new();
    /// let number = table.insert(1);
    /// *table.get_mut(number).unwrap() += 1;
    /// ```
    pub fn get_mut(&mut self, number: u32) -> Option<&mut V> {
        self.values.get_mut(number as usize)?.as_mut()
    }

    /// Removes a value, whose number is free then.
    ///
    /// ```
    /// let mut table = wasmc_embed::component::Table::<u8>::new();
    /// assert_eq!(table.remove(7), None);
    /// ```
    pub fn remove(&mut self, number: u32) -> Option<V> {
        let value = self.values.get_mut(number as usize)?.take()?;
        self.free.push(number);
        Some(value)
    }
}
