//! The machine `virt` of QEMU (`hw/arm/virt.c`): the devices that the runtime uses.

use super::super::board::{END_OF_INPUT, END_OF_TRANSMISSION, NOTHING_YET, weak};
use super::super::process::random_from_seed;
use super::halt::halt;
use core::arch::asm;

/// A serial port of type PL011 (Arm DDI 0183): data, flags, control.
const UART: usize = 0x0900_0000;
const FLAGS: usize = UART + 0x18;
const NOTHING_RECEIVED: u32 = 1 << 4;
const CANNOT_SEND: u32 = 1 << 5;
const CONTROL: usize = UART + 0x30;
/// The port, sending and receiving.
const ENABLED: u32 = 1 << 0 | 1 << 8 | 1 << 9;

/// A clock of type PL031 (Arm DDI 0224): seconds since 1970.
const CLOCK: usize = 0x0901_0000;

/// Semihosting (Arm 100863): the operation that ends the program, and its reason "Application exit".
const SYS_EXIT_EXTENDED: usize = 0x20;
const APPLICATION_EXIT: usize = 0x2_0026;

/// Power State Coordination Interface (Arm DEN 0022): the function that switches off.
const SYSTEM_OFF: usize = 0x8400_0008;

fn read(register: usize) -> u32 {
    // SAFETY: the address of a device register of this machine; reading it has no effect on memory.
    unsafe { core::ptr::with_exposed_provenance::<u32>(register).read_volatile() }
}

fn write(register: usize, value: u32) {
    // SAFETY: the address of a device register of this machine; writing it has no effect on memory.
    unsafe { core::ptr::with_exposed_provenance_mut::<u32>(register).write_volatile(value) };
}

/// Line control stays as it is: enabling the FIFOs would drop input that has already arrived.
extern "C" fn init() {
    write(CONTROL, ENABLED);
}
weak!("b", "wasmc_board_init", init);

extern "C" fn putc(byte: u8) {
    while read(FLAGS) & CANNOT_SEND != 0 {}
    write(UART, byte.into());
}
weak!("b", "wasmc_board_putc", putc);

extern "C" fn getc() -> i32 {
    if read(FLAGS) & NOTHING_RECEIVED != 0 {
        return NOTHING_YET;
    }
    match (read(UART) & 0xff) as i32 {
        END_OF_TRANSMISSION => END_OF_INPUT,
        byte => byte,
    }
}
weak!("b", "wasmc_board_getc", getc);

extern "C" fn ticks() -> u64 {
    let ticks;
    // SAFETY: touches no memory.
    unsafe { asm!("isb", "mrs {}, cntvct_el0", out(reg) ticks, options(nomem, nostack)) };
    ticks
}
weak!("b", "wasmc_board_ticks", ticks);

extern "C" fn ticks_per_second() -> u64 {
    let rate;
    // SAFETY: touches no memory.
    unsafe { asm!("mrs {}, cntfrq_el0", out(reg) rate, options(nomem, nostack)) };
    rate
}
weak!("b", "wasmc_board_ticks_per_second", ticks_per_second);

extern "C" fn realtime() -> u64 {
    u64::from(read(CLOCK)) * 1_000_000_000
}
weak!("b", "wasmc_board_realtime", realtime);

weak!("b", "wasmc_board_random", random_from_seed);

/// Ends the emulation with a status; without semihosting, switches the machine off.
extern "C" fn exit(status: i32) -> ! {
    let block = [APPLICATION_EXIT, status as usize];
    // SAFETY: semihosting only reads the block.
    unsafe { asm!("hlt #0xf000", in("x0") SYS_EXIT_EXTENDED, in("x1") &raw const block, options(nostack)) };
    // SAFETY: touches no memory.
    unsafe { asm!("hvc #0", in("x0") SYSTEM_OFF, options(nomem, nostack)) };
    halt()
}
weak!("b", "wasmc_board_exit", exit);
