//! System calls.

/// Makes a system call without arguments. See [`syscall6`].
///
/// # Safety
/// As [`syscall6`].
#[inline(always)]
pub unsafe fn syscall0(number: u32) -> isize {
    let result;
    // SAFETY: the caller promises that the call breaks nothing that other code relies on.
    unsafe { system_call!(result, number) };
    result
}

/// Makes a system call with 1 argument. See [`syscall6`].
///
/// # Safety
/// As [`syscall6`].
#[inline(always)]
pub unsafe fn syscall1(number: u32, a: usize) -> isize {
    let result;
    // SAFETY: the caller promises that the call breaks nothing that other code relies on.
    unsafe { system_call!(result, number, a) };
    result
}

/// Makes a system call with 2 arguments. See [`syscall6`].
///
/// # Safety
/// As [`syscall6`].
#[inline(always)]
pub unsafe fn syscall2(number: u32, a: usize, b: usize) -> isize {
    let result;
    // SAFETY: the caller promises that the call breaks nothing that other code relies on.
    unsafe { system_call!(result, number, a, b) };
    result
}

/// Makes a system call with 3 arguments. See [`syscall6`].
///
/// # Safety
/// As [`syscall6`].
#[inline(always)]
pub unsafe fn syscall3(number: u32, a: usize, b: usize, c: usize) -> isize {
    let result;
    // SAFETY: the caller promises that the call breaks nothing that other code relies on.
    unsafe { system_call!(result, number, a, b, c) };
    result
}

/// Makes a system call with 4 arguments. See [`syscall6`].
///
/// # Safety
/// As [`syscall6`].
#[inline(always)]
pub unsafe fn syscall4(number: u32, a: usize, b: usize, c: usize, d: usize) -> isize {
    let result;
    // SAFETY: the caller promises that the call breaks nothing that other code relies on.
    unsafe { system_call!(result, number, a, b, c, d) };
    result
}

/// Makes a system call with 5 arguments. See [`syscall6`].
///
/// # Safety
/// As [`syscall6`].
#[inline(always)]
pub unsafe fn syscall5(number: u32, a: usize, b: usize, c: usize, d: usize, e: usize) -> isize {
    let result;
    // SAFETY: the caller promises that the call breaks nothing that other code relies on.
    unsafe { system_call!(result, number, a, b, c, d, e) };
    result
}

/// Makes a system call with 6 arguments and returns the kernel's result, -4095..=-1 for an error.
///
/// # Safety
/// The call must not break what other code relies on: memory that it writes to must be the caller's.
#[inline(always)]
pub unsafe fn syscall6(number: u32, a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> isize {
    let result;
    // SAFETY: the caller promises that the call breaks nothing that other code relies on.
    unsafe { system_call!(result, number, a, b, c, d, e, f) };
    result
}
