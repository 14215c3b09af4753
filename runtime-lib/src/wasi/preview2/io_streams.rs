//! `wasi:io/streams`

use super::resources::{self, Output, Resource};
use super::transfer::{Result, StreamError};
use super::waiting;
use crate::component::{Area, Bytes, Caller, trap};
use crate::sys::Iovec;
use wasmc_abi::component::Canonical;
use wasmc_abi::preview2::{BLOCKING_PERMIT, NOT_PERMITTED, TOO_LARGE_WRITE, TOO_MANY_ZEROES, numbers};

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_io_streams_drop_input_stream(canonical: &Canonical, handle: u32) {
    if let Some(Resource::Input(stream)) =
        resources::drop_handle(Caller::enter(canonical), handle, numbers::INPUT_STREAM)
    {
        stream.opened.release();
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_io_streams_drop_output_stream(canonical: &Canonical, handle: u32) {
    if let Some(Resource::Output(stream)) =
        resources::drop_handle(Caller::enter(canonical), handle, numbers::OUTPUT_STREAM)
    {
        stream.opened.release();
    }
}

fn read(canonical: &Canonical, stream: u32, len: u64, to: u32, blocks: bool) {
    let caller = Caller::enter(canonical);
    let area = Area::<Result<Bytes>>::new(caller, to);
    let (representation, mut input) = resources::input(caller, stream);
    area.put(caller, input.read(representation, len, blocks).map(Bytes));
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_io_streams_input_stream_read(canonical: &Canonical, stream: u32, len: u64, to: u32) {
    read(canonical, stream, len, to, false);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_io_streams_input_stream_blocking_read(
    canonical: &Canonical,
    stream: u32,
    len: u64,
    to: u32,
) {
    read(canonical, stream, len, to, true);
}

fn skip(canonical: &Canonical, stream: u32, len: u64, to: u32, blocks: bool) {
    let caller = Caller::enter(canonical);
    let area = Area::<Result<u64>>::new(caller, to);
    let (representation, mut input) = resources::input(caller, stream);
    area.put(caller, input.skip(representation, len, blocks));
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_io_streams_input_stream_skip(canonical: &Canonical, stream: u32, len: u64, to: u32) {
    skip(canonical, stream, len, to, false);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_io_streams_input_stream_blocking_skip(
    canonical: &Canonical,
    stream: u32,
    len: u64,
    to: u32,
) {
    skip(canonical, stream, len, to, true);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_io_streams_input_stream_subscribe(canonical: &Canonical, stream: u32) -> u32 {
    let caller = Caller::enter(canonical);
    waiting::subscribe(resources::input(caller, stream).0).give(caller)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_io_streams_output_stream_check_write(canonical: &Canonical, stream: u32, to: u32) {
    let caller = Caller::enter(canonical);
    let area = Area::<Result<u64>>::new(caller, to);
    let (representation, output) = resources::output(caller, stream);
    area.put(caller, output.permit(representation));
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_io_streams_output_stream_write(
    canonical: &Canonical,
    stream: u32,
    from: u32,
    len: u32,
    to: u32,
) {
    write(canonical, stream, (from, len), to);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_io_streams_output_stream_blocking_write_and_flush(
    canonical: &Canonical,
    stream: u32,
    from: u32,
    len: u32,
    to: u32,
) {
    if u64::from(len) > BLOCKING_PERMIT {
        trap(TOO_LARGE_WRITE);
    }
    write(canonical, stream, (from, len), to);
}

/// Traps where a write has more bytes than a stream ever permits.
fn check_permit(output: &Output, len: u64) {
    if len > output.most() {
        trap(NOT_PERMITTED);
    }
}

fn write(canonical: &Canonical, stream: u32, (from, len): (u32, u32), to: u32) {
    let caller = Caller::enter(canonical);
    let area = Area::<Result<()>>::new(caller, to);
    let from = caller.bytes(from, len);
    let (representation, mut output) = resources::output(caller, stream);
    check_permit(&output, len.into());
    area.put(caller, output.write(representation, from));
}

/// Whether the stream has failed is all that a flush tells.
fn flush(canonical: &Canonical, stream: u32, to: u32) {
    let caller = Caller::enter(canonical);
    let area = Area::<Result<()>>::new(caller, to);
    let closed = resources::output(caller, stream).1.closed;
    area.put(caller, if closed { Err(StreamError::Closed) } else { Ok(()) });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_io_streams_output_stream_flush(canonical: &Canonical, stream: u32, to: u32) {
    flush(canonical, stream, to);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_io_streams_output_stream_blocking_flush(canonical: &Canonical, stream: u32, to: u32) {
    flush(canonical, stream, to);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_io_streams_output_stream_subscribe(canonical: &Canonical, stream: u32) -> u32 {
    let caller = Caller::enter(canonical);
    waiting::subscribe(resources::output(caller, stream).0).give(caller)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_io_streams_output_stream_write_zeroes(
    canonical: &Canonical,
    stream: u32,
    len: u64,
    to: u32,
) {
    write_zeroes(canonical, stream, len, to);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_io_streams_output_stream_blocking_write_zeroes_and_flush(
    canonical: &Canonical,
    stream: u32,
    len: u64,
    to: u32,
) {
    if len > BLOCKING_PERMIT {
        trap(TOO_MANY_ZEROES);
    }
    write_zeroes(canonical, stream, len, to);
}

fn write_zeroes(canonical: &Canonical, stream: u32, len: u64, to: u32) {
    let caller = Caller::enter(canonical);
    let area = Area::<Result<()>>::new(caller, to);
    let (representation, mut output) = resources::output(caller, stream);
    check_permit(&output, len);
    area.put(caller, output.write_zeroes(representation, len));
}

fn splice(canonical: &Canonical, (to, from): (u32, u32), len: u64, answer: u32, blocks: bool) {
    let caller = Caller::enter(canonical);
    let area = Area::<Result<u64>>::new(caller, answer);
    let (to, mut output) = resources::output(caller, to);
    let (from, mut input) = resources::input(caller, from);
    let mut moved = || {
        if blocks && !output.closed {
            waiting::for_resource(to);
        }
        let len = len.min(output.permit(to)?);
        if len == 0 {
            return Ok(0);
        }
        let bytes = input.read(from, len, blocks)?;
        output.write(to, Iovec { base: bytes.as_ptr().cast_mut(), len: bytes.len() })?;
        Ok(bytes.len() as u64)
    };
    let moved = moved();
    area.put(caller, moved);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_io_streams_output_stream_splice(
    canonical: &Canonical,
    stream: u32,
    from: u32,
    len: u64,
    to: u32,
) {
    splice(canonical, (stream, from), len, to, false);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_io_streams_output_stream_blocking_splice(
    canonical: &Canonical,
    stream: u32,
    from: u32,
    len: u64,
    to: u32,
) {
    splice(canonical, (stream, from), len, to, true);
}
