//! The resources of WASI 0.2, by the numbers that a [`Wasi`](crate::wasi::Wasi) knows them by.

use crate::component::host_resource;
use wasmc_abi::preview2::{FIRST_IN_LIBRARIES, numbers};

macro_rules! resources {
    ($($name:ident, $text:literal = $number:ident;)*) => { $(
        host_resource! {
            #[doc = $text]
            pub struct $name = FIRST_IN_LIBRARIES + numbers::$number
        }
    )* };
}

resources! {
    Error, "`wasi:io/error#error`" = ERROR;
    Pollable, "`wasi:io/poll#pollable`" = POLLABLE;
    InputStream, "`wasi:io/streams#input-stream`" = INPUT_STREAM;
    OutputStream, "`wasi:io/streams#output-stream`" = OUTPUT_STREAM;
    TerminalInput, "`wasi:cli/terminal-input#terminal-input`: there is none." = TERMINAL_INPUT;
    TerminalOutput, "`wasi:cli/terminal-output#terminal-output`: there is none." = TERMINAL_OUTPUT;
    Descriptor, "`wasi:filesystem/types#descriptor`" = DESCRIPTOR;
    DirectoryEntryStream, "`wasi:filesystem/types#directory-entry-stream`" = DIRECTORY_ENTRY_STREAM;
    Network, "`wasi:sockets/network#network`" = NETWORK;
    ResolveAddressStream, "`wasi:sockets/ip-name-lookup#resolve-address-stream`"
        = RESOLVE_ADDRESS_STREAM;
    TcpSocket, "`wasi:sockets/tcp#tcp-socket`" = TCP_SOCKET;
    UdpSocket, "`wasi:sockets/udp#udp-socket`" = UDP_SOCKET;
    IncomingDatagramStream, "`wasi:sockets/udp#incoming-datagram-stream`" = INCOMING_DATAGRAM_STREAM;
    OutgoingDatagramStream, "`wasi:sockets/udp#outgoing-datagram-stream`" = OUTGOING_DATAGRAM_STREAM;
}
