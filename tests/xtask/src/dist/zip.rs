//! ZIP archives, as far as wheels need them: APPNOTE 6.3, without encryption and 64-bit sizes.

use std::io::Write as _;

use anyhow::{Context, Result};
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use super::File;

/// Version of the format that deflated files need.
const VERSION: u16 = 20;
/// Made on Unix: the upper half of the external attributes is a file's mode.
const MADE_BY: u16 = 3 << 8 | VERSION;
const DEFLATED: u16 = 8;
/// The 1st of January 1980, at midnight.
const TIME: u16 = 0;
const DATE: u16 = 1 << 5 | 1;
const REGULAR_FILE: u32 = 0o100_000;

/// Packs files in their order.
pub fn pack(files: &[File]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut directory = Vec::new();
    for file in files {
        let offset = size(bytes.len())?;
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&file.bytes)?;
        let compressed = encoder.finish()?;
        let mut crc = Crc::new();
        crc.update(&file.bytes);

        // What the header before the file and the entry in the directory share, from the needed version to the lengths
        // of name and extra fields.
        let mut common = Vec::new();
        for field in [VERSION, 0, DEFLATED, TIME, DATE] {
            common.extend(field.to_le_bytes());
        }
        for field in [crc.sum(), size(compressed.len())?, size(file.bytes.len())?] {
            common.extend(field.to_le_bytes());
        }
        common.extend(u16::try_from(file.name.len())?.to_le_bytes());
        common.extend(0_u16.to_le_bytes());

        bytes.extend(b"PK\x03\x04");
        bytes.extend(&common);
        bytes.extend(file.name.as_bytes());
        bytes.extend(compressed);

        let mode = REGULAR_FILE | if file.is_executable { 0o755 } else { 0o644 };
        directory.extend(b"PK\x01\x02");
        directory.extend(MADE_BY.to_le_bytes());
        directory.extend(&common);
        // Length of the comment, number of the disk, internal attributes.
        directory.extend([0; 6]);
        directory.extend((mode << 16).to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend(file.name.as_bytes());
    }
    let (start, length) = (size(bytes.len())?, size(directory.len())?);
    let count = u16::try_from(files.len())?;
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06");
    // This disk, and that of the directory.
    bytes.extend([0; 4]);
    bytes.extend(count.to_le_bytes());
    bytes.extend(count.to_le_bytes());
    bytes.extend(length.to_le_bytes());
    bytes.extend(start.to_le_bytes());
    // Length of the comment.
    bytes.extend([0; 2]);
    Ok(bytes)
}

fn size(length: usize) -> Result<u32> {
    u32::try_from(length).context("the archive is too large")
}
