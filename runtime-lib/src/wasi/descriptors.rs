//! The guest's descriptors.
//!
//! The table is only touched inside the short functions here, which copy descriptors in and out: no caller holds on to it
//! while it waits for the system.

use super::rights::{self, Rights};
use crate::errno::{Errno, Result};
use crate::sys::{self, Fd, FileType};
use crate::thread::lock::Lock;
use core::cell::UnsafeCell;
use core::ffi::CStr;
use core::mem::MaybeUninit;
use core::ptr::{NonNull, null_mut};
use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};

/// What a descriptor stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing: the place is free.
    Free,
    /// Standard input, output or error, shared with whoever started the program.
    Standard,
    /// A file that the guest opened, or a connection that it accepted.
    File(FileType),
    /// A directory.
    Directory,
    /// A file that the user granted, by its name: the host is the directory it lies in. For the guest, who knows no grants but
    /// of directories, it is one in which nothing is but the file, as `.`.
    NamedFile,
    /// A directory or file that is part of the program: see [`super::embedded`].
    Embedded,
}

impl Kind {
    /// Whether it is a directory for the guest.
    pub fn is_directory(self) -> bool {
        matches!(self, Self::Directory | Self::NamedFile)
    }
}

/// Appends on every write; the flags are those of WASI preview 1.
pub const APPEND: u16 = 1 << 0;
/// Writes wait for the data to be stored.
pub const DSYNC: u16 = 1 << 1;
/// Calls do not wait.
pub const NONBLOCK: u16 = 1 << 2;
/// Reads wait for writes to be stored.
pub const RSYNC: u16 = 1 << 3;
/// Writes wait for data and metadata to be stored.
pub const SYNC: u16 = 1 << 4;

/// A descriptor of the guest.
#[derive(Clone, Copy)]
pub struct Descriptor {
    /// The system's descriptor.
    pub host: Fd,
    /// What it stands for.
    pub kind: Kind,
    /// Beneath a directory granted read-only, or such a file.
    pub read_only: bool,
    /// Flags that the guest gave.
    pub flags: u16,
    /// What it may be used for.
    pub rights: Rights,
    /// What descriptors opened beneath it may be used for.
    pub inheriting: Rights,
    /// The name the guest knows a granted directory or file by.
    pub preopen: Option<&'static [u8]>,
}

impl Descriptor {
    /// Nothing.
    pub const FREE: Self =
        Self { host: -1, kind: Kind::Free, read_only: false, flags: 0, rights: 0, inheriting: 0, preopen: None };

    /// Standard input, output or error.
    pub const fn standard(host: Fd) -> Self {
        let other = if host == 0 { rights::FD_WRITE } else { rights::FD_READ };
        let rights = (rights::FILE | rights::SOCKET) & !other;
        Self { host, kind: Kind::Standard, rights, inheriting: 0, ..Self::FREE }
    }

    /// A directory that the user granted.
    pub const fn granted(host: Fd, name: &'static [u8], read_only: bool) -> Self {
        let inheriting = rights::DIRECTORY | rights::FILE;
        Self {
            host,
            kind: Kind::Directory,
            read_only,
            rights: rights::DIRECTORY,
            inheriting,
            preopen: Some(name),
            ..Self::FREE
        }
    }

    /// Of the directory that a granted file lies in, the file alone.
    ///
    /// # Safety
    /// Behind the name that the guest knows it by lie a NUL and the file's name in the directory, for as long as the process
    /// runs.
    pub const unsafe fn named_file(self) -> Self {
        Self { kind: Kind::NamedFile, rights: rights::NAMED_FILE, inheriting: rights::FILE, ..self }
    }

