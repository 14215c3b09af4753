//! References of a guest's that its embedder has: see [`wasmc_abi::reference`].
//!
//! Whatever the embedder passes back is checked: that the handle is one of the instance's, and what it refers to of the
//! type that is wanted. So no mistake of the embedder's has the guest see what it could not have made itself.

use super::{context_of, module};
use crate::handles::{Handles, Kind};
use core::ffi::c_void;
use core::ptr::{NonNull, null_mut, with_exposed_provenance};
use wasmc_abi::context::Context;
use wasmc_abi::heap::{EXTERNALIZED, HOST_TAG, HOST_WORD, HOST_WORD_LIMIT, HOST_WORD_OFFSET, I31_TAG, TAGS};
use wasmc_abi::reference::ReferenceError::{self, NoHandle, NotExternal, OtherType};
use wasmc_abi::reference::{NO_ROOM, References, TypeNumbers, heap_type};
use wasmc_abi::table::TYPE_ID_OFFSET;

/// What [`wasmc_abi::context::Api::references`] has.
pub const FUNCTIONS: References = References { hold, get, release, share, release_shared, end_shared };

/// Bits that a word which is no address is shifted by in a reference.
const SHIFT: u32 = TAGS.count_ones();

/// The handles of a context, where it has any.
///
/// # Safety
/// The context must be the caller's.
pub unsafe fn of_context<'h>(context: *mut Context) -> Option<&'h Handles> {
    // SAFETY: the caller has the context; handles are there as long as it is.
    unsafe { (*context).handles.cast::<Handles>().as_ref() }
}

/// The same, which are made where there are none.
///
/// # Safety
/// The context must be the caller's.
unsafe fn made<'h>(context: *mut Context) -> Option<&'h Handles> {
    // SAFETY: the caller has the context.
    unsafe {
        if (*context).handles.is_null() {
            (*context).handles = Handles::make()?.as_ptr().cast();
        }
        of_context(context)
    }
}

/// Ends the handles of a context that is given up, unless they are shared.
pub fn free(context: *mut Context) {
    // SAFETY: nobody else has the context.
    let handles = unsafe { of_context(context) };
    if let Some(handles) = handles.filter(|handles| !handles.is_shared.get()) {
        // SAFETY: whoever frees an instance does not use its handles any more, and nothing here does.
        unsafe { Handles::end(handles.into()) };
    }
    // SAFETY: as above.
    unsafe { (*context).handles = null_mut() };
}

/// See [`References::hold`].
///
/// # Safety
/// The block must be that of an instance, which has passed the word as a reference of this type.
unsafe extern "C" fn hold(block: *mut u8, word: u64, heap_type: i32) -> u64 {
    let (word, kind) = match kind_of(heap_type) {
        Kind::Host if word & EXTERNALIZED == EXTERNALIZED => (word & !EXTERNALIZED, Kind::Object),
        // As the internal reference that it would become.
        Kind::Host if word < HOST_WORD_LIMIT && word != 0 => (word << SHIFT | HOST_TAG, Kind::Object),
        kind => (word, kind),
    };
    if word == 0 || kind == Kind::Object && is_immediate(word) {
        return word;
    }
    // SAFETY: the caller has the instance.
    unsafe { made(context_of(block)) }.and_then(|handles| handles.hold(word, kind)).unwrap_or(NO_ROOM)
}

/// What a heap type is of.
fn kind_of(ty: i32) -> Kind {
    match ty {
        heap_type::EXN => Kind::Exception,
        heap_type::FUNC => Kind::Function,
        heap_type::EXTERN => Kind::Host,
        index if numbers(index).is_some_and(|numbers| numbers.is_function != 0) => Kind::Function,
        _ => Kind::Object,
    }
}

/// Whether a word is no address: then it is its own handle.
fn is_immediate(word: u64) -> bool {
    word < 1 << 32 && word & TAGS != 0
}

/// The numbers of a type of the module.
fn numbers(index: i32) -> Option<TypeNumbers> {
    let index = u64::try_from(index).ok().filter(|&index| index < module().types_len)?;
    Some(numbers_at(index))
}

/// The numbers at an index of the module's list.
fn numbers_at(index: u64) -> TypeNumbers {
    // SAFETY: the compiler writes a list with two more entries than there are types.
    unsafe { *module().types.add(index as usize) }
}

/// See [`References::get`].
///
/// # Safety
/// The block must be that of an instance, and `word` a place for the answer.
unsafe extern "C" fn get(block: *mut u8, handle: u64, heap_type: i32, is_nullable: u32, word: *mut u64) -> u32 {
    // SAFETY: the caller has the instance.
    let handles = unsafe { of_context(context_of(block)) };
    match find(handles, handle, heap_type, is_nullable != 0) {
        Ok(found) => {
            // SAFETY: the caller passes a place for the answer.
            unsafe { word.write(found) };
            0
        }
        Err(error) => error as u32,
    }
}

