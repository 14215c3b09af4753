//! The functions of `wasi:sockets`. Long because it has a row for each of them.
//!
//! Made by `cargo xtask wit`: do not change it by hand.

functions! {
    "wasi:sockets/network" {
        "[resource-drop]network",
            wasmc_p2_sockets_network_drop_network
            (u32) -> (),
            "(self: own<wasi:sockets/network#network>)";
        "network-error-code",
            wasmc_p2_sockets_network_network_error_code
            (u32 u32) -> (),
            "(err: borrow<wasi:io/error#error>) -> option<enum{unknown, access-denied, not-supported, \
            invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, would-block, \
            invalid-state, new-socket-limit, address-not-bindable, address-in-use, remote-unreachable, \
            connection-refused, connection-reset, connection-aborted, datagram-too-large, name-unresolvable, \
            temporary-resolver-failure, permanent-resolver-failure}>";
    }
    "wasi:sockets/instance-network" {
        "instance-network",
            wasmc_p2_sockets_instance_network_instance_network
            () -> (u32),
            "() -> own<wasi:sockets/network#network>";
    }
    "wasi:sockets/ip-name-lookup" {
        "[resource-drop]resolve-address-stream",
            wasmc_p2_sockets_ip_name_lookup_drop_resolve_address_stream
            (u32) -> (),
            "(self: own<wasi:sockets/ip-name-lookup#resolve-address-stream>)";
        "[method]resolve-address-stream.resolve-next-address",
            wasmc_p2_sockets_ip_name_lookup_resolve_address_stream_resolve_next_address
            (u32 u32) -> (),
            "(self: borrow<wasi:sockets/ip-name-lookup#resolve-address-stream>) -> \
            result<option<variant{ipv4(tuple<u8, u8, u8, u8>), ipv6(tuple<u16, u16, u16, u16, u16, u16, u16, \
            u16>)}>, enum{unknown, access-denied, not-supported, invalid-argument, out-of-memory, timeout, \
            concurrency-conflict, not-in-progress, would-block, invalid-state, new-socket-limit, \
            address-not-bindable, address-in-use, remote-unreachable, connection-refused, connection-reset, \
            connection-aborted, datagram-too-large, name-unresolvable, temporary-resolver-failure, \
            permanent-resolver-failure}>";
        "[method]resolve-address-stream.subscribe",
            wasmc_p2_sockets_ip_name_lookup_resolve_address_stream_subscribe
            (u32) -> (u32),
            "(self: borrow<wasi:sockets/ip-name-lookup#resolve-address-stream>) -> own<wasi:io/poll#pollable>";
        "resolve-addresses",
            wasmc_p2_sockets_ip_name_lookup_resolve_addresses
            (u32 u32 u32 u32) -> (),
            "(network: borrow<wasi:sockets/network#network>, name: string) -> \
            result<own<wasi:sockets/ip-name-lookup#resolve-address-stream>, enum{unknown, access-denied, \
            not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, \
            would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use, \
            remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large, \
            name-unresolvable, temporary-resolver-failure, permanent-resolver-failure}>";
    }
    "wasi:sockets/tcp" {
        "[resource-drop]tcp-socket",
            wasmc_p2_sockets_tcp_drop_tcp_socket
            (u32) -> (),
            "(self: own<wasi:sockets/tcp#tcp-socket>)";
        "[method]tcp-socket.start-bind",
            wasmc_p2_sockets_tcp_tcp_socket_start_bind
            (u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32) -> (),
            "(self: borrow<wasi:sockets/tcp#tcp-socket>, network: borrow<wasi:sockets/network#network>, \
            local-address: variant{ipv4(record{port: u16, address: tuple<u8, u8, u8, u8>}), ipv6(record{port: \
            u16, flow-info: u32, address: tuple<u16, u16, u16, u16, u16, u16, u16, u16>, scope-id: u32})}) -> \
            result<_, enum{unknown, access-denied, not-supported, invalid-argument, out-of-memory, timeout, \
            concurrency-conflict, not-in-progress, would-block, invalid-state, new-socket-limit, \
            address-not-bindable, address-in-use, remote-unreachable, connection-refused, connection-reset, \
            connection-aborted, datagram-too-large, name-unresolvable, temporary-resolver-failure, \
            permanent-resolver-failure}>";
        "[method]tcp-socket.finish-bind",
            wasmc_p2_sockets_tcp_tcp_socket_finish_bind
            (u32 u32) -> (),
            "(self: borrow<wasi:sockets/tcp#tcp-socket>) -> result<_, enum{unknown, access-denied, \
            not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, \
            would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use, \
            remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large, \
            name-unresolvable, temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]tcp-socket.start-connect",
            wasmc_p2_sockets_tcp_tcp_socket_start_connect
            (u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32) -> (),
            "(self: borrow<wasi:sockets/tcp#tcp-socket>, network: borrow<wasi:sockets/network#network>, \
            remote-address: variant{ipv4(record{port: u16, address: tuple<u8, u8, u8, u8>}), ipv6(record{port: \
            u16, flow-info: u32, address: tuple<u16, u16, u16, u16, u16, u16, u16, u16>, scope-id: u32})}) -> \
            result<_, enum{unknown, access-denied, not-supported, invalid-argument, out-of-memory, timeout, \
            concurrency-conflict, not-in-progress, would-block, invalid-state, new-socket-limit, \
            address-not-bindable, address-in-use, remote-unreachable, connection-refused, connection-reset, \
            connection-aborted, datagram-too-large, name-unresolvable, temporary-resolver-failure, \
            permanent-resolver-failure}>";
        "[method]tcp-socket.finish-connect",
            wasmc_p2_sockets_tcp_tcp_socket_finish_connect
            (u32 u32) -> (),
            "(self: borrow<wasi:sockets/tcp#tcp-socket>) -> result<tuple<own<wasi:io/streams#input-stream>, \
            own<wasi:io/streams#output-stream>>, enum{unknown, access-denied, not-supported, invalid-argument, \
            out-of-memory, timeout, concurrency-conflict, not-in-progress, would-block, invalid-state, \
            new-socket-limit, address-not-bindable, address-in-use, remote-unreachable, connection-refused, \
            connection-reset, connection-aborted, datagram-too-large, name-unresolvable, \
            temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]tcp-socket.start-listen",
            wasmc_p2_sockets_tcp_tcp_socket_start_listen
            (u32 u32) -> (),
            "(self: borrow<wasi:sockets/tcp#tcp-socket>) -> result<_, enum{unknown, access-denied, \
            not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, \
            would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use, \
            remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large, \
            name-unresolvable, temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]tcp-socket.finish-listen",
            wasmc_p2_sockets_tcp_tcp_socket_finish_listen
            (u32 u32) -> (),
            "(self: borrow<wasi:sockets/tcp#tcp-socket>) -> result<_, enum{unknown, access-denied, \
            not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, \
            would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use, \
            remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large, \
            name-unresolvable, temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]tcp-socket.accept",
            wasmc_p2_sockets_tcp_tcp_socket_accept
            (u32 u32) -> (),
            "(self: borrow<wasi:sockets/tcp#tcp-socket>) -> result<tuple<own<wasi:sockets/tcp#tcp-socket>, \
            own<wasi:io/streams#input-stream>, own<wasi:io/streams#output-stream>>, enum{unknown, \
            access-denied, not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, \
            not-in-progress, would-block, invalid-state, new-socket-limit, address-not-bindable, \
            address-in-use, remote-unreachable, connection-refused, connection-reset, connection-aborted, \
            datagram-too-large, name-unresolvable, temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]tcp-socket.local-address",
            wasmc_p2_sockets_tcp_tcp_socket_local_address
            (u32 u32) -> (),
            "(self: borrow<wasi:sockets/tcp#tcp-socket>) -> result<variant{ipv4(record{port: u16, address: \
            tuple<u8, u8, u8, u8>}), ipv6(record{port: u16, flow-info: u32, address: tuple<u16, u16, u16, u16, \
            u16, u16, u16, u16>, scope-id: u32})}, enum{unknown, access-denied, not-supported, \
            invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, would-block, \
            invalid-state, new-socket-limit, address-not-bindable, address-in-use, remote-unreachable, \
            connection-refused, connection-reset, connection-aborted, datagram-too-large, name-unresolvable, \
            temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]tcp-socket.remote-address",
            wasmc_p2_sockets_tcp_tcp_socket_remote_address
            (u32 u32) -> (),
            "(self: borrow<wasi:sockets/tcp#tcp-socket>) -> result<variant{ipv4(record{port: u16, address: \
            tuple<u8, u8, u8, u8>}), ipv6(record{port: u16, flow-info: u32, address: tuple<u16, u16, u16, u16, \
            u16, u16, u16, u16>, scope-id: u32})}, enum{unknown, access-denied, not-supported, \
            invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, would-block, \
            invalid-state, new-socket-limit, address-not-bindable, address-in-use, remote-unreachable, \
            connection-refused, connection-reset, connection-aborted, datagram-too-large, name-unresolvable, \
            temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]tcp-socket.is-listening",
            wasmc_p2_sockets_tcp_tcp_socket_is_listening
            (u32) -> (u32),
            "(self: borrow<wasi:sockets/tcp#tcp-socket>) -> bool";
        "[method]tcp-socket.address-family",
            wasmc_p2_sockets_tcp_tcp_socket_address_family
            (u32) -> (u32),
            "(self: borrow<wasi:sockets/tcp#tcp-socket>) -> enum{ipv4, ipv6}";
        "[method]tcp-socket.set-listen-backlog-size",
            wasmc_p2_sockets_tcp_tcp_socket_set_listen_backlog_size
            (u32 u64 u32) -> (),
            "(self: borrow<wasi:sockets/tcp#tcp-socket>, value: u64) -> result<_, enum{unknown, access-denied, \
            not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, \
            would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use, \
            remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large, \
            name-unresolvable, temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]tcp-socket.keep-alive-enabled",
            wasmc_p2_sockets_tcp_tcp_socket_keep_alive_enabled
            (u32 u32) -> (),
            "(self: borrow<wasi:sockets/tcp#tcp-socket>) -> result<bool, enum{unknown, access-denied, \
            not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, \
            would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use, \
            remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large, \
            name-unresolvable, temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]tcp-socket.set-keep-alive-enabled",
            wasmc_p2_sockets_tcp_tcp_socket_set_keep_alive_enabled
            (u32 u32 u32) -> (),
            "(self: borrow<wasi:sockets/tcp#tcp-socket>, value: bool) -> result<_, enum{unknown, access-denied, \
            not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, \
            would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use, \
            remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large, \
            name-unresolvable, temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]tcp-socket.keep-alive-idle-time",
            wasmc_p2_sockets_tcp_tcp_socket_keep_alive_idle_time
            (u32 u32) -> (),
            "(self: borrow<wasi:sockets/tcp#tcp-socket>) -> result<u64, enum{unknown, access-denied, \
            not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, \
            would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use, \
            remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large, \
            name-unresolvable, temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]tcp-socket.set-keep-alive-idle-time",
            wasmc_p2_sockets_tcp_tcp_socket_set_keep_alive_idle_time
            (u32 u64 u32) -> (),
            "(self: borrow<wasi:sockets/tcp#tcp-socket>, value: u64) -> result<_, enum{unknown, access-denied, \
            not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, \
            would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use, \
            remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large, \
            name-unresolvable, temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]tcp-socket.keep-alive-interval",
            wasmc_p2_sockets_tcp_tcp_socket_keep_alive_interval
            (u32 u32) -> (),
            "(self: borrow<wasi:sockets/tcp#tcp-socket>) -> result<u64, enum{unknown, access-denied, \
            not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, \
            would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use, \
            remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large, \
            name-unresolvable, temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]tcp-socket.set-keep-alive-interval",
            wasmc_p2_sockets_tcp_tcp_socket_set_keep_alive_interval
            (u32 u64 u32) -> (),
            "(self: borrow<wasi:sockets/tcp#tcp-socket>, value: u64) -> result<_, enum{unknown, access-denied, \
            not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, \
            would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use, \
            remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large, \
            name-unresolvable, temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]tcp-socket.keep-alive-count",
            wasmc_p2_sockets_tcp_tcp_socket_keep_alive_count
            (u32 u32) -> (),
            "(self: borrow<wasi:sockets/tcp#tcp-socket>) -> result<u32, enum{unknown, access-denied, \
            not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, \
            would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use, \
            remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large, \
            name-unresolvable, temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]tcp-socket.set-keep-alive-count",
            wasmc_p2_sockets_tcp_tcp_socket_set_keep_alive_count
            (u32 u32 u32) -> (),
            "(self: borrow<wasi:sockets/tcp#tcp-socket>, value: u32) -> result<_, enum{unknown, access-denied, \
            not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, \
            would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use, \
            remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large, \
            name-unresolvable, temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]tcp-socket.hop-limit",
            wasmc_p2_sockets_tcp_tcp_socket_hop_limit
            (u32 u32) -> (),
            "(self: borrow<wasi:sockets/tcp#tcp-socket>) -> result<u8, enum{unknown, access-denied, \
            not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, \
            would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use, \
            remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large, \
            name-unresolvable, temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]tcp-socket.set-hop-limit",
            wasmc_p2_sockets_tcp_tcp_socket_set_hop_limit
            (u32 u32 u32) -> (),
            "(self: borrow<wasi:sockets/tcp#tcp-socket>, value: u8) -> result<_, enum{unknown, access-denied, \
            not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, \
            would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use, \
            remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large, \
            name-unresolvable, temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]tcp-socket.receive-buffer-size",
            wasmc_p2_sockets_tcp_tcp_socket_receive_buffer_size
            (u32 u32) -> (),
            "(self: borrow<wasi:sockets/tcp#tcp-socket>) -> result<u64, enum{unknown, access-denied, \
            not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, \
            would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use, \
            remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large, \
            name-unresolvable, temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]tcp-socket.set-receive-buffer-size",
            wasmc_p2_sockets_tcp_tcp_socket_set_receive_buffer_size
            (u32 u64 u32) -> (),
            "(self: borrow<wasi:sockets/tcp#tcp-socket>, value: u64) -> result<_, enum{unknown, access-denied, \
            not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, \
            would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use, \
            remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large, \
            name-unresolvable, temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]tcp-socket.send-buffer-size",
            wasmc_p2_sockets_tcp_tcp_socket_send_buffer_size
            (u32 u32) -> (),
            "(self: borrow<wasi:sockets/tcp#tcp-socket>) -> result<u64, enum{unknown, access-denied, \
            not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, \
            would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use, \
            remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large, \
            name-unresolvable, temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]tcp-socket.set-send-buffer-size",
            wasmc_p2_sockets_tcp_tcp_socket_set_send_buffer_size
            (u32 u64 u32) -> (),
            "(self: borrow<wasi:sockets/tcp#tcp-socket>, value: u64) -> result<_, enum{unknown, access-denied, \
            not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, \
            would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use, \
            remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large, \
            name-unresolvable, temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]tcp-socket.subscribe",
            wasmc_p2_sockets_tcp_tcp_socket_subscribe
            (u32) -> (u32),
            "(self: borrow<wasi:sockets/tcp#tcp-socket>) -> own<wasi:io/poll#pollable>";
        "[method]tcp-socket.shutdown",
            wasmc_p2_sockets_tcp_tcp_socket_shutdown
            (u32 u32 u32) -> (),
            "(self: borrow<wasi:sockets/tcp#tcp-socket>, shutdown-type: enum{receive, send, both}) -> result<_, \
            enum{unknown, access-denied, not-supported, invalid-argument, out-of-memory, timeout, \
            concurrency-conflict, not-in-progress, would-block, invalid-state, new-socket-limit, \
            address-not-bindable, address-in-use, remote-unreachable, connection-refused, connection-reset, \
            connection-aborted, datagram-too-large, name-unresolvable, temporary-resolver-failure, \
            permanent-resolver-failure}>";
    }
    "wasi:sockets/tcp-create-socket" {
        "create-tcp-socket",
            wasmc_p2_sockets_tcp_create_socket_create_tcp_socket
            (u32 u32) -> (),
            "(address-family: enum{ipv4, ipv6}) -> result<own<wasi:sockets/tcp#tcp-socket>, enum{unknown, \
            access-denied, not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, \
            not-in-progress, would-block, invalid-state, new-socket-limit, address-not-bindable, \
            address-in-use, remote-unreachable, connection-refused, connection-reset, connection-aborted, \
            datagram-too-large, name-unresolvable, temporary-resolver-failure, permanent-resolver-failure}>";
    }
    "wasi:sockets/udp" {
        "[resource-drop]udp-socket",
            wasmc_p2_sockets_udp_drop_udp_socket
            (u32) -> (),
            "(self: own<wasi:sockets/udp#udp-socket>)";
        "[resource-drop]incoming-datagram-stream",
            wasmc_p2_sockets_udp_drop_incoming_datagram_stream
            (u32) -> (),
            "(self: own<wasi:sockets/udp#incoming-datagram-stream>)";
        "[resource-drop]outgoing-datagram-stream",
            wasmc_p2_sockets_udp_drop_outgoing_datagram_stream
            (u32) -> (),
            "(self: own<wasi:sockets/udp#outgoing-datagram-stream>)";
        "[method]udp-socket.start-bind",
            wasmc_p2_sockets_udp_udp_socket_start_bind
            (u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32) -> (),
            "(self: borrow<wasi:sockets/udp#udp-socket>, network: borrow<wasi:sockets/network#network>, \
            local-address: variant{ipv4(record{port: u16, address: tuple<u8, u8, u8, u8>}), ipv6(record{port: \
            u16, flow-info: u32, address: tuple<u16, u16, u16, u16, u16, u16, u16, u16>, scope-id: u32})}) -> \
            result<_, enum{unknown, access-denied, not-supported, invalid-argument, out-of-memory, timeout, \
            concurrency-conflict, not-in-progress, would-block, invalid-state, new-socket-limit, \
            address-not-bindable, address-in-use, remote-unreachable, connection-refused, connection-reset, \
            connection-aborted, datagram-too-large, name-unresolvable, temporary-resolver-failure, \
            permanent-resolver-failure}>";
        "[method]udp-socket.finish-bind",
            wasmc_p2_sockets_udp_udp_socket_finish_bind
            (u32 u32) -> (),
            "(self: borrow<wasi:sockets/udp#udp-socket>) -> result<_, enum{unknown, access-denied, \
            not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, \
            would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use, \
            remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large, \
            name-unresolvable, temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]udp-socket.stream",
            wasmc_p2_sockets_udp_udp_socket_stream
            (u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32) -> (),
            "(self: borrow<wasi:sockets/udp#udp-socket>, remote-address: option<variant{ipv4(record{port: u16, \
            address: tuple<u8, u8, u8, u8>}), ipv6(record{port: u16, flow-info: u32, address: tuple<u16, u16, \
            u16, u16, u16, u16, u16, u16>, scope-id: u32})}>) -> \
            result<tuple<own<wasi:sockets/udp#incoming-datagram-stream>, \
            own<wasi:sockets/udp#outgoing-datagram-stream>>, enum{unknown, access-denied, not-supported, \
            invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, would-block, \
            invalid-state, new-socket-limit, address-not-bindable, address-in-use, remote-unreachable, \
            connection-refused, connection-reset, connection-aborted, datagram-too-large, name-unresolvable, \
            temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]udp-socket.local-address",
            wasmc_p2_sockets_udp_udp_socket_local_address
            (u32 u32) -> (),
            "(self: borrow<wasi:sockets/udp#udp-socket>) -> result<variant{ipv4(record{port: u16, address: \
            tuple<u8, u8, u8, u8>}), ipv6(record{port: u16, flow-info: u32, address: tuple<u16, u16, u16, u16, \
            u16, u16, u16, u16>, scope-id: u32})}, enum{unknown, access-denied, not-supported, \
            invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, would-block, \
            invalid-state, new-socket-limit, address-not-bindable, address-in-use, remote-unreachable, \
            connection-refused, connection-reset, connection-aborted, datagram-too-large, name-unresolvable, \
            temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]udp-socket.remote-address",
            wasmc_p2_sockets_udp_udp_socket_remote_address
            (u32 u32) -> (),
            "(self: borrow<wasi:sockets/udp#udp-socket>) -> result<variant{ipv4(record{port: u16, address: \
            tuple<u8, u8, u8, u8>}), ipv6(record{port: u16, flow-info: u32, address: tuple<u16, u16, u16, u16, \
            u16, u16, u16, u16>, scope-id: u32})}, enum{unknown, access-denied, not-supported, \
            invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, would-block, \
            invalid-state, new-socket-limit, address-not-bindable, address-in-use, remote-unreachable, \
            connection-refused, connection-reset, connection-aborted, datagram-too-large, name-unresolvable, \
            temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]udp-socket.address-family",
            wasmc_p2_sockets_udp_udp_socket_address_family
            (u32) -> (u32),
            "(self: borrow<wasi:sockets/udp#udp-socket>) -> enum{ipv4, ipv6}";
        "[method]udp-socket.unicast-hop-limit",
            wasmc_p2_sockets_udp_udp_socket_unicast_hop_limit
            (u32 u32) -> (),
            "(self: borrow<wasi:sockets/udp#udp-socket>) -> result<u8, enum{unknown, access-denied, \
            not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, \
            would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use, \
            remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large, \
            name-unresolvable, temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]udp-socket.set-unicast-hop-limit",
            wasmc_p2_sockets_udp_udp_socket_set_unicast_hop_limit
            (u32 u32 u32) -> (),
            "(self: borrow<wasi:sockets/udp#udp-socket>, value: u8) -> result<_, enum{unknown, access-denied, \
            not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, \
            would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use, \
            remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large, \
            name-unresolvable, temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]udp-socket.receive-buffer-size",
            wasmc_p2_sockets_udp_udp_socket_receive_buffer_size
            (u32 u32) -> (),
            "(self: borrow<wasi:sockets/udp#udp-socket>) -> result<u64, enum{unknown, access-denied, \
            not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, \
            would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use, \
            remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large, \
            name-unresolvable, temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]udp-socket.set-receive-buffer-size",
            wasmc_p2_sockets_udp_udp_socket_set_receive_buffer_size
            (u32 u64 u32) -> (),
            "(self: borrow<wasi:sockets/udp#udp-socket>, value: u64) -> result<_, enum{unknown, access-denied, \
            not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, \
            would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use, \
            remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large, \
            name-unresolvable, temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]udp-socket.send-buffer-size",
            wasmc_p2_sockets_udp_udp_socket_send_buffer_size
            (u32 u32) -> (),
            "(self: borrow<wasi:sockets/udp#udp-socket>) -> result<u64, enum{unknown, access-denied, \
            not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, \
            would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use, \
            remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large, \
            name-unresolvable, temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]udp-socket.set-send-buffer-size",
            wasmc_p2_sockets_udp_udp_socket_set_send_buffer_size
            (u32 u64 u32) -> (),
            "(self: borrow<wasi:sockets/udp#udp-socket>, value: u64) -> result<_, enum{unknown, access-denied, \
            not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, \
            would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use, \
            remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large, \
            name-unresolvable, temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]udp-socket.subscribe",
            wasmc_p2_sockets_udp_udp_socket_subscribe
            (u32) -> (u32),
            "(self: borrow<wasi:sockets/udp#udp-socket>) -> own<wasi:io/poll#pollable>";
        "[method]incoming-datagram-stream.receive",
            wasmc_p2_sockets_udp_incoming_datagram_stream_receive
            (u32 u64 u32) -> (),
            "(self: borrow<wasi:sockets/udp#incoming-datagram-stream>, max-results: u64) -> \
            result<list<record{data: list<u8>, remote-address: variant{ipv4(record{port: u16, address: \
            tuple<u8, u8, u8, u8>}), ipv6(record{port: u16, flow-info: u32, address: tuple<u16, u16, u16, u16, \
            u16, u16, u16, u16>, scope-id: u32})}}>, enum{unknown, access-denied, not-supported, \
            invalid-argument, out-of-memory, timeout, concurrency-conflict, not-in-progress, would-block, \
            invalid-state, new-socket-limit, address-not-bindable, address-in-use, remote-unreachable, \
            connection-refused, connection-reset, connection-aborted, datagram-too-large, name-unresolvable, \
            temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]incoming-datagram-stream.subscribe",
            wasmc_p2_sockets_udp_incoming_datagram_stream_subscribe
            (u32) -> (u32),
            "(self: borrow<wasi:sockets/udp#incoming-datagram-stream>) -> own<wasi:io/poll#pollable>";
        "[method]outgoing-datagram-stream.check-send",
            wasmc_p2_sockets_udp_outgoing_datagram_stream_check_send
            (u32 u32) -> (),
            "(self: borrow<wasi:sockets/udp#outgoing-datagram-stream>) -> result<u64, enum{unknown, \
            access-denied, not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, \
            not-in-progress, would-block, invalid-state, new-socket-limit, address-not-bindable, \
            address-in-use, remote-unreachable, connection-refused, connection-reset, connection-aborted, \
            datagram-too-large, name-unresolvable, temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]outgoing-datagram-stream.send",
            wasmc_p2_sockets_udp_outgoing_datagram_stream_send
            (u32 u32 u32 u32) -> (),
            "(self: borrow<wasi:sockets/udp#outgoing-datagram-stream>, datagrams: list<record{data: list<u8>, \
            remote-address: option<variant{ipv4(record{port: u16, address: tuple<u8, u8, u8, u8>}), \
            ipv6(record{port: u16, flow-info: u32, address: tuple<u16, u16, u16, u16, u16, u16, u16, u16>, \
            scope-id: u32})}>}>) -> result<u64, enum{unknown, access-denied, not-supported, invalid-argument, \
            out-of-memory, timeout, concurrency-conflict, not-in-progress, would-block, invalid-state, \
            new-socket-limit, address-not-bindable, address-in-use, remote-unreachable, connection-refused, \
            connection-reset, connection-aborted, datagram-too-large, name-unresolvable, \
            temporary-resolver-failure, permanent-resolver-failure}>";
        "[method]outgoing-datagram-stream.subscribe",
            wasmc_p2_sockets_udp_outgoing_datagram_stream_subscribe
            (u32) -> (u32),
            "(self: borrow<wasi:sockets/udp#outgoing-datagram-stream>) -> own<wasi:io/poll#pollable>";
    }
    "wasi:sockets/udp-create-socket" {
        "create-udp-socket",
            wasmc_p2_sockets_udp_create_socket_create_udp_socket
            (u32 u32) -> (),
            "(address-family: enum{ipv4, ipv6}) -> result<own<wasi:sockets/udp#udp-socket>, enum{unknown, \
            access-denied, not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict, \
            not-in-progress, would-block, invalid-state, new-socket-limit, address-not-bindable, \
            address-in-use, remote-unreachable, connection-refused, connection-reset, connection-aborted, \
            datagram-too-large, name-unresolvable, temporary-resolver-failure, permanent-resolver-failure}>";
    }
}