    /// The name of a named file in its directory.
    pub fn file_name(&self) -> &'static CStr {
        match self.preopen {
            // SAFETY: see `named_file`.
            Some(name) if self.kind == Kind::NamedFile => unsafe {
                CStr::from_ptr(name.as_ptr().add(name.len() + 1).cast())
            },
            _ => c"",
        }
    }

    /// A directory or file that is part of the program; `host` is no descriptor of the system's.
    pub const fn embedded(host: Fd, rights: Rights, inheriting: Rights) -> Self {
        Self { host, kind: Kind::Embedded, rights, inheriting, ..Self::FREE }
    }

    /// A listening socket that the user granted.
    #[allow(dead_code, reason = "not every system has sockets")]
    pub const fn listening(host: Fd) -> Self {
        Self { host, kind: Kind::File(FileType::Socket), rights: rights::SOCKET, ..Self::FREE }
    }

    /// What is left of a descriptor for which the system has nothing to close.
    pub const CLOSED: Self = Self { host: 2, kind: Kind::Standard, ..Self::FREE };

    /// What a path means here: a path beneath the directory `host`, and whether links may be followed to it.
    pub fn meaning<'a>(&self, path: &'a CStr, follow: bool) -> Result<(&'a CStr, bool)> {
        match self.kind {
            Kind::Directory => Ok((path, follow)),
            Kind::NamedFile if path.to_bytes() == b"." => Ok((self.file_name(), false)),
            Kind::NamedFile => Err(if path.is_empty() { Errno::NOENT } else { Errno::NOTDIR }),
            _ => Err(Errno::BADF),
        }
    }

    /// Fails unless the descriptor may be used in all these ways.
    pub fn require(&self, wanted: Rights) -> Result<()> {
        let missing = wanted & !self.rights;
        if missing & (rights::FD_READ | rights::FD_WRITE) != 0 {
            Err(Errno::BADF)
        } else if missing != 0 {
            Err(Errno::NOTCAPABLE)
        } else if self.read_only && wanted & rights::CHANGING != 0 {
            Err(Errno::PERM)
        } else {
            Ok(())
        }
    }
}

const FIRST: usize = 16;

struct Table {
    places: NonNull<Descriptor>,
    capacity: usize,
    /// No place below is free.
    lowest: usize,
}

struct Shared<T>(UnsafeCell<T>);

// SAFETY: only touched under `LOCK`, and no function here calls back while it has access.
unsafe impl<T> Sync for Shared<T> {}

static LOCK: Lock = Lock::new();
static FIRST_PLACES: Shared<MaybeUninit<[Descriptor; FIRST]>> = Shared(UnsafeCell::new(MaybeUninit::uninit()));
static TABLE: Shared<Table> = Shared(UnsafeCell::new(Table { places: NonNull::dangling(), capacity: 0, lowest: 0 }));

impl Table {
    fn place(&mut self, fd: u32) -> Option<&mut Descriptor> {
        if fd as usize >= self.capacity {
            return None;
        }
        // SAFETY: `capacity` places are initialised and belong to the table, which is borrowed.
        Some(unsafe { self.places.add(fd as usize).as_mut() })
    }

    fn used(&mut self, fd: u32) -> Result<&mut Descriptor> {
        self.place(fd).filter(|place| place.kind != Kind::Free).ok_or(Errno::BADF)
    }

    fn grow(&mut self) -> Result<()> {
        if self.capacity == 0 {
            // SAFETY: the table alone uses these places; see `Shared`.
            let places = unsafe { (*FIRST_PLACES.0.get()).write([Descriptor::FREE; FIRST]) };
            self.places = NonNull::from_mut(places).cast();
            self.capacity = FIRST;
            return Ok(());
        }
        let capacity = if self.capacity == FIRST { (64 << 10) / size_of::<Descriptor>() } else { self.capacity * 2 };
        let address = sys::map_zeroed(capacity * size_of::<Descriptor>())?;
        let places = NonNull::new(core::ptr::with_exposed_provenance_mut::<Descriptor>(address)).ok_or(Errno::NOMEM)?;
        for index in 0..capacity {
            let value = self.place(index as u32).map_or(Descriptor::FREE, |place| *place);
            // SAFETY: the new room has `capacity` places.
            unsafe { places.add(index).write(value) };
        }
        if self.capacity > FIRST {
            // SAFETY: the old room was mapped by this function, and nothing points there any more.
            unsafe { sys::unmap(self.places.as_ptr().expose_provenance(), self.capacity * size_of::<Descriptor>()) };
        }
        self.places = places;
        self.capacity = capacity;
        Ok(())
    }
}

fn with<R>(action: impl FnOnce(&mut Table) -> R) -> R {
    // SAFETY: see `Shared`; the actions in this file do not call `with`.
    LOCK.with(|| action(unsafe { &mut *TABLE.0.get() }))
}

