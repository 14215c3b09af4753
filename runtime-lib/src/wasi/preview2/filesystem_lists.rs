//! `wasi:filesystem`: which directories there are, and what is in them.

use super::filesystem::{Answer, answer, descriptor_type, directory_of, valid};
use super::resources::{self, Entries, Opened, Resource};
use crate::component::{Area, Caller, Filled, List, Own, Text};
use crate::errno::Errno;
use crate::wasi::hold::hold_directory;
use crate::wasi::rights::FD_READDIR;
use crate::wasi::{carried, descriptors, directory};
use wasmc_abi::component::Canonical;
use wasmc_abi::preview2::numbers;
use wasmc_abi::preview2::types::filesystem_types::DescriptorType;

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_filesystem_types_drop_directory_entry_stream(canonical: &Canonical, handle: u32) {
    if let Some(Resource::Entries(entries)) =
        resources::drop_handle(Caller::enter(canonical), handle, numbers::DIRECTORY_ENTRY_STREAM)
    {
        entries.opened.release();
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_filesystem_types_descriptor_read_directory(canonical: &Canonical, handle: u32, to: u32) {
    answer(canonical, handle, to, |_, opened| {
        directory_of(opened)?;
        descriptors::get(opened.fd, FD_READDIR)?;
        let entries = Entries { opened: opened.share(), next: 0 };
        Ok(resources::own(numbers::DIRECTORY_ENTRY_STREAM, Resource::Entries(entries)))
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_filesystem_types_directory_entry_stream_read_directory_entry(
    canonical: &Canonical,
    handle: u32,
    to: u32,
) {
    /// Bytes of entries that are asked for at once: the longest name and what comes with it.
    const ENTRY: usize = 512;
    let caller = Caller::enter(canonical);
    let area = Area::<Answer<Option<(DescriptorType, Text)>>>::new(caller, to);
    let (representation, entries) = resources::entries(caller, handle);
    if let Some((descriptor, operations)) = carried::embedded(entries.opened.fd) {
        let position = entries.next.max(2);
        resources::set(representation, Resource::Entries(Entries { next: position.saturating_add(1), ..entries }));
        let entry = (operations.entry)(&descriptor, position);
        let entry = entry.map(|(kind, name)| Ok((descriptor_type(kind), valid(name)?))).transpose();
        return area.put(caller, entry.map_err(|error: Errno| error.into()));
    }
    let mut next = entries.next;
    let mut found = false;
    let visited = hold_directory(entries.opened.fd, FD_READDIR, |host| {
        directory::entries(host, entries.next, ENTRY, &mut |entry| {
            next = entry.next;
            if entry.name == c"." || entry.name == c".." {
                return Ok(true);
            }
            found = true;
            let name = entry.name.to_bytes();
            area.put(caller, Ok(Some((descriptor_type(entry.kind), valid(name)?))));
            Ok(false)
        })
    });
    resources::set(representation, Resource::Entries(Entries { next, ..entries }));
    match visited {
        Ok(()) if found => {}
        Ok(()) => area.put(caller, Ok(None)),
        Err(error) => area.put(caller, Err(error.into())),
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_filesystem_preopens_get_directories(canonical: &Canonical, to: u32) {
    const FIRST: u32 = 3;
    let caller = Caller::enter(canonical);
    let area = Area::<Filled>::new(caller, to);
    // They were opened first, and stay open.
    let granted = |fd: &u32| descriptors::get(*fd, 0).ok().and_then(|descriptor| descriptor.preopen);
    let count = (FIRST..).take_while(|fd| granted(fd).is_some()).count() as u32;
    let mut list = List::<(Own, Text)>::new(caller, count);
    for fd in FIRST..FIRST + count {
        let descriptor = Resource::Descriptor(Opened::permanent(fd));
        list.push(caller, (resources::own(numbers::DESCRIPTOR, descriptor), Text(granted(&fd).unwrap_or_default())));
    }
    area.put(caller, list.end());
}
