//! The functions of `wasi:io`. Long because it has a row for each of them.
//!
//! Made by `cargo xtask wit`: do not change it by hand.

functions! {
    "wasi:io/error" {
        "[resource-drop]error",
            wasmc_p2_io_error_drop_error
            (u32) -> (),
            "(self: own<wasi:io/error#error>)";
        "[method]error.to-debug-string",
            wasmc_p2_io_error_error_to_debug_string
            (u32 u32) -> (),
            "(self: borrow<wasi:io/error#error>) -> string";
    }
    "wasi:io/poll" {
        "[resource-drop]pollable",
            wasmc_p2_io_poll_drop_pollable
            (u32) -> (),
            "(self: own<wasi:io/poll#pollable>)";
        "[method]pollable.ready",
            wasmc_p2_io_poll_pollable_ready
            (u32) -> (u32),
            "(self: borrow<wasi:io/poll#pollable>) -> bool";
        "[method]pollable.block",
            wasmc_p2_io_poll_pollable_block
            (u32) -> (),
            "(self: borrow<wasi:io/poll#pollable>)";
        "poll",
            wasmc_p2_io_poll_poll
            (u32 u32 u32) -> (),
            "(in: list<borrow<wasi:io/poll#pollable>>) -> list<u32>";
    }
    "wasi:io/streams" {
        "[resource-drop]input-stream",
            wasmc_p2_io_streams_drop_input_stream
            (u32) -> (),
            "(self: own<wasi:io/streams#input-stream>)";
        "[resource-drop]output-stream",
            wasmc_p2_io_streams_drop_output_stream
            (u32) -> (),
            "(self: own<wasi:io/streams#output-stream>)";
        "[method]input-stream.read",
            wasmc_p2_io_streams_input_stream_read
            (u32 u64 u32) -> (),
            "(self: borrow<wasi:io/streams#input-stream>, len: u64) -> result<list<u8>, \
            variant{last-operation-failed(own<wasi:io/error#error>), closed}>";
        "[method]input-stream.blocking-read",
            wasmc_p2_io_streams_input_stream_blocking_read
            (u32 u64 u32) -> (),
            "(self: borrow<wasi:io/streams#input-stream>, len: u64) -> result<list<u8>, \
            variant{last-operation-failed(own<wasi:io/error#error>), closed}>";
        "[method]input-stream.skip",
            wasmc_p2_io_streams_input_stream_skip
            (u32 u64 u32) -> (),
            "(self: borrow<wasi:io/streams#input-stream>, len: u64) -> result<u64, \
            variant{last-operation-failed(own<wasi:io/error#error>), closed}>";
        "[method]input-stream.blocking-skip",
            wasmc_p2_io_streams_input_stream_blocking_skip
            (u32 u64 u32) -> (),
            "(self: borrow<wasi:io/streams#input-stream>, len: u64) -> result<u64, \
            variant{last-operation-failed(own<wasi:io/error#error>), closed}>";
        "[method]input-stream.subscribe",
            wasmc_p2_io_streams_input_stream_subscribe
            (u32) -> (u32),
            "(self: borrow<wasi:io/streams#input-stream>) -> own<wasi:io/poll#pollable>";
        "[method]output-stream.check-write",
            wasmc_p2_io_streams_output_stream_check_write
            (u32 u32) -> (),
            "(self: borrow<wasi:io/streams#output-stream>) -> result<u64, \
            variant{last-operation-failed(own<wasi:io/error#error>), closed}>";
        "[method]output-stream.write",
            wasmc_p2_io_streams_output_stream_write
            (u32 u32 u32 u32) -> (),
            "(self: borrow<wasi:io/streams#output-stream>, contents: list<u8>) -> result<_, \
            variant{last-operation-failed(own<wasi:io/error#error>), closed}>";
        "[method]output-stream.blocking-write-and-flush",
            wasmc_p2_io_streams_output_stream_blocking_write_and_flush
            (u32 u32 u32 u32) -> (),
            "(self: borrow<wasi:io/streams#output-stream>, contents: list<u8>) -> result<_, \
            variant{last-operation-failed(own<wasi:io/error#error>), closed}>";
        "[method]output-stream.flush",
            wasmc_p2_io_streams_output_stream_flush
            (u32 u32) -> (),
            "(self: borrow<wasi:io/streams#output-stream>) -> result<_, \
            variant{last-operation-failed(own<wasi:io/error#error>), closed}>";
        "[method]output-stream.blocking-flush",
            wasmc_p2_io_streams_output_stream_blocking_flush
            (u32 u32) -> (),
            "(self: borrow<wasi:io/streams#output-stream>) -> result<_, \
            variant{last-operation-failed(own<wasi:io/error#error>), closed}>";
        "[method]output-stream.subscribe",
            wasmc_p2_io_streams_output_stream_subscribe
            (u32) -> (u32),
            "(self: borrow<wasi:io/streams#output-stream>) -> own<wasi:io/poll#pollable>";
        "[method]output-stream.write-zeroes",
            wasmc_p2_io_streams_output_stream_write_zeroes
            (u32 u64 u32) -> (),
            "(self: borrow<wasi:io/streams#output-stream>, len: u64) -> result<_, \
            variant{last-operation-failed(own<wasi:io/error#error>), closed}>";
        "[method]output-stream.blocking-write-zeroes-and-flush",
            wasmc_p2_io_streams_output_stream_blocking_write_zeroes_and_flush
            (u32 u64 u32) -> (),
            "(self: borrow<wasi:io/streams#output-stream>, len: u64) -> result<_, \
            variant{last-operation-failed(own<wasi:io/error#error>), closed}>";
        "[method]output-stream.splice",
            wasmc_p2_io_streams_output_stream_splice
            (u32 u32 u64 u32) -> (),
            "(self: borrow<wasi:io/streams#output-stream>, src: borrow<wasi:io/streams#input-stream>, len: u64) \
            -> result<u64, variant{last-operation-failed(own<wasi:io/error#error>), closed}>";
        "[method]output-stream.blocking-splice",
            wasmc_p2_io_streams_output_stream_blocking_splice
            (u32 u32 u64 u32) -> (),
            "(self: borrow<wasi:io/streams#output-stream>, src: borrow<wasi:io/streams#input-stream>, len: u64) \
            -> result<u64, variant{last-operation-failed(own<wasi:io/error#error>), closed}>";
    }
}
