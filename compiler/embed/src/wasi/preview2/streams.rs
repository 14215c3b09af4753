//! `wasi:io/streams`

use super::resources::{Input, Output, Resource};
use super::transfer::{Failure, Result};
use super::types::StreamError;
use super::{Answer, handles, io};
use crate::component::{Borrowed, Violation};
use crate::wasi::Wasi;
use crate::wasi::descriptors::Descriptors;
use handles::{InputStream, OutputStream};
use wasmc_abi::preview2::{BLOCKING_PERMIT, NOT_PERMITTED, TOO_LARGE_WRITE, TOO_MANY_ZEROES};

/// What a call on a stream answers.
type Streamed<T> = Answer<std::result::Result<T, StreamError>>;

fn answer<T>(wasi: &mut Wasi, result: Result<T>) -> Streamed<T> {
    Ok(match result {
        Ok(value) => Ok(value),
        Err(Failure::Closed) => Err(StreamError::Closed),
        Err(Failure::Failed(errno)) => {
            Err(StreamError::LastOperationFailed(wasi.resources.insert(Resource::Error(errno), None)?))
        }
    })
}

fn on_input<T>(
    wasi: &mut Wasi,
    stream: InputStream,
    act: impl FnOnce(&mut Input, &mut Descriptors) -> Result<T>,
) -> Streamed<T> {
    let mut input = wasi.resources.input(stream)?;
    let result = act(&mut input, &mut wasi.descriptors);
    wasi.resources.set(stream.0, Resource::Input(input));
    answer(wasi, result)
}

fn on_output<T>(
    wasi: &mut Wasi,
    stream: OutputStream,
    act: impl FnOnce(&mut Output, &mut Descriptors) -> Result<T>,
) -> Streamed<T> {
    let mut output = wasi.resources.output(stream)?;
    let result = act(&mut output, &mut wasi.descriptors);
    wasi.resources.set(stream.0, Resource::Output(output));
    answer(wasi, result)
}

type Reading = (Borrowed<InputStream>, u64);

pub fn io_streams_input_stream_read(wasi: &mut Wasi, (stream, len): Reading) -> Streamed<Vec<u8>> {
    on_input(wasi, stream.0, |input, descriptors| input.read(descriptors, len, false))
}

pub fn io_streams_input_stream_blocking_read(wasi: &mut Wasi, (stream, len): Reading) -> Streamed<Vec<u8>> {
    on_input(wasi, stream.0, |input, descriptors| input.read(descriptors, len, true))
}

fn skip(wasi: &mut Wasi, (stream, len): Reading, waits: bool) -> Streamed<u64> {
    on_input(wasi, stream.0, |input, descriptors| Ok(input.read(descriptors, len, waits)?.len() as u64))
}

pub fn io_streams_input_stream_skip(wasi: &mut Wasi, reading: Reading) -> Streamed<u64> {
    skip(wasi, reading, false)
}

pub fn io_streams_input_stream_blocking_skip(wasi: &mut Wasi, reading: Reading) -> Streamed<u64> {
    skip(wasi, reading, true)
}

pub fn io_streams_input_stream_subscribe(
    wasi: &mut Wasi,
    (stream,): (Borrowed<InputStream>,),
) -> Answer<handles::Pollable> {
    wasi.resources.input(stream.0)?;
    io::subscribe(wasi, stream.0.0)
}

pub fn io_streams_output_stream_subscribe(
    wasi: &mut Wasi,
    (stream,): (Borrowed<OutputStream>,),
) -> Answer<handles::Pollable> {
    wasi.resources.output(stream.0)?;
    io::subscribe(wasi, stream.0.0)
}

pub fn io_streams_output_stream_check_write(wasi: &mut Wasi, (stream,): (Borrowed<OutputStream>,)) -> Streamed<u64> {
    let descriptor = wasi.resources.output(stream.0)?.descriptor;
    let is_writable = io::is_writable(wasi, descriptor);
    on_output(wasi, stream.0, |output, _| output.permit().map(|permit| if is_writable { permit } else { 0 }))
}

/// Refuses more bytes than a stream ever permits.
fn check_permit(wasi: &Wasi, stream: OutputStream, len: u64) -> Answer<()> {
    if len > wasi.resources.output(stream)?.most() { Err(Violation(NOT_PERMITTED).into()) } else { Ok(()) }
}

type Writing = (Borrowed<OutputStream>, Vec<u8>);

pub fn io_streams_output_stream_write(wasi: &mut Wasi, (stream, bytes): Writing) -> Streamed<()> {
    check_permit(wasi, stream.0, bytes.len() as u64)?;
    on_output(wasi, stream.0, |output, descriptors| output.write(descriptors, &bytes))
}

pub fn io_streams_output_stream_blocking_write_and_flush(wasi: &mut Wasi, (stream, bytes): Writing) -> Streamed<()> {
    if bytes.len() as u64 > BLOCKING_PERMIT {
        return Err(Violation(TOO_LARGE_WRITE).into());
    }
    on_output(wasi, stream.0, |output, descriptors| {
        output.write(descriptors, &bytes)?;
        output.flush(descriptors)
    })
}

pub fn io_streams_output_stream_flush(wasi: &mut Wasi, (stream,): (Borrowed<OutputStream>,)) -> Streamed<()> {
    on_output(wasi, stream.0, Output::flush)
}

pub fn io_streams_output_stream_blocking_flush(wasi: &mut Wasi, (stream,): (Borrowed<OutputStream>,)) -> Streamed<()> {
    on_output(wasi, stream.0, Output::flush)
}

type WritingZeroes = (Borrowed<OutputStream>, u64);

pub fn io_streams_output_stream_write_zeroes(wasi: &mut Wasi, (stream, len): WritingZeroes) -> Streamed<()> {
    check_permit(wasi, stream.0, len)?;
    on_output(wasi, stream.0, |output, descriptors| output.write_zeroes(descriptors, len))
}

pub fn io_streams_output_stream_blocking_write_zeroes_and_flush(
    wasi: &mut Wasi,
    (stream, len): WritingZeroes,
) -> Streamed<()> {
    if len > BLOCKING_PERMIT {
        return Err(Violation(TOO_MANY_ZEROES).into());
    }
    on_output(wasi, stream.0, |output, descriptors| {
        output.write_zeroes(descriptors, len)?;
        output.flush(descriptors)
    })
}

type Splicing = (Borrowed<OutputStream>, Borrowed<InputStream>, u64);

fn splice(wasi: &mut Wasi, (to, from, len): Splicing, waits: bool) -> Streamed<u64> {
    let mut input = wasi.resources.input(from.0)?;
    let spliced = on_output(wasi, to.0, |output, descriptors| {
        let len = len.min(output.permit()?);
        let bytes = input.read(descriptors, len, waits)?;
        output.write(descriptors, &bytes)?;
        Ok(bytes.len() as u64)
    });
    wasi.resources.set(from.0.0, Resource::Input(input));
    spliced
}

pub fn io_streams_output_stream_splice(wasi: &mut Wasi, splicing: Splicing) -> Streamed<u64> {
    splice(wasi, splicing, false)
}

pub fn io_streams_output_stream_blocking_splice(wasi: &mut Wasi, splicing: Splicing) -> Streamed<u64> {
    splice(wasi, splicing, true)
}
