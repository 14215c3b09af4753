//! Names of hosts, looked up with a name server of the test's own: in namespaces where it has the port of name servers,
//! and where the files that say how names are looked up are those of the test.

use super::text::component;
use crate::support::{Bench, Machine, finish, text as string, wasmc};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};
use std::process::Command;
use wasmc_abi::grants::RUN_TIME_VARIABLE;

/// Looks up names that it has, and writes 17 bytes for each address that it gets: the case, then the address in the
/// memory's form; for each error 2, then its number; and 3 behind each name.
const LOOKUP: &str = r#"(module
  (import "libc" "memory" (memory 1))
  (import "wasi:cli/stdout" "get-stdout" (func $stdout (result i32)))
  (import "wasi:io/streams" "[method]output-stream.blocking-write-and-flush" (func $write (param i32 i32 i32 i32)))
  (import "wasi:io/poll" "[method]pollable.block" (func $block (param i32)))
  (import "wasi:io/poll" "[resource-drop]pollable" (func $drop_pollable (param i32)))
  (import "wasi:sockets/instance-network" "instance-network" (func $network (result i32)))
  (import "wasi:sockets/ip-name-lookup" "resolve-addresses" (func $resolve (param i32 i32 i32 i32)))
  (import "wasi:sockets/ip-name-lookup" "[method]resolve-address-stream.resolve-next-address"
    (func $next (param i32 i32)))
  (import "wasi:sockets/ip-name-lookup" "[method]resolve-address-stream.subscribe"
    (func $subscribe (param i32) (result i32)))
  (import "wasi:sockets/ip-name-lookup" "[resource-drop]resolve-address-stream" (func $drop (param i32)))
  DATA
  (global $out (mut i32) (i32.const 8192))
  (func $put (param $kind i32) (param $from i32)
    (i32.store8 (global.get $out) (local.get $kind))
    (memory.copy (i32.add (global.get $out) (i32.const 1)) (local.get $from) (i32.const 16))
    (global.set $out (i32.add (global.get $out) (i32.const 17))))
  (func $look_up (param $name i32) (param $len i32)
    (local $lookup i32) (local $pollable i32)
    (call $resolve (call $network) (local.get $name) (local.get $len) (i32.const 1024))
    (if (i32.load8_u (i32.const 1024)) (then (call $put (i32.const 2) (i32.const 1028)) (return)))
    (local.set $lookup (i32.load (i32.const 1028)))
    (block $done
      (loop $addresses
        (call $next (local.get $lookup) (i32.const 1024))
        (if (i32.load8_u (i32.const 1024))
          (then
            ;; would-block
            (if (i32.eq (i32.load8_u (i32.const 1026)) (i32.const 8))
              (then
                (local.set $pollable (call $subscribe (local.get $lookup)))
                (call $block (local.get $pollable))
                (call $drop_pollable (local.get $pollable))
                (br $addresses)))
            (call $put (i32.const 2) (i32.const 1026))
            (br $done)))
        (br_if $done (i32.eqz (i32.load8_u (i32.const 1026))))
        (call $put (i32.load8_u (i32.const 1028)) (i32.const 1030))
        (br $addresses)))
    (call $drop (local.get $lookup)))
  (func (export "run") (result i32)
    (local $name i32)
    (local.set $name (i32.const 2048))
    (loop $names
      (call $look_up (i32.add (local.get $name) (i32.const 1)) (i32.load8_u (local.get $name)))
      (call $put (i32.const 3) (i32.const 0))
      (local.set $name (i32.add (local.get $name) (i32.add (i32.load8_u (local.get $name)) (i32.const 1))))
      (br_if $names (i32.load8_u (local.get $name))))
    (call $write (call $stdout) (i32.const 8192) (i32.sub (global.get $out) (i32.const 8192)) (i32.const 1024))
    (i32.load8_u (i32.const 1024))))"#;

/// What the program is told of a name.
#[derive(Debug, PartialEq)]
enum Told {
    Address(IpAddr),
    /// The number of an error.
    Error(u8),
}

/// What the program has written, name by name.
fn told(bytes: &[u8]) -> Vec<Vec<Told>> {
    let mut all = vec![Vec::new()];
    for entry in bytes.chunks_exact(17) {
        let words: Vec<u16> = entry[1..].chunks_exact(2).map(|word| u16::from_le_bytes([word[0], word[1]])).collect();
        let told = match entry[0] {
            0 => Told::Address(Ipv4Addr::new(entry[1], entry[2], entry[3], entry[4]).into()),
            1 => Told::Address(Ipv6Addr::from(<[u16; 8]>::try_from(words).expect("eight words")).into()),
            2 => Told::Error(entry[1]),
            _ => {
                all.push(Vec::new());
                continue;
            }
        };
        all.last_mut().expect("there is one").push(told);
    }
    all.pop();
    all
}

const NAME_UNRESOLVABLE: u8 = 18;
const TEMPORARY_FAILURE: u8 = 19;

/// Types of records.
const A: u16 = 1;
const CNAME: u16 = 5;
const AAAA: u16 = 28;

fn name_of(labels: &str) -> Vec<u8> {
    let mut bytes: Vec<u8> =
        labels.split('.').flat_map(|label| [&[label.len() as u8], label.as_bytes()].concat()).collect();
    bytes.push(0);
    bytes
}

