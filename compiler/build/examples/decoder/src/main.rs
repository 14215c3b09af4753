//! A decoder of DEFLATE in a sandbox, and its throughput against the same crate compiled to native code.

#![forbid(unsafe_code)]

use std::error::Error;
use std::time::Instant;

wasmc_embed::include!(inflate);

/// Most bytes that are decoded.
const MOST: usize = 64 << 20;

/// Decodes in the sandbox.
fn decode(guest: &mut inflate::Instance<()>, bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let room = guest.input(bytes.len() as i32)? as u32;
    guest.memory().write_bytes(room, bytes)?;
    let len = u32::try_from(guest.inflate(MOST as i32)?).map_err(|_| "malformed data")?;
    let output = guest.output()? as u32;
    Ok(guest.memory().bytes(output, len)?.to_vec())
}

/// Text that repeats itself in part, as files do.
fn text(len: usize) -> Vec<u8> {
    let mut number = 1_u32;
    let mut text = Vec::new();
    while text.len() < len {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        text.extend(format!("line {} has the value {:x}\n", text.len() / 100, number >> 20).bytes());
    }
    text
}

/// Megabytes in a second, the best of five times.
fn throughput(len: usize, mut run: impl FnMut()) -> f64 {
    let times = (0..5).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64()
    });
    len as f64 / 1e6 / times.fold(f64::INFINITY, f64::min)
}

fn main() -> Result<(), Box<dyn Error>> {
    let text = text(4 << 20);
    let packed = miniz_oxide::deflate::compress_to_vec(&text, 6);
    let mut guest = inflate::Instance::new(())?;
    if decode(&mut guest, &packed)? != text {
        return Err("the guest decodes something else".into());
    }
    let malformed = decode(&mut guest, &packed[..packed.len() / 2]);
    println!("decoded {} bytes; cut short: {}", text.len(), malformed.unwrap_err());
    let sandboxed = throughput(text.len(), || drop(decode(&mut guest, &packed)));
    let native = throughput(text.len(), || drop(miniz_oxide::inflate::decompress_to_vec(&packed)));
    println!("in the sandbox {sandboxed:.0} MB/s, natively {native:.0} MB/s: {:.2}", sandboxed / native);
    Ok(())
}
