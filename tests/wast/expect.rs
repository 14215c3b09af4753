//! Arguments as bytes, and results and traps compared with what a script expects.

use wasmc_abi::heap;
use wasmc_abi::script::SLOT;
use wasmc_abi::trap::TrapCode;
use wast::core::{NanPattern, V128Pattern, WastArgCore, WastRetCore};
use wast::token::{F32, F64};
use wast::{WastArg, WastRet};

/// A value of an array of values.
pub type Slot = [u8; SLOT];

/// An argument as compiled code takes it; `None` where it is of a kind that the compiler does not have.
pub fn argument(arg: &WastArg<'_>) -> Option<Slot> {
    let WastArg::Core(arg) = arg else { return None };
    Some(match arg {
        WastArgCore::I32(value) => slot(&value.to_le_bytes()),
        WastArgCore::I64(value) => slot(&value.to_le_bytes()),
        WastArgCore::F32(value) => slot(&value.bits.to_le_bytes()),
        WastArgCore::F64(value) => slot(&value.bits.to_le_bytes()),
        WastArgCore::V128(value) => value.to_le_bytes(),
        WastArgCore::RefNull(_) => [0; SLOT],
        WastArgCore::RefExtern(value) => slot(&host_reference(*value).to_le_bytes()),
        WastArgCore::RefHost(value) => slot(&internal_reference(*value).to_le_bytes()),
    })
}

/// A reference to something of the host's, which is never the null reference.
fn host_reference(value: u32) -> u64 {
    u64::from(value) + 1
}

/// What it is once it has become an internal reference.
fn internal_reference(value: u32) -> u64 {
    (host_reference(value) << heap::TAGS.count_ones()) | heap::HOST_TAG
}

/// Whether a word is a reference to an object.
fn is_object(reference: u64) -> bool {
    reference != 0 && reference & heap::TAGS == 0
}

fn slot(bytes: &[u8]) -> Slot {
    let mut slot = [0; SLOT];
    slot[..bytes.len()].copy_from_slice(bytes);
    slot
}

/// Whether a value is what is expected; otherwise says what it should be.
pub fn check(expected: &WastRet<'_>, actual: &Slot) -> Result<(), String> {
    let WastRet::Core(expected) = expected else { return Err("a value of a component".into()) };
    if matches(expected, actual) { Ok(()) } else { Err(format!("{expected:?}")) }
}

fn matches(expected: &WastRetCore<'_>, actual: &Slot) -> bool {
    let reference = u64::from_le_bytes(lane(actual, 0));
    match expected {
        WastRetCore::I32(value) => lane(actual, 0) == value.to_le_bytes(),
        WastRetCore::I64(value) => lane(actual, 0) == value.to_le_bytes(),
        WastRetCore::F32(pattern) => f32_matches(pattern, lane(actual, 0)),
        WastRetCore::F64(pattern) => f64_matches(pattern, lane(actual, 0)),
        WastRetCore::V128(pattern) => vector_matches(pattern, actual),
        WastRetCore::RefNull(_) => reference == 0,
        WastRetCore::RefExtern(Some(value)) => reference == host_reference(*value),
        WastRetCore::RefHost(value) => reference == internal_reference(*value),
        WastRetCore::RefI31 | WastRetCore::RefI31Shared => reference & heap::I31_TAG != 0,
        WastRetCore::RefEq => is_object(reference) || reference & heap::I31_TAG != 0,
        WastRetCore::RefStruct | WastRetCore::RefArray => is_object(reference),
        WastRetCore::RefExtern(None) | WastRetCore::RefFunc(_) | WastRetCore::RefAny => reference != 0,
        WastRetCore::Either(list) => list.iter().any(|expected| matches(expected, actual)),
    }
}

fn vector_matches(pattern: &V128Pattern, actual: &Slot) -> bool {
    match pattern {
        V128Pattern::I8x16(lanes) => (0..16).all(|index| lane(actual, index) == lanes[index].to_le_bytes()),
        V128Pattern::I16x8(lanes) => (0..8).all(|index| lane(actual, index) == lanes[index].to_le_bytes()),
        V128Pattern::I32x4(lanes) => (0..4).all(|index| lane(actual, index) == lanes[index].to_le_bytes()),
        V128Pattern::I64x2(lanes) => (0..2).all(|index| lane(actual, index) == lanes[index].to_le_bytes()),
        V128Pattern::F32x4(lanes) => (0..4).all(|index| f32_matches(&lanes[index], lane(actual, index))),
        V128Pattern::F64x2(lanes) => (0..2).all(|index| f64_matches(&lanes[index], lane(actual, index))),
    }
}

/// Lane `index` of lanes of `N` bytes.
fn lane<const N: usize>(value: &Slot, index: usize) -> [u8; N] {
    value[index * N..][..N].try_into().expect("the slice has N bytes")
}

/// NaN patterns: core specification 4.3.3 "canonical NaN", "arithmetic NaN".
fn f32_matches(pattern: &NanPattern<F32>, actual: [u8; 4]) -> bool {
    const QUIET: u32 = 0x7fc0_0000;
    let actual = u32::from_le_bytes(actual);
    match pattern {
        NanPattern::CanonicalNan => actual & (u32::MAX >> 1) == QUIET,
        NanPattern::ArithmeticNan => actual & QUIET == QUIET,
        NanPattern::Value(value) => actual == value.bits,
    }
}

fn f64_matches(pattern: &NanPattern<F64>, actual: [u8; 8]) -> bool {
    const QUIET: u64 = 0x7ff8_0000_0000_0000;
    let actual = u64::from_le_bytes(actual);
    match pattern {
        NanPattern::CanonicalNan => actual & (u64::MAX >> 1) == QUIET,
        NanPattern::ArithmeticNan => actual & QUIET == QUIET,
        NanPattern::Value(value) => actual == value.bits,
    }
}

/// Whether a trap is the expected one. Scripts give a beginning of the reason, or the reason and details.
pub fn is_expected(trap: TrapCode, expected: &str) -> bool {
    let actual = trap.message();
    actual.starts_with(expected) || expected.starts_with(actual)
}
