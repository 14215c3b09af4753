//! The machine `virt` of QEMU (`hw/riscv/virt.c`): the devices that the runtime uses.

use super::super::board::{END_OF_INPUT, END_OF_TRANSMISSION, NOTHING_YET, weak};
use super::super::process::random_from_seed;
use super::halt::halt;

/// A serial port of type 16550, with registers of one byte.
const UART: usize = 0x1000_0000;
/// Its line status register, and bits of that.
const LINE_STATUS: usize = UART + 5;
const RECEIVED: u8 = 1 << 0;
const CAN_SEND: u8 = 1 << 5;

/// Ends the emulation (`hw/misc/sifive_test.c`).
const FINISHER: usize = 0x10_0000;
const PASS: u32 = 0x5555;
const FAIL: u32 = 0x3333;

/// The counter of the core-local interruptor.
const MTIME: usize = 0x0200_bff8;
const MTIME_RATE: u64 = 10_000_000;

/// The clock `goldfish-rtc`: nanoseconds since 1970. Reading the lower half latches the upper one.
const CLOCK_LOW: usize = 0x10_1000;
const CLOCK_HIGH: usize = 0x10_1004;

fn read<T>(register: usize) -> T {
    // SAFETY: the address of a device register of this machine; reading it has no effect on memory.
    unsafe { core::ptr::with_exposed_provenance::<T>(register).read_volatile() }
}

fn write<T>(register: usize, value: T) {
    // SAFETY: the address of a device register of this machine; writing it has no effect on memory.
    unsafe { core::ptr::with_exposed_provenance_mut::<T>(register).write_volatile(value) };
}

/// The port sends and receives without further set-up.
extern "C" fn init() {}
weak!("tail", "wasmc_board_init", init);

extern "C" fn putc(byte: u8) {
    while read::<u8>(LINE_STATUS) & CAN_SEND == 0 {}
    write(UART, byte);
}
weak!("tail", "wasmc_board_putc", putc);

extern "C" fn getc() -> i32 {
    if read::<u8>(LINE_STATUS) & RECEIVED == 0 {
        return NOTHING_YET;
    }
    match i32::from(read::<u8>(UART)) {
        END_OF_TRANSMISSION => END_OF_INPUT,
        byte => byte,
    }
}
weak!("tail", "wasmc_board_getc", getc);

extern "C" fn ticks() -> u64 {
    read(MTIME)
}
weak!("tail", "wasmc_board_ticks", ticks);

extern "C" fn ticks_per_second() -> u64 {
    MTIME_RATE
}
weak!("tail", "wasmc_board_ticks_per_second", ticks_per_second);

extern "C" fn realtime() -> u64 {
    let low: u32 = read(CLOCK_LOW);
    u64::from(read::<u32>(CLOCK_HIGH)) << 32 | u64::from(low)
}
weak!("tail", "wasmc_board_realtime", realtime);

weak!("tail", "wasmc_board_random", random_from_seed);

extern "C" fn exit(status: i32) -> ! {
    write(FINISHER, if status == 0 { PASS } else { (status as u32) << 16 | FAIL });
    halt()
}
weak!("tail", "wasmc_board_exit", exit);