/// A descriptor that may be used in all the ways wanted. Once in every program, whoever calls it.
#[inline(never)]
pub fn get(fd: u32, wanted: Rights) -> Result<Descriptor> {
    let descriptor = with(|table| table.used(fd).copied())?;
    descriptor.require(wanted)?;
    Ok(descriptor)
}

/// As [`get`], for a directory.
pub fn directory(fd: u32, wanted: Rights) -> Result<Descriptor> {
    let descriptor = get(fd, 0)?;
    if !descriptor.kind.is_directory() {
        return Err(Errno::BADF);
    }
    descriptor.require(wanted)?;
    Ok(descriptor)
}

/// As [`get`], for anything but a directory.
pub fn file(fd: u32, wanted: Rights) -> Result<Descriptor> {
    let descriptor = get(fd, 0)?;
    if descriptor.kind.is_directory() {
        return Err(Errno::BADF);
    }
    descriptor.require(wanted)?;
    Ok(descriptor)
}

/// Gives a descriptor the lowest free number.
pub fn insert(descriptor: Descriptor) -> Result<u32> {
    with(|table| {
        let mut fd = table.lowest as u32;
        loop {
            match table.place(fd) {
                None => table.grow()?,
                Some(place) if place.kind == Kind::Free => {
                    *place = descriptor;
                    table.lowest = fd as usize + 1;
                    return Ok(fd);
                }
                Some(_) => fd += 1,
            }
        }
    })
}

/// Passes every descriptor to `visit`, before the guest runs.
#[allow(dead_code, reason = "not every system confines programs")]
pub fn each(visit: &mut dyn FnMut(&Descriptor)) {
    let mut fd = 0;
    while let Some(place) = with(|table| table.place(fd).copied()) {
        visit(&place);
        fd += 1;
    }
}

/// Takes a standard stream away: its number stays in use, but is good for nothing.
pub fn turn_off(stream: u32) {
    let _ = update(stream, |descriptor| {
        (descriptor.host, descriptor.rights) = (-1, 0);
        Ok(())
    });
}

/// Frees a number.
pub fn remove(fd: u32) -> Result<Descriptor> {
    with(|table| {
        let descriptor = core::mem::replace(table.used(fd)?, Descriptor::FREE);
        table.lowest = table.lowest.min(fd as usize);
        Ok(descriptor)
    })
}

/// Moves a descriptor to a number that is in use; returns the one that had it.
pub fn renumber(from: u32, to: u32) -> Result<Option<Descriptor>> {
    with(|table| {
        table.used(to)?;
        let moved = *table.used(from)?;
        if from == to {
            return Ok(None);
        }
        *table.used(from)? = Descriptor::FREE;
        table.lowest = table.lowest.min(from as usize);
        Ok(Some(core::mem::replace(table.used(to)?, moved)))
    })
}

/// Changes a descriptor.
pub fn update(fd: u32, change: impl FnOnce(&mut Descriptor) -> Result<()>) -> Result<()> {
    with(|table| change(table.used(fd)?))
}

/// Closes the system's side of a descriptor that has left the table. Standard error stays open for the runtime's own
/// messages; of a stream that was taken away there is nothing to close.
pub fn close(descriptor: Descriptor) -> Result<()> {
    if descriptor.kind == Kind::Standard && (descriptor.host == 2 || descriptor.host < 0) {
        return Ok(());
    }
    let closing = CLOSING.load(Relaxed);
    if !closing.is_null() {
        // SAFETY: only functions of this type are stored there.
        let leave = unsafe { core::mem::transmute::<*mut (), fn(Fd) -> bool>(closing) };
        if leave(descriptor.host) {
            return Ok(());
        }
    }
    sys::close(descriptor.host)
}

/// See [`set_closing`]; null until then.
static CLOSING: AtomicPtr<()> = AtomicPtr::new(null_mut());

/// Has `leave` asked before anything is closed: whether somebody else will do that. Programs that never need it are linked
/// without it.
pub fn set_closing(leave: fn(Fd) -> bool) {
    // The compiler must not find out that there is only one such function, and call it directly.
    CLOSING.store(core::hint::black_box(leave as *mut ()), Relaxed);
}
