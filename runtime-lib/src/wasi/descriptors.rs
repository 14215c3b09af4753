//! The guest's descriptors.
//!
//! Only the short functions here use the table; they copy descriptors in and out. So no caller holds the lock while it
//! waits for the system.

use super::rights::{self, Rights};
use crate::budget;
use crate::errno::{Errno, Result};
use crate::sys::{self, Fd, FileType};
use crate::thread::lock::Lock;
use core::cell::UnsafeCell;
use core::ffi::CStr;
use core::mem::MaybeUninit;
use core::ptr::{NonNull, null_mut};
use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};

/// The kind of file behind a descriptor.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// None: the number is free.
    Free,
    /// Standard input, output or error, shared with the process that started the program.
    Standard,
    /// A file that the guest opened, or a connection that it accepted.
    File(FileType),
    /// A directory.
    Directory,
    /// A file that the user granted by name: `host` is the directory that holds it. For the guest, which knows only
    /// grants of directories, it is a directory with this file alone, as `.`.
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
    /// The kind of file.
    pub kind: Kind,
    /// Beneath a directory granted read-only, or such a file.
    pub read_only: bool,
    /// Flags that the guest set.
    pub flags: u16,
    /// Its rights.
    pub rights: Rights,
    /// The rights that descriptors opened beneath it can have.
    pub inheriting: Rights,
    /// The guest's name of a granted directory or file.
    pub preopen: Option<&'static [u8]>,
}

impl Descriptor {
    /// The descriptor of a free number.
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

    /// The granted file alone, of the directory that holds it.
    ///
    /// # Safety
    /// A NUL and the name of the file in the directory must follow the guest's name in memory, for as long as the
    /// process runs.
    pub const unsafe fn named_file(self) -> Self {
        Self { kind: Kind::NamedFile, rights: rights::NAMED_FILE, inheriting: rights::FILE, ..self }
    }

    /// The name of a named file in its directory.
    pub fn file_name(&self) -> &'static CStr {
        match self.preopen {
            // SAFETY: the caller of `named_file` promised that a NUL and the name of the file follow the guest's name.
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
    #[allow(dead_code, reason = "only Linux has grants of sockets")]
    pub const fn listening(host: Fd) -> Self {
        Self { host, kind: Kind::File(FileType::Socket), rights: rights::SOCKET, ..Self::FREE }
    }

    /// What remains of a descriptor for which the system has nothing to close.
    pub const CLOSED: Self = Self { host: 2, kind: Kind::Standard, ..Self::FREE };

    /// The path beneath the directory `host` that the guest's path stands for, and whether links may be followed there.
    pub fn host_path<'a>(&self, path: &'a CStr, follow: bool) -> Result<(&'a CStr, bool)> {
        match self.kind {
            Kind::Directory => Ok((path, follow)),
            Kind::NamedFile if path.to_bytes() == b"." => Ok((self.file_name(), false)),
            Kind::NamedFile => Err(if path.is_empty() { Errno::NOENT } else { Errno::NOTDIR }),
            _ => Err(Errno::BADF),
        }
    }

    /// Fails unless the descriptor has all these rights.
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
    slots: NonNull<Descriptor>,
    capacity: usize,
    /// No number below is free.
    lowest: usize,
}

struct Shared<T>(UnsafeCell<T>);

// SAFETY: only used with `LOCK` held, and no function here calls others that take the lock meanwhile.
unsafe impl<T> Sync for Shared<T> {}

static LOCK: Lock = Lock::new();
static FIRST_SLOTS: Shared<MaybeUninit<[Descriptor; FIRST]>> = Shared(UnsafeCell::new(MaybeUninit::uninit()));
static TABLE: Shared<Table> = Shared(UnsafeCell::new(Table { slots: NonNull::dangling(), capacity: 0, lowest: 0 }));

impl Table {
    fn slot(&mut self, fd: u32) -> Option<&mut Descriptor> {
        if fd as usize >= self.capacity {
            return None;
        }
        // SAFETY: `capacity` slots are initialised, and only the table, which is borrowed, refers to them.
        Some(unsafe { self.slots.add(fd as usize).as_mut() })
    }