/// The reference that a handle stands for, if it has a type.
fn find(handles: Option<&Handles>, handle: u64, ty: i32, is_nullable: bool) -> Result<u64, ReferenceError> {
    let (word, kind) = match handle {
        0 if is_nullable => return Ok(0),
        0 => return Err(OtherType),
        _ if is_immediate(handle) => (handle, Kind::Object),
        _ => handles.and_then(|handles| handles.get(handle)).ok_or(NoHandle)?,
    };
    let wanted = kind_of(ty);
    if wanted == Kind::Host {
        return external(word, kind);
    }
    let has_type = wanted == kind
        && match kind {
            Kind::Object => is_object_of(word, ty),
            Kind::Function => is_function_of(word, ty),
            Kind::Exception => true,
            Kind::Host => false,
        };
    if has_type { Ok(word) } else { Err(OtherType) }
}

/// The external reference that the embedder, or the guest, means.
fn external(word: u64, kind: Kind) -> Result<u64, ReferenceError> {
    match kind {
        Kind::Host if word & EXTERNALIZED == EXTERNALIZED => Err(NotExternal),
        Kind::Host => Ok(word),
        Kind::Object if word & TAGS == HOST_TAG => Ok(word >> SHIFT),
        // SAFETY: the handle keeps the object, which holds a word of the embedder's.
        Kind::Object if word & TAGS == 0 && number_at(word) == HOST_WORD => unsafe {
            Ok(with_exposed_provenance::<u64>((word + u64::from(HOST_WORD_OFFSET)) as usize).read())
        },
        Kind::Object => Ok(word | EXTERNALIZED),
        Kind::Function | Kind::Exception => Err(OtherType),
    }
}

/// Whether a reference to a function has a type.
pub fn is_function_of(word: u64, ty: i32) -> bool {
    ty == heap_type::FUNC || has_number(word.wrapping_add_signed(TYPE_ID_OFFSET.into()), ty)
}

/// Whether an internal reference has a type.
pub fn is_object_of(word: u64, ty: i32) -> bool {
    let is_address = word & TAGS == 0;
    match ty {
        heap_type::ANY => true,
        heap_type::EQ => word & I31_TAG != 0 || is_address && number_at(word) != HOST_WORD,
        heap_type::I31 => word & I31_TAG != 0,
        _ => is_address && has_number(word, ty),
    }
}

/// Whether the number at an address is that of a type or a subtype.
fn has_number(address: u64, ty: i32) -> bool {
    let numbers = match ty {
        heap_type::STRUCT => Some(numbers_at(module().types_len)),
        heap_type::ARRAY => Some(numbers_at(module().types_len + 1)),
        index => numbers(index),
    };
    numbers.is_some_and(|numbers| (numbers.first..=numbers.last).contains(&number_at(address)))
}

/// The type number that an object begins with, or that precedes a function.
fn number_at(address: u64) -> u32 {
    // SAFETY: a handle keeps its object, and functions are never unloaded.
    unsafe { with_exposed_provenance::<u32>(address as usize).read() }
}

/// See [`References::release`].
///
/// # Safety
/// The block must be that of an instance.
unsafe extern "C" fn release(block: *mut u8, handle: u64) -> u32 {
    // SAFETY: the caller has the instance.
    released(unsafe { of_context(context_of(block)) }, handle)
}

fn released(handles: Option<&Handles>, handle: u64) -> u32 {
    let is_released = handle == 0 || is_immediate(handle) || handles.is_some_and(|handles| handles.release(handle));
    if is_released { 0 } else { NoHandle as u32 }
}

/// See [`References::share`].
///
/// # Safety
/// The block must be that of an instance.
unsafe extern "C" fn share(block: *mut u8) -> *mut c_void {
    // SAFETY: the caller has the instance.
    match unsafe { made(context_of(block)) } {
        Some(handles) => {
            handles.is_shared.set(true);
            (&raw const *handles).cast_mut().cast()
        }
        None => null_mut(),
    }
}

/// See [`References::release_shared`].
///
/// # Safety
/// The handles must be shared, and not have been ended.
unsafe extern "C" fn release_shared(handles: *mut c_void, handle: u64) -> u32 {
    // SAFETY: the caller promises handles.
    released(unsafe { handles.cast::<Handles>().as_ref() }, handle)
}

/// See [`References::end_shared`].
///
/// # Safety
/// The handles must be shared, their instance have gone, and nothing use them any more.
unsafe extern "C" fn end_shared(handles: *mut c_void) {
    if let Some(handles) = NonNull::new(handles.cast::<Handles>()) {
        // SAFETY: the caller promises it.
        unsafe { Handles::end(handles) };
    }
}
