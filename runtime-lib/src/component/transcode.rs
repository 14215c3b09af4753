//! Transcoders: what adapters call to move a string from one memory to another, and from one encoding to another.
//!
//! Addresses and lengths are in units of each side. The adapter has checked them; they are checked here again.

use super::caller::{Words, range};
use super::encodings::{Sink, Unit, Units, units_of};
use super::fault::trap;
use super::text::UTF16_TAG;
use wasmc_abi::component::Canonical;

const CONTENT: Words = Words { unaligned: "unaligned pointer", outside: "string content out-of-bounds" };

/// Where a string is read and where it is written.
struct Move {
    units: Units,
    sink: Sink,
    to: *mut u8,
}

impl Move {
    fn new(canonical: &Canonical, from: (Unit, u64, u64), to: (Unit, u64, u64)) -> Self {
        let pointer = |memory, (unit, at, len): (Unit, u64, u64)| {
            let size = unit.size();
            let bytes = len.saturating_mul(size.into());
            range(memory, at, bytes, size, &CONTENT)
        };
        let (source, target) = (pointer(canonical.source, from), pointer(canonical.memory, to));
        // SAFETY: `range` has checked both.
        let units = unsafe { Units::new(source, from.2 as usize, from.0) };
        // SAFETY: as above.
        let sink = unsafe { Sink::new(target, to.2 as usize, to.0) };
        Self { units, sink, to: target }
    }

    /// Moves characters as long as there is room and `accepts` takes them. Traps at what is no character.
    fn run(&mut self, accepts: impl Fn(char) -> bool) {
        let mut is_ascii = false;
        loop {
            // Where one ASCII character comes after the other, eight are looked at together.
            if is_ascii && self.units.unit() != Unit::Utf16 {
                let count = self.sink.put_ascii(self.units.address(), self.units.ascii());
                self.units.pass(count);
            }
            let Some(character) = self.units.peek() else { return };
            let Ok(character) = character else { trap(self.units.unit().problem()) };
            if !accepts(character) || !self.sink.put(character) {
                return;
            }
            self.units.pass(units_of(character, self.units.unit()));
            is_ascii = character.is_ascii();
        }
    }
}

/// What is left of a length.
fn used(len: u64, left: usize) -> u64 {
    len.wrapping_sub(left as u64)
}

/// Moves a whole string into room that is large enough; returns the units written.
fn whole(canonical: &Canonical, from: (Unit, u64, u64), to: (Unit, u64, u64)) -> u64 {
    let mut moved = Move::new(canonical, from, to);
    moved.run(|_| true);
    used(to.2, moved.sink.left())
}

/// Moves as much as possible; returns the units read, and puts those written into `written`.
fn part(
    canonical: &Canonical,
    from: (Unit, u64, u64),
    to: (Unit, u64, u64),
    accepts: impl Fn(char) -> bool,
    written: &mut u64,
) -> u64 {
    let mut moved = Move::new(canonical, from, to);
    moved.run(accepts);
    *written = used(to.2, moved.sink.left());
    used(from.2, moved.units.left())
}

fn is_latin1(character: char) -> bool {
    u32::from(character) < 0x100
}

/// Transcoders of whole strings, to as many units as they have.
macro_rules! copies {
    ($($symbol:ident: $from:ident to $to:ident, $doc:literal;)*) => { $(
        #[doc = $doc]
        #[unsafe(no_mangle)]
        pub extern "C" fn $symbol(canonical: &Canonical, from: u64, len: u64, to: u64) {
            whole(canonical, (Unit::$from, from, len), (Unit::$to, to, len));
        }
    )* };
}

copies! {
    wasmc_transcode_utf8_to_utf8: Utf8 to Utf8, "`Builtin::TranscodeUtf8ToUtf8`";
    wasmc_transcode_utf16_to_utf16: Utf16 to Utf16, "`Builtin::TranscodeUtf16ToUtf16`";
    wasmc_transcode_latin1_to_latin1: Latin1 to Latin1, "`Builtin::TranscodeLatin1ToLatin1`";
    wasmc_transcode_latin1_to_utf16: Latin1 to Utf16, "`Builtin::TranscodeLatin1ToUtf16`";
}

/// `Builtin::TranscodeUtf8ToUtf16`
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_transcode_utf8_to_utf16(canonical: &Canonical, from: u64, len: u64, to: u64) -> u64 {
    whole(canonical, (Unit::Utf8, from, len), (Unit::Utf16, to, len))
}

