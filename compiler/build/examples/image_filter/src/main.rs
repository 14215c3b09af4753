//! An image filter in a sandbox: whatever it does to its own memory, the host's is out of its reach.
//!
//! `cargo run -p image_filter -- IN.pgm OUT.pgm` blurs a grey image; without files, one that is made here.

#![forbid(unsafe_code)]

use std::error::Error;
use std::fs;

wasmc_embed::include!(filter);

/// A grey image.
struct Image {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Image {
    /// A white square on black.
    fn square() -> Self {
        let inside = |at: usize| (16..48).contains(&at);
        let pixel = |at: usize| if inside(at % 64) && inside(at / 64) { 255 } else { 0 };
        Self { width: 64, height: 64, pixels: (0..64 * 64).map(pixel).collect() }
    }

    /// Reads a binary PGM.
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(b"P5")?;
        let mut number = || {
            let start = rest.iter().position(u8::is_ascii_digit)?;
            let len = rest[start..].iter().position(|byte| !byte.is_ascii_digit())?;
            let digits = str::from_utf8(&rest[start..start + len]).ok()?;
            rest = &rest[start + len..];
            digits.parse::<usize>().ok()
        };
        let (width, height, _) = (number()?, number()?, number()?);
        let pixels = rest.get(1..)?.get(..width.checked_mul(height)?)?.to_vec();
        Some(Self { width, height, pixels })
    }

    fn write(&self) -> Vec<u8> {
        [format!("P5 {} {} 255\n", self.width, self.height).as_bytes(), &self.pixels].concat()
    }
}

/// Blurs an image in an instance of the guest.
fn blur(filter: &mut filter::Instance<()>, image: &mut Image, radius: i32) -> Result<(), Box<dyn Error>> {
    let (width, height) = (image.width as i32, image.height as i32);
    let room = filter.room(width, height)? as usize;
    if room == 0 {
        return Err("the image is too large for the filter".into());
    }
    let range = room..room + image.pixels.len();
    filter.memory().data_mut()[range.clone()].copy_from_slice(&image.pixels);
    filter.blur(width, height, radius)?;
    image.pixels.copy_from_slice(&filter.memory().data()[range]);
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let mut image = match files.first() {
        Some(file) => Image::read(&fs::read(file)?).ok_or("the file is no binary PGM")?,
        None => Image::square(),
    };
    let mut filter = filter::Instance::new(())?;
    blur(&mut filter, &mut image, 2)?;
    if let Some(file) = files.get(1) {
        fs::write(file, image.write())?;
    }
    println!("blurred {} pixels, sum {}", image.pixels.len(), image.pixels.iter().map(|&p| u64::from(p)).sum::<u64>());
    // The bug in the other filter ends the call, and nothing else.
    match filter.invert(100_000, 40_000) {
        Ok(()) => return Err("a filter has written to memory that it does not have".into()),
        Err(trap) => println!("the other filter: {trap}"),
    }
    blur(&mut filter, &mut image, 1)?;
    println!("blurred again");
    Ok(())
}
