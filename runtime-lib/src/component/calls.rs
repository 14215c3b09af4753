//! Calls from one component to another: what has been lent to the callee, and who has lent it.

use super::fault::trap;
use super::handles::Handles;
use super::room;
use core::cell::UnsafeCell;
use core::ptr::null_mut;
use wasmc_abi::component::Instance;

/// A call that has not ended.
#[derive(Clone, Copy)]
struct Call {
    /// Handles that were made for the callee and that it has not dropped.
    borrows: u32,
    /// How many loans there were before it.
    loans: u32,
}

/// A handle that has been lent until the end of a call.
#[derive(Clone, Copy)]
struct Loan {
    instance: *mut Instance,
    number: u32,
    resource: u32,
}

/// Values of which the last one goes first.
struct Stack<T> {
    values: *mut T,
    capacity: u32,
    len: u32,
}

impl<T: Copy> Stack<T> {
    const NONE: Self = Self { values: null_mut(), capacity: 0, len: 0 };

    fn push(&mut self, value: T) {
        if self.len == self.capacity {
            // SAFETY: the array is what the last call made; any bytes are a `Call` or a `Loan`.
            let Ok((values, capacity)) = (unsafe { room::grow(self.values, self.capacity) }) else {
                trap("out of memory for calls between components")
            };
            (self.values, self.capacity) = (values.as_ptr(), capacity);
        }
        // SAFETY: there is room for one more.
        unsafe { self.values.add(self.len as usize).write(value) };
        self.len += 1;
    }

    fn pop(&mut self) -> Option<T> {
        self.len = self.len.checked_sub(1)?;
        // SAFETY: the value was pushed.
        Some(unsafe { self.values.add(self.len as usize).read() })
    }

    fn get(&mut self, index: u32) -> Option<&mut T> {
        // SAFETY: the value was pushed.
        (index < self.len).then(|| unsafe { &mut *self.values.add(index as usize) })
    }
}

struct Stacks {
    calls: Stack<Call>,
    loans: Stack<Loan>,
}

struct Shared(UnsafeCell<Stacks>);

// SAFETY: components have one thread.
unsafe impl Sync for Shared {}

static STACKS: Shared = Shared(UnsafeCell::new(Stacks { calls: Stack::NONE, loans: Stack::NONE }));

fn stacks() -> &'static mut Stacks {
    // SAFETY: no function here keeps the reference while another one uses it.
    unsafe { &mut *STACKS.0.get() }
}

/// Begins a call.
pub fn enter() {
    let Stacks { calls, loans } = stacks();
    calls.push(Call { borrows: 0, loans: loans.len });
}

/// Ends the innermost call: what was lent for it is given back. Traps where the callee still has some.
pub fn exit() {
    let Stacks { calls, loans } = stacks();
    let Some(call) = calls.pop() else { trap("a call between components ended that had not begun") };
    if call.borrows > 0 {
        trap("borrow handles still remain at the end of the call");
    }
    while loans.len > call.loans {
        if let Some(Loan { instance, number, resource }) = loans.pop() {
            Handles::of(instance).lend(number, resource, false);
        }
    }
}

/// Counts a handle that its owner lends until the end of the innermost call.
pub fn lend(instance: *mut Instance, number: u32, resource: u32) {
    Handles::of(instance).lend(number, resource, true);
    stacks().loans.push(Loan { instance, number, resource });
}

/// Counts a handle that is made for the callee of the innermost call; returns the number of that.
pub fn borrow() -> u32 {
    let calls = &mut stacks().calls;
    let number = calls.len;
    match calls.get(number.wrapping_sub(1)) {
        Some(call) => call.borrows += 1,
        None => trap("a handle was lent to no call"),
    }
    number
}

/// Drops a handle. Returns the representation where that was owned; what was borrowed is given back.
pub fn drop_handle(instance: *mut Instance, number: u32, resource: u32) -> Option<u32> {
    let handle = Handles::of(instance).remove(number, resource);
    if handle.call == 0 {
        return Some(handle.representation);
    }
    if let Some(call) = stacks().calls.get(handle.call.wrapping_sub(1)) {
        call.borrows = call.borrows.saturating_sub(1);
    }
    None
}
