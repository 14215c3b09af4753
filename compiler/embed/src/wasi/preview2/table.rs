//! All functions by name, for hosts that are not written in Rust.

use super::*;
use crate::component::{Handles, Lift, Lower, Options, RawGuest};

/// What a function is called with: the guest, what it was lowered with, and core values.
type Called<'c> = (&'c mut RawGuest, (&'c Options, Option<&'c Handles>, u64), &'c [u64]);

/// A function of WASI 0.2.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Its name here.
    pub name: &'static str,
    /// How many core values it takes and returns, by the canonical ABI.
    pub flat: (usize, usize),
    /// Answers a call of it; returns the core value of its result.
    pub answer: fn(&mut Wasi, Called<'_>) -> Answer<u64>,
}

/// How many core values a function takes and returns.
const fn flat<P: Lift, R: Lower>(_: fn(&mut Wasi, P) -> Answer<R>) -> (usize, usize) {
    let params = if P::FLAT > 16 { 1 } else { P::FLAT };
    (params + (R::FLAT > 1) as usize, (R::FLAT == 1) as usize)
}

fn answer<P: Lift, R: Lower>(
    wasi: &mut Wasi,
    (guest, lowered, values): Called<'_>,
    function: fn(&mut Wasi, P) -> Answer<R>,
) -> Answer<u64> {
    guest.answer(lowered, values, |params| function(wasi, params))
}

macro_rules! functions {
    ($($name:ident)*) => {
        /// All of them, in the order of their names.
        pub static FUNCTIONS: &[Function] = &[$(Function {
            name: stringify!($name),
            flat: flat($name),
            answer: |wasi, called| answer(wasi, called, $name),
        },)*];
    };
}

/// The function of a name.
pub fn function(name: &str) -> Option<&'static Function> {
    let index = FUNCTIONS.binary_search_by_key(&name, |function| function.name).ok()?;
    FUNCTIONS.get(index)
}