    fn used(&mut self, fd: u32) -> Result<&mut Descriptor> {
        self.slot(fd).filter(|slot| slot.kind != Kind::Free).ok_or(Errno::BADF)
    }

    fn grow(&mut self) -> Result<()> {
        if self.capacity == 0 {
            // SAFETY: only the table uses these slots, and only with `LOCK` held.
            let slots = unsafe { (*FIRST_SLOTS.0.get()).write([Descriptor::FREE; FIRST]) };
            self.slots = NonNull::from_mut(slots).cast();
            self.capacity = FIRST;
            return Ok(());
        }
        let capacity = if self.capacity == FIRST { (64 << 10) / size_of::<Descriptor>() } else { self.capacity * 2 };
        let size = capacity * size_of::<Descriptor>();
        let address = budget::allocate(size, || sys::map_zeroed(size))?;
        let slots = NonNull::new(core::ptr::with_exposed_provenance_mut::<Descriptor>(address)).ok_or(Errno::NOMEM)?;
        for index in 0..capacity {
            let value = self.slot(index as u32).map_or(Descriptor::FREE, |slot| *slot);
            // SAFETY: the new mapping has `capacity` slots.
            unsafe { slots.add(index).write(value) };
        }
        if self.capacity > FIRST {
            let old_size = self.capacity * size_of::<Descriptor>();
            // SAFETY: this function made the old mapping, and nothing refers to it any more.
            unsafe { sys::unmap(self.slots.as_ptr().expose_provenance(), old_size) };
            budget::refund(old_size);
        }
        self.slots = slots;
        self.capacity = capacity;
        Ok(())
    }
}

fn with<R>(action: impl FnOnce(&mut Table) -> R) -> R {
    // SAFETY: the lock is held, and no action in this file calls `with`.
    LOCK.with(|| action(unsafe { &mut *TABLE.0.get() }))
}

/// The descriptor with this number, if it has all the rights in `wanted`. Not inlined: it has many callers.
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
            match table.slot(fd) {
                None => table.grow()?,
                Some(slot) if slot.kind == Kind::Free => {
                    *slot = descriptor;
                    table.lowest = fd as usize + 1;
                    return Ok(fd);
                }
                Some(_) => fd += 1,
            }
        }
    })
}

/// Passes every descriptor to `visit`, before the guest runs.
#[allow(dead_code, reason = "only Linux confines programs")]
pub fn each(visit: &mut dyn FnMut(&Descriptor)) {
    let mut fd = 0;
    while let Some(descriptor) = with(|table| table.slot(fd).copied()) {
        visit(&descriptor);
        fd += 1;
    }
}

/// Takes a standard stream away: its number stays in use, without any rights.
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

/// Moves a descriptor to a number that is in use; returns the descriptor that had that number.
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

/// Closes the system's descriptor of one that was removed from the table. Standard error stays open for messages of the
/// runtime; a stream that was taken away has nothing to close.
pub fn close(descriptor: Descriptor) -> Result<()> {
    if descriptor.kind == Kind::Standard && (descriptor.host == 2 || descriptor.host < 0) {
        return Ok(());
    }
    let closing = CLOSING.load(Relaxed);
    if !closing.is_null() {
        // SAFETY: only `set_closing` stores a value other than null, the address of a function of this type.
        let leave_to_holder = unsafe { core::mem::transmute::<*mut (), fn(Fd) -> bool>(closing) };
        if leave_to_holder(descriptor.host) {
            return Ok(());
        }
    }
    sys::close(descriptor.host)
}

/// See [`set_closing`]; null until then.
static CLOSING: AtomicPtr<()> = AtomicPtr::new(null_mut());

/// Sets a function that is asked before anything is closed, and returns whether a call that holds the descriptor will
/// do that. Programs without such calls are linked without it.
pub fn set_closing(leave_to_holder: fn(Fd) -> bool) {
    // Hidden from the optimiser, which would call the only such function directly.
    CLOSING.store(core::hint::black_box(leave_to_holder as *mut ()), Relaxed);
}
