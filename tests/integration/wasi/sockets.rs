//! Sockets that a program is started with.

use super::{Program, assert_silent};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::process::{Command, Stdio};

fn run(command: &mut Command, stdin: OwnedFd) {
    assert_silent(&command.stdin(stdin).stderr(Stdio::piped()).output().unwrap());
}

#[test]
fn a_connection_is_received_from_and_answered() {
    let program = Program::new("sock");
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    ours.write_all(b"hello world").unwrap();
    let mut command = program.command(&["stream"]);
    command.stdout(OwnedFd::from(theirs.try_clone().unwrap()));
    run(&mut command, theirs.into());
    drop(command);
    let mut answer = String::new();
    ours.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "answer");
}

#[test]
fn a_listener_gives_connections() {
    let program = Program::new("sock");
    let path = program.bench.path("socket");
    let listener = UnixListener::bind(&path).unwrap();
    listener.set_nonblocking(true).unwrap();
    let mut ours = UnixStream::connect(&path).unwrap();
    ours.write_all(b"hi").unwrap();
    run(&mut program.command(&["listen"]), listener.into());
    let mut answer = String::new();
    ours.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "answer");
}

#[test]
fn messages_are_cut_to_the_room_there_is() {
    let program = Program::new("sock");
    let (ours, theirs) = UnixDatagram::pair().unwrap();
    ours.send(b"first message").unwrap();
    ours.send(b"second").unwrap();
    run(&mut program.command(&["datagram"]), theirs.into());
}

#[test]
fn a_closed_connection_is_at_its_end_and_hung_up() {
    let program = Program::new("sock");
    let (ours, theirs) = UnixStream::pair().unwrap();
    ours.shutdown(Shutdown::Both).unwrap();
    drop(ours);
    run(&mut program.command(&["gone"]), theirs.into());
}