/// `Builtin::TranscodeUtf16ToUtf8`: on the first pass, up to the first character that is not ASCII.
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_transcode_utf16_to_utf8(
    canonical: &Canonical,
    from: u64,
    len: u64,
    to: u64,
    to_len: u64,
    first_pass: u32,
    written: &mut u64,
) -> u64 {
    let accepts = |character: char| first_pass == 0 || character.is_ascii();
    part(canonical, (Unit::Utf16, from, len), (Unit::Utf8, to, to_len), accepts, written)
}

/// `Builtin::TranscodeLatin1ToUtf8`, as from UTF-16.
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_transcode_latin1_to_utf8(
    canonical: &Canonical,
    from: u64,
    len: u64,
    to: u64,
    to_len: u64,
    first_pass: u32,
    written: &mut u64,
) -> u64 {
    let accepts = |character: char| first_pass == 0 || character.is_ascii();
    part(canonical, (Unit::Latin1, from, len), (Unit::Utf8, to, to_len), accepts, written)
}

/// `Builtin::TranscodeUtf8ToLatin1`: up to the first character that is none of Latin-1.
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_transcode_utf8_to_latin1(
    canonical: &Canonical,
    from: u64,
    len: u64,
    to: u64,
    written: &mut u64,
) -> u64 {
    part(canonical, (Unit::Utf8, from, len), (Unit::Latin1, to, len), is_latin1, written)
}

/// `Builtin::TranscodeUtf16ToLatin1`, as from UTF-8.
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_transcode_utf16_to_latin1(
    canonical: &Canonical,
    from: u64,
    len: u64,
    to: u64,
    written: &mut u64,
) -> u64 {
    part(canonical, (Unit::Utf16, from, len), (Unit::Latin1, to, len), is_latin1, written)
}

/// `Builtin::TranscodeUtf16ToCompactProbablyUtf16`: a tagged length of UTF-16, or one of Latin-1 where that is enough.
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_transcode_utf16_to_compact_probably_utf16(
    canonical: &Canonical,
    from: u64,
    len: u64,
    to: u64,
) -> u64 {
    let moved = Move::new(canonical, (Unit::Utf16, from, len), (Unit::Utf16, to, len));
    let mut all_latin1 = true;
    for character in moved.units {
        all_latin1 &= character.is_ok_and(is_latin1);
    }
    whole(canonical, (Unit::Utf16, from, len), (Unit::Utf16, to, len));
    if !all_latin1 {
        return len | u64::from(UTF16_TAG);
    }
    for index in 0..len as usize {
        // SAFETY: `Move::new` has checked twice as many bytes; each is read before another is written there.
        unsafe { moved.to.add(index).write(moved.to.add(2 * index).read()) };
    }
    len
}

/// Makes UTF-16 of the Latin-1 that a string begins with, in place, and moves the rest behind it; returns the units of
/// both.
fn complete(canonical: &Canonical, from: (Unit, u64, u64), (to, to_len, done): (u64, u64, u64)) -> u64 {
    let done = done.min(to_len);
    let start = range(canonical.memory, to, to_len.saturating_mul(2), 2, &CONTENT);
    for index in (0..done as usize).rev() {
        // SAFETY: `range` has checked twice as many bytes; each is read before another is written there.
        unsafe {
            let byte = start.add(index).read();
            start.cast::<u16>().add(index).write_unaligned(u16::from(byte).to_le());
        }
    }
    let rest = to.wrapping_add(done.wrapping_mul(2));
    done.wrapping_add(whole(canonical, from, (Unit::Utf16, rest, to_len - done)))
}

/// `Builtin::TranscodeUtf8ToCompactUtf16`: the rest of a string of which `done` bytes of Latin-1 have been written.
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_transcode_utf8_to_compact_utf16(
    canonical: &Canonical,
    from: u64,
    len: u64,
    to: u64,
    to_len: u64,
    done: u64,
) -> u64 {
    complete(canonical, (Unit::Utf8, from, len), (to, to_len, done))
}

/// `Builtin::TranscodeUtf16ToCompactUtf16`, as from UTF-8.
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_transcode_utf16_to_compact_utf16(
    canonical: &Canonical,
    from: u64,
    len: u64,
    to: u64,
    to_len: u64,
    done: u64,
) -> u64 {
    complete(canonical, (Unit::Utf16, from, len), (to, to_len, done))
}
