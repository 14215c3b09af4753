//! Transcoders: what adapters call to move a string from one memory to another, and from one encoding to another.
//!
//! Addresses and lengths are in units of each side. The adapter has checked them; they are checked here again.

use super::caller::{Words, range};
use super::encodings::{Sink, Unit, Units};
use super::fault::trap;
use super::text::UTF16_TAG;
use wasmc_abi::component::Canonical;

const CONTENT: Words = Words { unaligned: "unaligned pointer", outside: "string content out-of-bounds" };

/// Where a string is read and where it is written.
struct Move {
    units: Units,
    sink: Sink,
    from: *const u8,
    to: *mut u8,
    /// What the units of both are: constants, wherever a transcoder is inlined.
    pair: (Unit, Unit),
}

impl Move {
    #[inline(always)]
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
        Self { units, sink, from: source, to: target, pair: (from.0, to.0) }
    }

    /// Moves characters as long as there is room and `accepts` takes them, as it does all of ASCII, and to Latin-1 all
    /// of that. Traps at what is no character.
    #[inline(always)]
    fn run(&mut self, accepts: impl Fn(char) -> bool) {
        let (from, to) = self.pair;
        let mut is_simple = true;
        loop {
            // Where one simple character comes after the other, those of eight bytes are looked at together.
            if is_simple {
                self.move_words();
            }
            let Some((character, count)) = self.units.decode_as(from) else { return };
            let Ok(character) = character else { trap(from.problem()) };
            if !accepts(character) || !self.sink.put_as(character, to) {
                return;
            }
            self.units.pass(count);
            is_simple = character.is_ascii() || from == Unit::Utf16 && to != Unit::Utf8;
        }
    }

    /// Moves eight bytes at a time as long as they are characters of one unit on both sides.
    #[inline(always)]
    fn move_words(&mut self) {
        while let Some(word) = self.units.word_of_bytes().filter(|&word| are_simple(word, self.pair)) {
            let is_moved = match self.pair {
                (Unit::Utf16, Unit::Utf16) => self.sink.put_bytes(word, 8),
                (Unit::Utf16, _) => self.sink.put_bytes(narrow(word), 4),
                (_, Unit::Utf16) => {
                    self.sink.left() >= 8
                        && self.sink.put_bytes(widen(word as u32), 8)
                        && self.sink.put_bytes(widen((word >> 32) as u32), 8)
                }
                _ => self.sink.put_bytes(word, 8),
            };
            if !is_moved {
                return;
            }
            self.units.pass(8 / self.pair.0.size() as usize);
        }
    }

    /// Traps where a string is not valid.
    #[inline(always)]
    fn check(&self) {
        let (unit, mut units) = (self.pair.0, self.units);
        if unit == Unit::Latin1 {
            return;
        }
        let mut is_simple = true;
        loop {
            if is_simple {
                while units.word_of_bytes().is_some_and(|word| are_simple(word, (unit, unit))) {
                    units.pass(8 / unit.size() as usize);
                }
            }
            let Some((character, count)) = units.decode_as(unit) else { return };
            let Ok(character) = character else { trap(unit.problem()) };
            units.pass(count);
            is_simple = character.is_ascii() || unit == Unit::Utf16;
        }
    }
}

/// Whether the units of a word are characters of one unit on both sides: what is not may be, too.
#[inline(always)]
fn are_simple(word: u64, pair: (Unit, Unit)) -> bool {
    const EACH: u64 = 0x0001_0001_0001_0001;
    match pair {
        (Unit::Utf16, Unit::Utf16) => {
            // Surrogates, whose first five bits are 11011, become zero; from zero the subtraction borrows.
            let lanes = (word ^ (0xd800 * EACH)) & (0xf800 * EACH);
            lanes.wrapping_sub(EACH) & !lanes & (0x8000 * EACH) == 0
        }
        (Unit::Utf16, Unit::Latin1) => word & (0xff00 * EACH) == 0,
        (Unit::Utf16, Unit::Utf8) => word & (0xff80 * EACH) == 0,
        (Unit::Latin1, Unit::Utf16 | Unit::Latin1) => true,
        _ => word & (0x8080 * EACH) == 0,
    }
}

/// The low bytes of four words of two bytes.
#[inline(always)]
fn narrow(word: u64) -> u64 {
    let pairs = (word | word >> 8) & 0x0000_ffff_0000_ffff;
    (pairs | pairs >> 16) & 0xffff_ffff
}

/// Four bytes as words of two bytes.
#[inline(always)]
fn widen(bytes: u32) -> u64 {
    let bytes = u64::from(bytes);
    let pairs = (bytes | bytes << 16) & 0x0000_ffff_0000_ffff;
    (pairs | pairs << 8) & 0x00ff_00ff_00ff_00ff
}

/// What is left of a length.
fn used(len: u64, left: usize) -> u64 {
    len.wrapping_sub(left as u64)
}

/// Moves a whole string into room that is large enough; returns the units written.
#[inline(always)]
fn whole(canonical: &Canonical, from: (Unit, u64, u64), to: (Unit, u64, u64)) -> u64 {
    let mut moved = Move::new(canonical, from, to);
    moved.run(|_| true);
    used(to.2, moved.sink.left())
}

/// Moves as much as possible; returns the units read, and puts those written into `written`.
#[inline(always)]
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

/// Transcoders between two sides of the same encoding: what is valid is copied.
macro_rules! copies {
    ($($symbol:ident: $unit:ident, $doc:literal;)*) => { $(
        #[doc = $doc]
        #[unsafe(no_mangle)]
        pub extern "C" fn $symbol(canonical: &Canonical, from: u64, len: u64, to: u64) {
            let moved = Move::new(canonical, (Unit::$unit, from, len), (Unit::$unit, to, len));
            moved.check();
            // SAFETY: `Move::new` has checked both; they may overlap.
            unsafe { core::ptr::copy(moved.from, moved.to, len as usize * Unit::$unit.size() as usize) };
        }
    )* };
}

copies! {
    wasmc_transcode_utf8_to_utf8: Utf8, "`Builtin::TranscodeUtf8ToUtf8`";
    wasmc_transcode_utf16_to_utf16: Utf16, "`Builtin::TranscodeUtf16ToUtf16`";
    wasmc_transcode_latin1_to_latin1: Latin1, "`Builtin::TranscodeLatin1ToLatin1`";
}

/// `Builtin::TranscodeLatin1ToUtf16`
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_transcode_latin1_to_utf16(canonical: &Canonical, from: u64, len: u64, to: u64) {
    whole(canonical, (Unit::Latin1, from, len), (Unit::Utf16, to, len));
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
    moved.check();
    let mut units = moved.units;
    let is_latin1 = |word: &u64| are_simple(*word, (Unit::Utf16, Unit::Latin1));
    while units.word_of_bytes().as_ref().is_some_and(is_latin1) {
        units.pass(4);
    }
    let all_latin1 = units.all(|character| character.is_ok_and(self::is_latin1));
    // SAFETY: `Move::new` has checked both; they may overlap.
    unsafe { core::ptr::copy(moved.from, moved.to, 2 * len as usize) };
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
