//! The filter of system calls as the kernel takes it: classic BPF over `struct seccomp_data` (`linux/seccomp.h`).

use super::architecture::CallArchitecture;
use std::collections::BTreeMap;
use wasmc_abi::confinement::OWN_PROCESS;

/// Instruction codes (`linux/bpf_common.h`): load a word of the data, compare, test bits, return.
const LOAD: u16 = 0x20;
const JUMP_EQUAL: u16 = 0x15;
const JUMP_SET: u16 = 0x45;
const JUMP_AT_LEAST: u16 = 0x35;
const RETURN: u16 = 0x06;

/// No system call has a number from here on.
const NO_CALLS: u32 = 0xffff_f000;

/// Offsets in `struct seccomp_data`: the call's number, its architecture, the low half of an argument.
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
const fn argument(index: u32) -> u32 {
    16 + 8 * index
}

/// What happens to a call (`SECCOMP_RET_*`).
const KILL: u32 = 0x8000_0000;
const TRAP: u32 = 0x0003_0000;
const ALLOW: u32 = 0x7fff_0000;

const PROT_EXEC: u32 = 4;
const CLONE_THREAD: u32 = 0x1_0000;
const FIONREAD: u32 = 0x541b;
const F_SETFL: u32 = 4;
const F_DUPFD_CLOEXEC: u32 = 1030;
const STANDARD_ERROR: u32 = 2;

/// What must hold for an argument of a call.
enum Check {
    /// One of these values.
    OneOf(u32, &'static [u32]),
    /// Without this bit.
    Without(u32, u32),
    /// With this bit.
    With(u32, u32),
}

/// The check of an argument, for calls that can do more than the runtime needs: no memory becomes executable, no
/// process is created, only the program's own process gets signals, and `write` is for standard error.
fn check(name: &str) -> Option<Check> {
    match name {
        "mmap" | "mprotect" => Some(Check::Without(2, PROT_EXEC)),
        "clone" => Some(Check::With(0, CLONE_THREAD)),
        "ioctl" => Some(Check::OneOf(1, &[FIONREAD])),
        "fcntl" => Some(Check::OneOf(1, &[F_SETFL, F_DUPFD_CLOEXEC])),
        "tgkill" => Some(Check::OneOf(0, &[OWN_PROCESS])),
        "write" => Some(Check::OneOf(0, &[STANDARD_ERROR])),
        _ => None,
    }
}

/// `struct sock_filter`, little-endian.
fn instruction(code: u16, on_true: u8, on_false: u8, value: u32) -> [u8; 8] {
    let [c0, c1] = code.to_le_bytes();
    let [v0, v1, v2, v3] = value.to_le_bytes();
    [c0, c1, on_true, on_false, v0, v1, v2, v3]
}

/// A filter that allows the `runtime`'s calls, by number and name, and `others`, whose arguments are not checked.
pub fn filter(architecture: CallArchitecture, runtime: &BTreeMap<u32, &str>, others: &[u32]) -> Vec<[u8; 8]> {
    let mut code = vec![
        instruction(LOAD, 0, 0, ARCHITECTURE),
        instruction(JUMP_EQUAL, 1, 0, architecture.audit()),
        instruction(RETURN, 0, 0, KILL),
        instruction(LOAD, 0, 0, NUMBER),
        // A call that a debugger has cancelled appears as number -1. The kernel has no calls there.
        instruction(JUMP_AT_LEAST, 0, 1, NO_CALLS),
        instruction(RETURN, 0, 0, ALLOW),
    ];
    let checks = |number: u32| runtime.get(&number).and_then(|name| check(name)).filter(|_| !others.contains(&number));
    let mut numbers: Vec<u32> = runtime.keys().chain(others).copied().collect();
    numbers.sort_unstable();
    numbers.dedup();
    for number in numbers {
        let body = match checks(number) {
            None => vec![instruction(RETURN, 0, 0, ALLOW)],
            Some(check) => checked(&check),
        };
        code.push(instruction(JUMP_EQUAL, 0, body.len() as u8, number));
        code.extend(body);
    }
    code.push(instruction(RETURN, 0, 0, TRAP));
    code
}

/// The numbers of the calls that a filter written by [`filter`] allows.
pub fn numbers(code: &[u8]) -> Vec<u32> {
    const HEAD: usize = 6;
    let mut numbers = Vec::new();
    let mut rest = code.chunks_exact(8).skip(HEAD);
    while let Some(&[c0, c1, _, body, v0, v1, v2, v3]) = rest.next() {
        if u16::from_le_bytes([c0, c1]) == JUMP_EQUAL {
            numbers.push(u32::from_le_bytes([v0, v1, v2, v3]));
            rest.by_ref().take(body.into()).for_each(drop);
        }
    }
    numbers
}

/// Allows a call where the check of its argument holds.
fn checked(check: &Check) -> Vec<[u8; 8]> {
    let (allow, trap) = (instruction(RETURN, 0, 0, ALLOW), instruction(RETURN, 0, 0, TRAP));
    match *check {
        Check::Without(index, bit) => {
            vec![instruction(LOAD, 0, 0, argument(index)), instruction(JUMP_SET, 1, 0, bit), allow, trap]
        }
        Check::With(index, bit) => {
            vec![instruction(LOAD, 0, 0, argument(index)), instruction(JUMP_SET, 0, 1, bit), allow, trap]
        }
        Check::OneOf(index, values) => {
            let mut code = vec![instruction(LOAD, 0, 0, argument(index))];
            for (value, position) in values.iter().zip(0..) {
                let to_allow = values.len() as u8 - position;
                code.push(instruction(JUMP_EQUAL, to_allow, 0, *value));
            }
            code.extend([trap, allow]);
            code
        }
    }
}
