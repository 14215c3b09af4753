//! Functions have the types of their rows, as far as core values tell these apart.

use super::*;
use crate::component::{Lift, Lower};
use std::collections::BTreeMap;
use wasmc_abi::preview2;

/// How many core values a function takes and returns, by the canonical ABI.
fn flat<P: Lift, R: Lower>(_: fn(&mut Wasi, P) -> Answer<R>) -> (usize, usize) {
    let params = if P::FLAT > 16 { 1 } else { P::FLAT };
    (params + usize::from(R::FLAT > 1), usize::from(R::FLAT == 1))
}

macro_rules! known {
    ($($name:ident)*) => {
        /// Those of each function.
        fn known() -> BTreeMap<&'static str, (usize, usize)> {
            BTreeMap::from([$((stringify!($name), flat($name))),*])
        }
    };
}

known! {
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
    sockets_ip_name_lookup_resolve_addresses
    sockets_network_network_error_code
    sockets_tcp_create_socket_create_tcp_socket
    sockets_udp_create_socket_create_udp_socket
}

#[test]
fn functions_have_the_types_of_their_rows() {
    let known = known();
    let mut compared = 0;
    for row in preview2::functions() {
        let name = row.name_for_embedders();
        // Without sockets, their functions are never called with what they take.
        let is_of_socket = row.interface.starts_with("wasi:sockets") && row.name.starts_with('[');
        if is_of_socket || row.name.starts_with("[resource-drop]") {
            continue;
        }
        let &(params, results) = known.get(name).unwrap_or_else(|| panic!("{name} is missing"));
        // The first parameter of the runtime's is the record of whoever calls it.
        assert_eq!((row.signature.params.len() - 1, row.signature.results.len()), (params, results), "{name}");
        compared += 1;
    }
    assert_eq!(compared, known.len());
}