/// A record, of the name that the question has.
fn record(ty: u16, data: &[u8]) -> Vec<u8> {
    let head = [&[0xc0, 12][..], &ty.to_be_bytes(), &[0, 1, 0, 0, 0, 60], &(data.len() as u16).to_be_bytes()];
    [head.concat(), data.to_vec()].concat()
}

/// What a server answers to a question (RFC 1035): a message, or several, of which the last one is right.
fn answers(question: &[u8]) -> Vec<Vec<u8>> {
    let end = 12 + question[12..].iter().position(|&byte| byte == 0).expect("a name ends");
    let ty = u16::from_be_bytes([question[end + 1], question[end + 2]]);
    let is = |name: &str| question[12..=end] == name_of(name);
    let reply = |code: u8, records: &[Vec<u8>]| {
        let mut message = question[..end + 5].to_vec();
        message[2..4].copy_from_slice(&[0x81, 0x80 | code]);
        message[6..12].copy_from_slice(&[0, records.len() as u8, 0, 0, 0, 0]);
        message.extend(records.concat());
        message
    };
    let four = |last: u8| record(A, &[192, 0, 2, last]);
    let six = || record(AAAA, &Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 9).octets());
    match ty {
        A if is("both.test") => {
            // Whoever does not know the question's number cannot answer it.
            let mut forged = reply(0, &[record(A, &[203, 0, 113, 1])]);
            forged[0] ^= 0xff;
            vec![forged, reply(0, &[four(1), four(2)])]
        }
        AAAA if is("both.test") => vec![reply(0, &[six()])],
        A if is("alias.test") => {
            let mut address = name_of("real.test");
            address.extend_from_slice(&record(A, &[192, 0, 2, 3])[2..]);
            vec![reply(0, &[record(CNAME, &name_of("real.test")), address])]
        }
        _ if is("failing.test") => vec![reply(2, &[])],
        _ if is("none.test") => vec![reply(3, &[])],
        _ => vec![reply(0, &[])],
    }
}

/// The variable that says where the program is.
const IMAGE: &str = "LOOKUP_IMAGE";

#[test]
fn names_are_looked_up_in_the_file_of_hosts_and_with_a_name_server() {
    let names = ["both.test", "alias.test", "none.test", "failing.test", "empty.test", "listed.test"];
    let list: String = names.iter().map(|name| format!("\\{:02x}{name}", name.len())).collect();
    let module = LOOKUP.replace("DATA", &format!("(data (i32.const 2048) \"{list}\")"));
    let bench = Bench::new();
    let image = bench.path("image");
    let source = bench.write("lookup.wat", component(&module, "utf8"));
    let compiled = finish(wasmc().arg(source).arg("-o").arg(&image));
    assert_eq!(string(&compiled.stderr), "");
    let configuration = bench.write("resolv.conf", "# of the test\nnameserver 127.0.0.1\n");
    let hosts = bench.write("hosts", "192.0.2.77 other.test listed.test # and more\n");
    let mut shell = Command::new("unshare");
    shell.args(["--map-root-user", "--mount", "--net", "sh", "-c"]);
    shell.arg(
        r#"ip link set lo up && mount --bind "$1" /etc/resolv.conf && mount --bind "$2" /etc/hosts || exit 77
        exec "$0" --exact preview2::lookup::beside_a_name_server --ignored --nocapture"#,
    );
    shell.arg(std::env::current_exe().expect("the test has a path")).args([configuration, hosts]);
    let output = finish(shell.env(IMAGE, image));
    if output.status.code() == Some(77) || string(&output.stderr).starts_with("unshare:") {
        eprintln!("skipped: there are no namespaces here: {}", string(&output.stderr));
        return;
    }
    assert!(output.status.success(), "{}{}", string(&output.stdout), string(&output.stderr));
}

#[test]
#[ignore = "another test starts it, in namespaces of its own"]
fn beside_a_name_server() {
    let Some(image) = std::env::var_os(IMAGE) else { return };
    let socket = UdpSocket::bind("127.0.0.1:53").expect("the port is free");
    std::thread::spawn(move || {
        let mut question = [0; 512];
        while let Ok((len, asker)) = socket.recv_from(&mut question) {
            for answer in answers(&question[..len]) {
                let _ = socket.send_to(&answer, asker);
            }
        }
    });
    // Nothing is looked up by whoever may not.
    let start = |grants: &str| {
        let run = finish(Machine::default().start(image.as_ref()).env(RUN_TIME_VARIABLE, grants));
        assert_eq!((run.status.code(), string(&run.stderr)), (Some(0), String::new()));
        told(&run.stdout)
    };
    const ACCESS_DENIED: u8 = 1;
    assert!(start("").iter().all(|name| *name == [Told::Error(ACCESS_DENIED)]));
    let address = |text: &str| Told::Address(text.parse().expect("an address"));
    let mut both = vec![address("192.0.2.1"), address("192.0.2.2"), address("2001:db8::9")];
    let mut told = start("--allow-ip-name-lookup");
    // The answers to both questions may come in any order.
    told[0].sort_by_key(|told| format!("{told:?}"));
    both.sort_by_key(|told| format!("{told:?}"));
    let expected = [
        both,
        vec![address("192.0.2.3")],
        vec![Told::Error(NAME_UNRESOLVABLE)],
        vec![Told::Error(TEMPORARY_FAILURE)],
        vec![Told::Error(NAME_UNRESOLVABLE)],
        vec![address("192.0.2.77")],
    ];
    assert_eq!(told, expected);
}
