//! A filter of HTTP requests with one instance for each request: none sees what another has left, and one that traps
//! harms nobody else.
//!
//! `cargo run -p http_filter -- 127.0.0.1:8080` serves; without an address, it sends itself some requests.

#![forbid(unsafe_code)]

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use wasmc_embed::Options;

wasmc_embed::include!(rules);

/// The status that a request is answered with.
fn decide(head: &[u8]) -> Result<i32, Box<dyn Error>> {
    // Little memory, and little stack, for somebody else's rules.
    let options = Options::default().stack_size(64 << 10).growth(0);
    let mut rules = rules::Instance::with_options((), options)?;
    let (room, most) = (rules.room()? as u32, rules.most()? as u32);
    if head.len() > most as usize {
        return Ok(431);
    }
    rules.memory().write_bytes(room, head)?;
    Ok(rules.decide(head.len() as i32)?)
}

/// Reads the head of a request, and answers it.
fn serve(mut stream: TcpStream) -> io::Result<()> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && head.len() < 10_000 && stream.read(&mut byte)? == 1 {
        head.push(byte[0]);
    }
    let status = decide(&head).unwrap_or_else(|error| {
        eprintln!("the filter has failed: {error}");
        500
    });
    write!(stream, "HTTP/1.1 {status} \r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

fn serve_all(listener: &TcpListener) {
    for stream in listener.incoming().flatten() {
        thread::spawn(move || serve(stream));
    }
}

/// Asks for a path; returns the status of the answer.
fn ask(address: &str, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.split(' ').nth(1).unwrap_or_default().to_owned())
}

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:0"))?;
    if address.is_some() {
        serve_all(&listener);
        return Ok(());
    }
    let address = listener.local_addr()?.to_string();
    thread::spawn(move || serve_all(&listener));
    for path in ["/", "/index.html", "/admin/users", "/a/.git/config", "/crash", "/still-there"] {
        println!("{path}: {}", ask(&address, path)?);
    }
    // Many at once.
    let asked: Vec<_> = (0..100)
        .map(|number| {
            let address = address.clone();
            thread::spawn(move || ask(&address, &format!("/{number}")))
        })
        .collect();
    let answers = asked.into_iter().map(|thread| thread.join().expect("asking does not panic"));
    println!("allowed: {}", answers.filter(|answer| matches!(answer, Ok(status) if status == "200")).count());
    Ok(())
}
