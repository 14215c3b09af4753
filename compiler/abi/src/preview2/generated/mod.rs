//! The functions and resources of WASI 0.2.
//!
//! Made by `cargo xtask wit`: do not change it by hand.

mod cli;
mod clocks;
mod filesystem;
mod io;
mod random;
mod sockets;
pub mod types;

use super::{ComponentFunction, Resource};

/// The functions, by package.
pub(super) static FUNCTIONS: &[&[ComponentFunction]] =
    &[io::FUNCTIONS, cli::FUNCTIONS, clocks::FUNCTIONS, random::FUNCTIONS, filesystem::FUNCTIONS, sockets::FUNCTIONS];

/// The resources, in order of their numbers, which begin with 1.
pub(super) static RESOURCES: &[Resource] = &[
    Resource { interface: "wasi:io/error", name: "error" },
    Resource { interface: "wasi:io/poll", name: "pollable" },
    Resource { interface: "wasi:io/streams", name: "input-stream" },
    Resource { interface: "wasi:io/streams", name: "output-stream" },
    Resource { interface: "wasi:cli/terminal-input", name: "terminal-input" },
    Resource { interface: "wasi:cli/terminal-output", name: "terminal-output" },
    Resource { interface: "wasi:filesystem/types", name: "descriptor" },
    Resource { interface: "wasi:filesystem/types", name: "directory-entry-stream" },
    Resource { interface: "wasi:sockets/network", name: "network" },
    Resource { interface: "wasi:sockets/ip-name-lookup", name: "resolve-address-stream" },
    Resource { interface: "wasi:sockets/tcp", name: "tcp-socket" },
    Resource { interface: "wasi:sockets/udp", name: "udp-socket" },
    Resource { interface: "wasi:sockets/udp", name: "incoming-datagram-stream" },
    Resource { interface: "wasi:sockets/udp", name: "outgoing-datagram-stream" },
];

/// Numbers of the resources.
pub mod resource {
    /// `wasi:io/error#error`
    pub const ERROR: u32 = 1;
    /// `wasi:io/poll#pollable`
    pub const POLLABLE: u32 = 2;
    /// `wasi:io/streams#input-stream`
    pub const INPUT_STREAM: u32 = 3;
    /// `wasi:io/streams#output-stream`
    pub const OUTPUT_STREAM: u32 = 4;
    /// `wasi:cli/terminal-input#terminal-input`
    pub const TERMINAL_INPUT: u32 = 5;
    /// `wasi:cli/terminal-output#terminal-output`
    pub const TERMINAL_OUTPUT: u32 = 6;
    /// `wasi:filesystem/types#descriptor`
    pub const DESCRIPTOR: u32 = 7;
    /// `wasi:filesystem/types#directory-entry-stream`
    pub const DIRECTORY_ENTRY_STREAM: u32 = 8;
    /// `wasi:sockets/network#network`
    pub const NETWORK: u32 = 9;
    /// `wasi:sockets/ip-name-lookup#resolve-address-stream`
    pub const RESOLVE_ADDRESS_STREAM: u32 = 10;
    /// `wasi:sockets/tcp#tcp-socket`
    pub const TCP_SOCKET: u32 = 11;
    /// `wasi:sockets/udp#udp-socket`
    pub const UDP_SOCKET: u32 = 12;
    /// `wasi:sockets/udp#incoming-datagram-stream`
    pub const INCOMING_DATAGRAM_STREAM: u32 = 13;
    /// `wasi:sockets/udp#outgoing-datagram-stream`
    pub const OUTGOING_DATAGRAM_STREAM: u32 = 14;
}

/// The type of each function's definition.
pub mod function {
    pub use super::cli::function::*;
    pub use super::clocks::function::*;
    pub use super::filesystem::function::*;
    pub use super::io::function::*;
    pub use super::random::function::*;
    pub use super::sockets::function::*;
}