functions! {
    cli_environment_get_arguments
    cli_environment_get_environment
    cli_environment_initial_cwd
    cli_exit_exit
    cli_exit_exit_with_code
    cli_stderr_get_stderr
    cli_stdin_get_stdin
    cli_stdout_get_stdout
    cli_terminal_stderr_get_terminal_stderr
    cli_terminal_stdin_get_terminal_stdin
    cli_terminal_stdout_get_terminal_stdout
    clocks_monotonic_clock_now
    clocks_monotonic_clock_resolution
    clocks_monotonic_clock_subscribe_duration
    clocks_monotonic_clock_subscribe_instant
    clocks_timezone_display
    clocks_timezone_utc_offset
    clocks_wall_clock_now
    clocks_wall_clock_resolution
    filesystem_preopens_get_directories
    filesystem_types_descriptor_advise
    filesystem_types_descriptor_append_via_stream
    filesystem_types_descriptor_create_directory_at
    filesystem_types_descriptor_get_flags
    filesystem_types_descriptor_get_type
    filesystem_types_descriptor_is_same_object
    filesystem_types_descriptor_link_at
    filesystem_types_descriptor_metadata_hash
    filesystem_types_descriptor_metadata_hash_at
    filesystem_types_descriptor_open_at
    filesystem_types_descriptor_read
    filesystem_types_descriptor_read_directory
    filesystem_types_descriptor_read_via_stream
    filesystem_types_descriptor_readlink_at
    filesystem_types_descriptor_remove_directory_at
    filesystem_types_descriptor_rename_at
    filesystem_types_descriptor_set_size
    filesystem_types_descriptor_set_times
    filesystem_types_descriptor_set_times_at
    filesystem_types_descriptor_stat
    filesystem_types_descriptor_stat_at
    filesystem_types_descriptor_symlink_at
    filesystem_types_descriptor_sync
    filesystem_types_descriptor_sync_data
    filesystem_types_descriptor_unlink_file_at
    filesystem_types_descriptor_write
    filesystem_types_descriptor_write_via_stream
    filesystem_types_directory_entry_stream_read_directory_entry
    filesystem_types_filesystem_error_code
    io_error_error_to_debug_string
    io_poll_poll
    io_poll_pollable_block
    io_poll_pollable_ready
    io_streams_input_stream_blocking_read
    io_streams_input_stream_blocking_skip
    io_streams_input_stream_read
    io_streams_input_stream_skip
    io_streams_input_stream_subscribe
    io_streams_output_stream_blocking_flush
    io_streams_output_stream_blocking_splice
    io_streams_output_stream_blocking_write_and_flush
    io_streams_output_stream_blocking_write_zeroes_and_flush
    io_streams_output_stream_check_write
    io_streams_output_stream_flush
    io_streams_output_stream_splice
    io_streams_output_stream_subscribe
    io_streams_output_stream_write
    io_streams_output_stream_write_zeroes
    random_insecure_get_insecure_random_bytes
    random_insecure_get_insecure_random_u64
    random_insecure_seed_insecure_seed
    random_random_get_random_bytes
    random_random_get_random_u64
    sockets_instance_network_instance_network
    sockets_ip_name_lookup_resolve_address_stream_resolve_next_address
    sockets_ip_name_lookup_resolve_address_stream_subscribe
    sockets_ip_name_lookup_resolve_addresses
    sockets_network_network_error_code
    sockets_tcp_create_socket_create_tcp_socket
    sockets_tcp_tcp_socket_accept
    sockets_tcp_tcp_socket_address_family
    sockets_tcp_tcp_socket_finish_bind
    sockets_tcp_tcp_socket_finish_connect
    sockets_tcp_tcp_socket_finish_listen
    sockets_tcp_tcp_socket_hop_limit
    sockets_tcp_tcp_socket_is_listening
    sockets_tcp_tcp_socket_keep_alive_count
    sockets_tcp_tcp_socket_keep_alive_enabled
    sockets_tcp_tcp_socket_keep_alive_idle_time
    sockets_tcp_tcp_socket_keep_alive_interval
    sockets_tcp_tcp_socket_local_address
    sockets_tcp_tcp_socket_receive_buffer_size
    sockets_tcp_tcp_socket_remote_address
    sockets_tcp_tcp_socket_send_buffer_size
    sockets_tcp_tcp_socket_set_hop_limit
    sockets_tcp_tcp_socket_set_keep_alive_count
    sockets_tcp_tcp_socket_set_keep_alive_enabled
    sockets_tcp_tcp_socket_set_keep_alive_idle_time
    sockets_tcp_tcp_socket_set_keep_alive_interval
    sockets_tcp_tcp_socket_set_listen_backlog_size
    sockets_tcp_tcp_socket_set_receive_buffer_size
    sockets_tcp_tcp_socket_set_send_buffer_size
    sockets_tcp_tcp_socket_shutdown
    sockets_tcp_tcp_socket_start_bind
    sockets_tcp_tcp_socket_start_connect
    sockets_tcp_tcp_socket_start_listen
    sockets_tcp_tcp_socket_subscribe
    sockets_udp_create_socket_create_udp_socket
    sockets_udp_incoming_datagram_stream_receive
    sockets_udp_incoming_datagram_stream_subscribe
    sockets_udp_outgoing_datagram_stream_check_send
    sockets_udp_outgoing_datagram_stream_send
    sockets_udp_outgoing_datagram_stream_subscribe
    sockets_udp_udp_socket_address_family
    sockets_udp_udp_socket_finish_bind
    sockets_udp_udp_socket_local_address
    sockets_udp_udp_socket_receive_buffer_size
    sockets_udp_udp_socket_remote_address
    sockets_udp_udp_socket_send_buffer_size
    sockets_udp_udp_socket_set_receive_buffer_size
    sockets_udp_udp_socket_set_send_buffer_size
    sockets_udp_udp_socket_set_unicast_hop_limit
    sockets_udp_udp_socket_start_bind
    sockets_udp_udp_socket_stream
    sockets_udp_udp_socket_subscribe
    sockets_udp_udp_socket_unicast_hop_limit
}
