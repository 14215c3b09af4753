//! What each function of WASI 0.2 needs, by the symbol of its definition. A function without a row here does not
//! compile, and a row without a function is never used, which does not compile either.

use super::Host;
use crate::host::Needs;
use crate::system_calls::{PATH, STREAM, WORKING_MEMORY};

macro_rules! rows {
    ($($needs:ident, $calls:tt: $($symbol:ident)+;)*) => { $($(
        #[allow(non_upper_case_globals, reason = "it is the name of the definition")]
        pub(super) const $symbol: Host = Host { needs: Needs::$needs, system_calls: &$calls };
    )+)* };
}

/// Reading a stream: a file at a position, or what has none.
const READ: &[&str] = &["preadv", "readv", "fstat"];
/// Writing to a stream.
const WRITE: &[&str] = &["lseek", "pwritev", "writev"];
/// Waiting for streams and clocks.
const WAIT: &[&str] = &["clock_gettime", "ppoll", "restart_syscall"];
/// Making a socket, and setting what all sockets have.
const SOCKET: &[&str] = &["close", "fcntl", "setsockopt", "socket"];
/// Asking for addresses.
const LOOKUP: &[&str] = &["close", "connect", "fcntl", "recvmsg", "sendmsg", "setsockopt", "socket"];

rows! {
    NOTHING, []:
        wasmc_p2_io_error_drop_error
        wasmc_p2_io_error_error_to_debug_string
        wasmc_p2_io_poll_drop_pollable
        wasmc_p2_cli_terminal_input_drop_terminal_input
        wasmc_p2_cli_terminal_output_drop_terminal_output
        wasmc_p2_clocks_timezone_display
        wasmc_p2_clocks_timezone_utc_offset
        wasmc_p2_filesystem_types_filesystem_error_code
        wasmc_p2_sockets_network_drop_network
        wasmc_p2_sockets_network_network_error_code
        wasmc_p2_cli_environment_initial_cwd
        wasmc_p2_cli_exit_exit
        wasmc_p2_cli_exit_exit_with_code;

    NOTHING, [WAIT, WORKING_MEMORY]:
        wasmc_p2_io_poll_pollable_ready
        wasmc_p2_io_poll_pollable_block
        wasmc_p2_io_poll_poll;

    GRANTS, [&["close"], WORKING_MEMORY]:
        wasmc_p2_io_streams_drop_input_stream
        wasmc_p2_io_streams_drop_output_stream
        wasmc_p2_filesystem_types_drop_descriptor
        wasmc_p2_filesystem_types_drop_directory_entry_stream
        wasmc_p2_sockets_tcp_drop_tcp_socket
        wasmc_p2_sockets_udp_drop_udp_socket
        wasmc_p2_sockets_udp_drop_incoming_datagram_stream
        wasmc_p2_sockets_udp_drop_outgoing_datagram_stream
        wasmc_p2_sockets_ip_name_lookup_drop_resolve_address_stream;

    GRANTS, [READ, STREAM, WORKING_MEMORY]:
        wasmc_p2_io_streams_input_stream_read
        wasmc_p2_io_streams_input_stream_blocking_read
        wasmc_p2_io_streams_input_stream_skip
        wasmc_p2_io_streams_input_stream_blocking_skip;

    GRANTS, [WORKING_MEMORY]:
        wasmc_p2_io_streams_input_stream_subscribe
        wasmc_p2_io_streams_output_stream_subscribe
        wasmc_p2_cli_environment_get_environment
        wasmc_p2_cli_environment_get_arguments
        wasmc_p2_cli_stdin_get_stdin
        wasmc_p2_cli_stdout_get_stdout
        wasmc_p2_cli_stderr_get_stderr
        wasmc_p2_sockets_instance_network_instance_network;

    GRANTS, [WRITE, STREAM, WORKING_MEMORY]:
        wasmc_p2_io_streams_output_stream_check_write
        wasmc_p2_io_streams_output_stream_write
        wasmc_p2_io_streams_output_stream_blocking_write_and_flush
        wasmc_p2_io_streams_output_stream_flush
        wasmc_p2_io_streams_output_stream_blocking_flush
        wasmc_p2_io_streams_output_stream_write_zeroes
        wasmc_p2_io_streams_output_stream_blocking_write_zeroes_and_flush;

    GRANTS, [READ, WRITE, STREAM, WORKING_MEMORY]:
        wasmc_p2_io_streams_output_stream_splice
        wasmc_p2_io_streams_output_stream_blocking_splice;

    GRANTS, [&["fstat", "lseek"], WORKING_MEMORY]:
        wasmc_p2_cli_terminal_stdin_get_terminal_stdin
        wasmc_p2_cli_terminal_stdout_get_terminal_stdout
        wasmc_p2_cli_terminal_stderr_get_terminal_stderr;

    NOTHING, [&["clock_gettime"]]:
        wasmc_p2_clocks_monotonic_clock_now
        wasmc_p2_clocks_wall_clock_now;

    NOTHING, [&["clock_getres"]]:
        wasmc_p2_clocks_monotonic_clock_resolution
        wasmc_p2_clocks_wall_clock_resolution;

    NOTHING, [&["clock_gettime"], WORKING_MEMORY]:
        wasmc_p2_clocks_monotonic_clock_subscribe_instant
        wasmc_p2_clocks_monotonic_clock_subscribe_duration;

    NOTHING, [&["getrandom"]]:
        wasmc_p2_random_insecure_seed_insecure_seed
        wasmc_p2_random_insecure_get_insecure_random_bytes
        wasmc_p2_random_insecure_get_insecure_random_u64
        wasmc_p2_random_random_get_random_bytes
        wasmc_p2_random_random_get_random_u64;

    GRANTS, [&["fstat"], WORKING_MEMORY]:
        wasmc_p2_filesystem_types_descriptor_read_via_stream
        wasmc_p2_filesystem_types_descriptor_write_via_stream
        wasmc_p2_filesystem_types_descriptor_append_via_stream
        wasmc_p2_filesystem_types_descriptor_get_type
        wasmc_p2_filesystem_types_descriptor_stat
        wasmc_p2_filesystem_types_descriptor_is_same_object
        wasmc_p2_filesystem_types_descriptor_metadata_hash;

    GRANTS, [&["fadvise64"]]: wasmc_p2_filesystem_types_descriptor_advise;
    GRANTS, [&["fdatasync"]]: wasmc_p2_filesystem_types_descriptor_sync_data;
    GRANTS, [&["fsync"]]: wasmc_p2_filesystem_types_descriptor_sync;
    GRANTS, []: wasmc_p2_filesystem_types_descriptor_get_flags;
    GRANTS, [&["ftruncate"]]: wasmc_p2_filesystem_types_descriptor_set_size;
    GRANTS, [&["utimensat"]]: wasmc_p2_filesystem_types_descriptor_set_times;
    GRANTS, [&["preadv"]]: wasmc_p2_filesystem_types_descriptor_read;
    GRANTS, [&["pwritev"]]: wasmc_p2_filesystem_types_descriptor_write;

    PATHS, [PATH, WORKING_MEMORY]: wasmc_p2_filesystem_types_descriptor_read_directory;
    PATHS, [PATH, &["mkdirat"]]: wasmc_p2_filesystem_types_descriptor_create_directory_at;
    PATHS, [PATH]:
        wasmc_p2_filesystem_types_descriptor_stat_at
        wasmc_p2_filesystem_types_descriptor_readlink_at
        wasmc_p2_filesystem_types_descriptor_metadata_hash_at;
    PATHS, [PATH, &["utimensat"]]: wasmc_p2_filesystem_types_descriptor_set_times_at;
    PATHS, [PATH, &["linkat"]]: wasmc_p2_filesystem_types_descriptor_link_at;
    PATHS, [PATH, WORKING_MEMORY]: wasmc_p2_filesystem_types_descriptor_open_at;
    PATHS, [PATH, &["unlinkat"]]:
        wasmc_p2_filesystem_types_descriptor_remove_directory_at
        wasmc_p2_filesystem_types_descriptor_unlink_file_at;
    PATHS, [PATH, &["renameat2"]]: wasmc_p2_filesystem_types_descriptor_rename_at;
    PATHS, [PATH, &["symlinkat"]]: wasmc_p2_filesystem_types_descriptor_symlink_at;
    GRANTS, [&["fstat", "getdents64", "lseek", "newfstatat"]]:
        wasmc_p2_filesystem_types_directory_entry_stream_read_directory_entry;
    PATHS, [WORKING_MEMORY]: wasmc_p2_filesystem_preopens_get_directories;

    GRANTS, [SOCKET, WORKING_MEMORY]:
        wasmc_p2_sockets_tcp_create_socket_create_tcp_socket
        wasmc_p2_sockets_udp_create_socket_create_udp_socket;
    GRANTS, [&["bind"]]:
        wasmc_p2_sockets_tcp_tcp_socket_start_bind
        wasmc_p2_sockets_udp_udp_socket_start_bind;
    NOTHING, []:
        wasmc_p2_sockets_tcp_tcp_socket_finish_bind
        wasmc_p2_sockets_udp_udp_socket_finish_bind
        wasmc_p2_sockets_tcp_tcp_socket_is_listening
        wasmc_p2_sockets_tcp_tcp_socket_address_family
        wasmc_p2_sockets_udp_udp_socket_address_family
        wasmc_p2_sockets_tcp_tcp_socket_finish_listen;
    GRANTS, [&["connect"]]: wasmc_p2_sockets_tcp_tcp_socket_start_connect;
    GRANTS, [&["getsockopt", "ppoll"], WORKING_MEMORY]: wasmc_p2_sockets_tcp_tcp_socket_finish_connect;
    GRANTS, [&["listen"]]:
        wasmc_p2_sockets_tcp_tcp_socket_start_listen
        wasmc_p2_sockets_tcp_tcp_socket_set_listen_backlog_size;
    GRANTS, [&["accept4", "close", "fcntl"], WORKING_MEMORY]: wasmc_p2_sockets_tcp_tcp_socket_accept;
    GRANTS, [&["getsockname"]]:
        wasmc_p2_sockets_tcp_tcp_socket_local_address
        wasmc_p2_sockets_udp_udp_socket_local_address;
    GRANTS, [&["getpeername"]]:
        wasmc_p2_sockets_tcp_tcp_socket_remote_address
        wasmc_p2_sockets_udp_udp_socket_remote_address;
    GRANTS, [&["getsockopt"]]:
        wasmc_p2_sockets_tcp_tcp_socket_keep_alive_enabled
        wasmc_p2_sockets_tcp_tcp_socket_keep_alive_idle_time
        wasmc_p2_sockets_tcp_tcp_socket_keep_alive_interval
        wasmc_p2_sockets_tcp_tcp_socket_keep_alive_count
        wasmc_p2_sockets_tcp_tcp_socket_hop_limit
        wasmc_p2_sockets_tcp_tcp_socket_receive_buffer_size
        wasmc_p2_sockets_tcp_tcp_socket_send_buffer_size
        wasmc_p2_sockets_udp_udp_socket_unicast_hop_limit
        wasmc_p2_sockets_udp_udp_socket_receive_buffer_size
        wasmc_p2_sockets_udp_udp_socket_send_buffer_size;
    GRANTS, [&["setsockopt"]]:
        wasmc_p2_sockets_tcp_tcp_socket_set_keep_alive_enabled
        wasmc_p2_sockets_tcp_tcp_socket_set_keep_alive_idle_time
        wasmc_p2_sockets_tcp_tcp_socket_set_keep_alive_interval
        wasmc_p2_sockets_tcp_tcp_socket_set_keep_alive_count
        wasmc_p2_sockets_tcp_tcp_socket_set_hop_limit
        wasmc_p2_sockets_tcp_tcp_socket_set_receive_buffer_size
        wasmc_p2_sockets_tcp_tcp_socket_set_send_buffer_size
        wasmc_p2_sockets_udp_udp_socket_set_unicast_hop_limit
        wasmc_p2_sockets_udp_udp_socket_set_receive_buffer_size
        wasmc_p2_sockets_udp_udp_socket_set_send_buffer_size;
    GRANTS, [WORKING_MEMORY]:
        wasmc_p2_sockets_tcp_tcp_socket_subscribe
        wasmc_p2_sockets_udp_udp_socket_subscribe
        wasmc_p2_sockets_udp_incoming_datagram_stream_subscribe
        wasmc_p2_sockets_udp_outgoing_datagram_stream_subscribe
        wasmc_p2_sockets_ip_name_lookup_resolve_address_stream_subscribe;
    GRANTS, [&["shutdown"]]: wasmc_p2_sockets_tcp_tcp_socket_shutdown;
    GRANTS, [&["connect"], WORKING_MEMORY]: wasmc_p2_sockets_udp_udp_socket_stream;
    GRANTS, [&["recvmsg"]]: wasmc_p2_sockets_udp_incoming_datagram_stream_receive;
    GRANTS, [&["ppoll"]]: wasmc_p2_sockets_udp_outgoing_datagram_stream_check_send;
    GRANTS, [&["sendmsg"]]: wasmc_p2_sockets_udp_outgoing_datagram_stream_send;
    NAMES, [LOOKUP, WAIT, &["getrandom"], WORKING_MEMORY]:
        wasmc_p2_sockets_ip_name_lookup_resolve_addresses
        wasmc_p2_sockets_ip_name_lookup_resolve_address_stream_resolve_next_address;
}