/// Calls a macro with the symbols of all functions.
#[macro_export]
macro_rules! preview2_functions {
    ($then:ident) => {
        $then! {
        wasmc_p2_io_error_drop_error
        wasmc_p2_io_error_error_to_debug_string
        wasmc_p2_io_poll_drop_pollable
        wasmc_p2_io_poll_pollable_ready
        wasmc_p2_io_poll_pollable_block
        wasmc_p2_io_poll_poll
        wasmc_p2_io_streams_drop_input_stream
        wasmc_p2_io_streams_drop_output_stream
        wasmc_p2_io_streams_input_stream_read
        wasmc_p2_io_streams_input_stream_blocking_read
        wasmc_p2_io_streams_input_stream_skip
        wasmc_p2_io_streams_input_stream_blocking_skip
        wasmc_p2_io_streams_input_stream_subscribe
        wasmc_p2_io_streams_output_stream_check_write
        wasmc_p2_io_streams_output_stream_write
        wasmc_p2_io_streams_output_stream_blocking_write_and_flush
        wasmc_p2_io_streams_output_stream_flush
        wasmc_p2_io_streams_output_stream_blocking_flush
        wasmc_p2_io_streams_output_stream_subscribe
        wasmc_p2_io_streams_output_stream_write_zeroes
        wasmc_p2_io_streams_output_stream_blocking_write_zeroes_and_flush
        wasmc_p2_io_streams_output_stream_splice
        wasmc_p2_io_streams_output_stream_blocking_splice
        wasmc_p2_cli_environment_get_environment
        wasmc_p2_cli_environment_get_arguments
        wasmc_p2_cli_environment_initial_cwd
        wasmc_p2_cli_exit_exit
        wasmc_p2_cli_exit_exit_with_code
        wasmc_p2_cli_stdin_get_stdin
        wasmc_p2_cli_stdout_get_stdout
        wasmc_p2_cli_stderr_get_stderr
        wasmc_p2_cli_terminal_input_drop_terminal_input
        wasmc_p2_cli_terminal_output_drop_terminal_output
        wasmc_p2_cli_terminal_stdin_get_terminal_stdin
        wasmc_p2_cli_terminal_stdout_get_terminal_stdout
        wasmc_p2_cli_terminal_stderr_get_terminal_stderr
        wasmc_p2_clocks_monotonic_clock_now
        wasmc_p2_clocks_monotonic_clock_resolution
        wasmc_p2_clocks_monotonic_clock_subscribe_instant
        wasmc_p2_clocks_monotonic_clock_subscribe_duration
        wasmc_p2_clocks_wall_clock_now
        wasmc_p2_clocks_wall_clock_resolution
        wasmc_p2_clocks_timezone_display
        wasmc_p2_clocks_timezone_utc_offset
        wasmc_p2_random_insecure_seed_insecure_seed
        wasmc_p2_random_insecure_get_insecure_random_bytes
        wasmc_p2_random_insecure_get_insecure_random_u64
        wasmc_p2_random_random_get_random_bytes
        wasmc_p2_random_random_get_random_u64
        wasmc_p2_filesystem_types_drop_descriptor
        wasmc_p2_filesystem_types_drop_directory_entry_stream
        wasmc_p2_filesystem_types_descriptor_read_via_stream
        wasmc_p2_filesystem_types_descriptor_write_via_stream
        wasmc_p2_filesystem_types_descriptor_append_via_stream
        wasmc_p2_filesystem_types_descriptor_advise
        wasmc_p2_filesystem_types_descriptor_sync_data
        wasmc_p2_filesystem_types_descriptor_get_flags
        wasmc_p2_filesystem_types_descriptor_get_type
        wasmc_p2_filesystem_types_descriptor_set_size
        wasmc_p2_filesystem_types_descriptor_set_times
        wasmc_p2_filesystem_types_descriptor_read
        wasmc_p2_filesystem_types_descriptor_write
        wasmc_p2_filesystem_types_descriptor_read_directory
        wasmc_p2_filesystem_types_descriptor_sync
        wasmc_p2_filesystem_types_descriptor_create_directory_at
        wasmc_p2_filesystem_types_descriptor_stat
        wasmc_p2_filesystem_types_descriptor_stat_at
        wasmc_p2_filesystem_types_descriptor_set_times_at
        wasmc_p2_filesystem_types_descriptor_link_at
        wasmc_p2_filesystem_types_descriptor_open_at
        wasmc_p2_filesystem_types_descriptor_readlink_at
        wasmc_p2_filesystem_types_descriptor_remove_directory_at
        wasmc_p2_filesystem_types_descriptor_rename_at
        wasmc_p2_filesystem_types_descriptor_symlink_at
        wasmc_p2_filesystem_types_descriptor_unlink_file_at
        wasmc_p2_filesystem_types_descriptor_is_same_object
        wasmc_p2_filesystem_types_descriptor_metadata_hash
        wasmc_p2_filesystem_types_descriptor_metadata_hash_at
        wasmc_p2_filesystem_types_directory_entry_stream_read_directory_entry
        wasmc_p2_filesystem_types_filesystem_error_code
        wasmc_p2_filesystem_preopens_get_directories
        wasmc_p2_sockets_network_drop_network
        wasmc_p2_sockets_network_network_error_code
        wasmc_p2_sockets_instance_network_instance_network
        wasmc_p2_sockets_ip_name_lookup_drop_resolve_address_stream
        wasmc_p2_sockets_ip_name_lookup_resolve_address_stream_resolve_next_address
        wasmc_p2_sockets_ip_name_lookup_resolve_address_stream_subscribe
        wasmc_p2_sockets_ip_name_lookup_resolve_addresses
        wasmc_p2_sockets_tcp_drop_tcp_socket
        wasmc_p2_sockets_tcp_tcp_socket_start_bind
        wasmc_p2_sockets_tcp_tcp_socket_finish_bind
        wasmc_p2_sockets_tcp_tcp_socket_start_connect
        wasmc_p2_sockets_tcp_tcp_socket_finish_connect
        wasmc_p2_sockets_tcp_tcp_socket_start_listen
        wasmc_p2_sockets_tcp_tcp_socket_finish_listen
        wasmc_p2_sockets_tcp_tcp_socket_accept
        wasmc_p2_sockets_tcp_tcp_socket_local_address
        wasmc_p2_sockets_tcp_tcp_socket_remote_address
        wasmc_p2_sockets_tcp_tcp_socket_is_listening
        wasmc_p2_sockets_tcp_tcp_socket_address_family
        wasmc_p2_sockets_tcp_tcp_socket_set_listen_backlog_size
        wasmc_p2_sockets_tcp_tcp_socket_keep_alive_enabled
        wasmc_p2_sockets_tcp_tcp_socket_set_keep_alive_enabled
        wasmc_p2_sockets_tcp_tcp_socket_keep_alive_idle_time
        wasmc_p2_sockets_tcp_tcp_socket_set_keep_alive_idle_time
        wasmc_p2_sockets_tcp_tcp_socket_keep_alive_interval
        wasmc_p2_sockets_tcp_tcp_socket_set_keep_alive_interval
        wasmc_p2_sockets_tcp_tcp_socket_keep_alive_count
        wasmc_p2_sockets_tcp_tcp_socket_set_keep_alive_count
        wasmc_p2_sockets_tcp_tcp_socket_hop_limit
        wasmc_p2_sockets_tcp_tcp_socket_set_hop_limit
        wasmc_p2_sockets_tcp_tcp_socket_receive_buffer_size
        wasmc_p2_sockets_tcp_tcp_socket_set_receive_buffer_size
        wasmc_p2_sockets_tcp_tcp_socket_send_buffer_size
        wasmc_p2_sockets_tcp_tcp_socket_set_send_buffer_size
        wasmc_p2_sockets_tcp_tcp_socket_subscribe
        wasmc_p2_sockets_tcp_tcp_socket_shutdown
        wasmc_p2_sockets_tcp_create_socket_create_tcp_socket
        wasmc_p2_sockets_udp_drop_udp_socket
        wasmc_p2_sockets_udp_drop_incoming_datagram_stream
        wasmc_p2_sockets_udp_drop_outgoing_datagram_stream
        wasmc_p2_sockets_udp_udp_socket_start_bind
        wasmc_p2_sockets_udp_udp_socket_finish_bind
        wasmc_p2_sockets_udp_udp_socket_stream
        wasmc_p2_sockets_udp_udp_socket_local_address
        wasmc_p2_sockets_udp_udp_socket_remote_address
        wasmc_p2_sockets_udp_udp_socket_address_family
        wasmc_p2_sockets_udp_udp_socket_unicast_hop_limit
        wasmc_p2_sockets_udp_udp_socket_set_unicast_hop_limit
        wasmc_p2_sockets_udp_udp_socket_receive_buffer_size
        wasmc_p2_sockets_udp_udp_socket_set_receive_buffer_size
        wasmc_p2_sockets_udp_udp_socket_send_buffer_size
        wasmc_p2_sockets_udp_udp_socket_set_send_buffer_size
        wasmc_p2_sockets_udp_udp_socket_subscribe
        wasmc_p2_sockets_udp_incoming_datagram_stream_receive
        wasmc_p2_sockets_udp_incoming_datagram_stream_subscribe
        wasmc_p2_sockets_udp_outgoing_datagram_stream_check_send
        wasmc_p2_sockets_udp_outgoing_datagram_stream_send
        wasmc_p2_sockets_udp_outgoing_datagram_stream_subscribe
        wasmc_p2_sockets_udp_create_socket_create_udp_socket
        }
    };
}
