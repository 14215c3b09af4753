//! Built-ins of the canonical ABI for resources that components define, and what adapters between components call.

use super::caller::Caller;
use super::calls;
use super::fault::{trap, trap_with_number};
use super::handles::Handles;
use wasmc_abi::component::{ADAPTER_TRAPS, Canonical, ResourceTable};

unsafe extern "C" {
    /// The component's resources ([`wasmc_abi::component::RESOURCE_TABLES`]).
    static wasmc_resource_tables: ResourceTable;
}

/// The resource type that adapters know by this index.
fn table(index: u32) -> &'static ResourceTable {
    // SAFETY: the compiler writes the array, and adapters have indices of it alone.
    unsafe { &*(&raw const wasmc_resource_tables).add(index as usize) }
}

/// Makes a handle that owns a resource with this representation (`Builtin::ResourceNew`).
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_resource_new(canonical: &Canonical, representation: u32) -> u32 {
    let caller = Caller::enter(canonical);
    Handles::of(caller.instance()).insert_own(canonical.resource, representation)
}

/// The representation behind a handle (`Builtin::ResourceRep`).
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_resource_rep(canonical: &Canonical, handle: u32) -> u32 {
    Handles::of(canonical.instance).get(handle, canonical.resource).representation
}

/// Drops a handle (`Builtin::ResourceDrop`), and the resource where that was owned.
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_resource_drop(canonical: &Canonical, handle: u32) {
    let caller = Caller::enter(canonical);
    let Some(representation) = calls::drop_handle(caller.instance(), handle, canonical.resource) else { return };
    if let Some(destructor) = canonical.destructor {
        let mut values = [u128::from(representation)];
        // SAFETY: it is a core function of the component that takes one value and returns none.
        unsafe { destructor(values.as_mut_ptr()) };
    }
}

/// Moves a resource that is owned from one component instance to another; returns its handle there
/// (`Builtin::TransferOwn`).
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_transfer_own(_: &Canonical, handle: u32, from: u32, to: u32) -> u32 {
    let (from, to) = (table(from), table(to));
    let moved = Handles::of(from.instance).remove(handle, from.resource);
    if moved.call != 0 {
        trap("cannot lift own resource from a borrow");
    }
    Handles::of(to.instance).insert_own(to.resource, moved.representation)
}

/// Lends a resource of one component instance to another, until the innermost call ends; returns its handle there, or
/// its representation where the other defines it (`Builtin::TransferBorrow`).
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_transfer_borrow(_: &Canonical, handle: u32, from: u32, to: u32) -> u32 {
    let (from, to) = (table(from), table(to));
    let lent = Handles::of(from.instance).get(handle, from.resource);
    if lent.call == 0 {
        calls::lend(from.instance, handle, from.resource);
    }
    if to.is_definer != 0 {
        return lent.representation;
    }
    Handles::of(to.instance).insert_borrow(to.resource, lent.representation, calls::borrow())
}

/// Begins a call from one component to another (`Builtin::EnterCall`).
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_enter_call(_: &Canonical, _caller: u32, _callee_async: u32, _callee: u32) {
    calls::enter();
}

/// Ends it (`Builtin::ExitCall`).
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_exit_call(_: &Canonical) {
    calls::exit();
}

/// Ends the program as an adapter says (`Builtin::AdapterTrap`).
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_adapter_trap(_: &Canonical, code: u32) -> ! {
    match ADAPTER_TRAPS.iter().find(|(known, _)| *known == code) {
        Some((_, message)) => trap(message),
        None => trap_with_number("trap of an adapter, number ", code, ""),
    }
}
