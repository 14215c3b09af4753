//! The error of functions that a guest imports.

use alloc::boxed::Box;
use core::error::Error as StandardError;
use core::fmt;

/// Why a function that a guest imports has failed. The call of the guest ends with a [`Trap`](crate::Trap) that holds
/// it. Any error can be made one, by `?`.
///
/// ```
/// # #[cfg(feature = "std")]
/// fn open(name: &str) -> Result<std::fs::File, wasmc_embed::Error> {
///     Ok(std::fs::File::open(name)?)
/// }
/// ```
#[derive(Debug)]
pub struct Error(Kind);

#[derive(Debug)]
enum Kind {
    Other(Box<dyn StandardError + Send + Sync>),
    Exit(i32),
    Suspended,
}

impl Error {
    /// An error with a message.
    ///
    /// ```
    /// assert_eq!(wasmc_embed::Error::new("no such user").to_string(), "no such user");
    /// ```
    pub fn new(message: &str) -> Self {
        Self(Kind::Other(message.into()))
    }

    /// The end of the program, as WASI's `proc_exit` asks for it.
    ///
    /// ```
    /// assert_eq!(wasmc_embed::Error::exit(2).exit_status(), Some(2));
    /// ```
    pub fn exit(status: i32) -> Self {
        Self(Kind::Exit(status))
    }

    /// What suspends a guest: see [`Guest::wait_for`](crate::Guest::wait_for).
    pub(crate) fn suspended() -> Self {
        Self(Kind::Suspended)
    }

    /// Whether it suspends the guest.
    pub(crate) fn is_suspension(&self) -> bool {
        matches!(self.0, Kind::Suspended)
    }

    /// The status, where it is the end of a program.
    ///
    /// ```
    /// assert_eq!(wasmc_embed::Error::new("no such user").exit_status(), None);
    /// ```
    pub fn exit_status(&self) -> Option<i32> {
        match self.0 {
            Kind::Exit(status) => Some(status),
            Kind::Other(_) | Kind::Suspended => None,
        }
    }

    /// The error that this was made of, if it is of the type `E`.
    ///
    /// ```
    /// let error = wasmc_embed::Error::from(std::fmt::Error);
    /// assert_eq!(error.downcast_ref(), Some(&std::fmt::Error));
    /// ```
    pub fn downcast_ref<E: StandardError + 'static>(&self) -> Option<&E> {
        match &self.0 {
            Kind::Other(cause) => cause.downcast_ref(),
            Kind::Exit(_) | Kind::Suspended => None,
        }
    }

    /// The error that this was made of, if it is of the type `E`.
    ///
    /// ```
    /// let error = wasmc_embed::Error::from(std::fmt::Error);
    /// assert!(error.downcast::<std::fmt::Error>().is_ok());
    /// ```
    ///
    /// # Errors
    /// This, where it is not.
    pub fn downcast<E: StandardError + 'static>(self) -> Result<E, Self> {
        match self.0 {
            Kind::Other(cause) => cause.downcast().map(|cause| *cause).map_err(|cause| Self(Kind::Other(cause))),
            other @ (Kind::Exit(_) | Kind::Suspended) => Err(Self(other)),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Other(cause) => cause.fmt(f),
            Kind::Exit(status) => write!(f, "exit with status {status}"),
            Kind::Suspended => f.write_str("a function waits for what is not there yet"),
        }
    }
}

impl<E: StandardError + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        Self(Kind::Other(Box::new(error)))
    }
}
