//! What the compiler writes into an image and the runtime reads there.

use wasmc_abi::grants::{self, DIRECTORY, END, FILE, READ_ONLY, decimal, milliseconds, read_only, strings};
use wasmc_abi::leb128::{read_signed, read_unsigned, write_signed, write_unsigned};
use wasmc_abi::trap::{CALL_SITE, INLINED_AT, Site, Sites, TrapCode, write_sites};
use wasmc_abi::{script, thread};

#[test]
fn leb128_reads_what_it_has_written() {
    for value in [0, 1, 63, 64, 127, 128, 624_485, u64::from(u32::MAX), u64::MAX] {
        let mut bytes = Vec::new();
        write_unsigned(value, &mut |byte| bytes.push(byte));
        let mut rest = &bytes[..];
        assert_eq!(read_unsigned(&mut rest), Some(value));
        assert!(rest.is_empty());
        assert_eq!(read_unsigned(&mut &bytes[..bytes.len() - 1]), None);
    }
    for value in [0, -1, 63, 64, -64, -65, -123_456, i64::MAX, i64::MIN] {
        let mut bytes = Vec::new();
        write_signed(value, &mut |byte| bytes.push(byte));
        let mut rest = &bytes[..];
        assert_eq!(read_signed(&mut rest), Some(value));
        assert!(rest.is_empty());
    }
    // The examples of DWARF 5, section 7.6.
    let mut bytes = Vec::new();
    write_unsigned(12_857, &mut |byte| bytes.push(byte));
    write_signed(-129, &mut |byte| bytes.push(byte));
    assert_eq!(bytes, [0xb9, 0x64, 0xff, 0x7e]);
}

#[test]
fn site_streams_keep_every_site() {
    let sites = [
        Site { code_offset: 4, module_offset: 120, kind: TrapCode::Unreachable as u8 },
        Site { code_offset: 4, module_offset: 90, kind: CALL_SITE },
        Site { code_offset: 4, module_offset: 130, kind: INLINED_AT },
        Site { code_offset: 70_000, module_offset: 1_000_000, kind: TrapCode::ExpectedSharedMemory as u8 },
    ];
    let mut bytes = Vec::new();
    write_sites(7, 100, sites, &mut |byte| bytes.push(byte));
    let read = Sites::new(&bytes).expect("the stream has a head");
    assert_eq!((read.function_index, read.body_offset), (7, 100));
    assert!(read.eq(sites));
    assert_eq!(sites[1].trap(), None);
    assert_eq!(sites[2].trap(), None);
    assert_eq!(sites[3].trap(), Some(TrapCode::ExpectedSharedMemory));
}

#[test]
fn trap_codes_are_their_values() {
    for code in TrapCode::ALL {
        assert_eq!(TrapCode::from_u8(code as u8), Some(code));
    }
    assert_eq!(TrapCode::from_u8(CALL_SITE), None);
    assert_eq!(TrapCode::from_u8(TrapCode::ALL.len() as u8 + 1), None);
}

#[test]
fn tags_of_grants_do_not_collide() {
    let mut tags: Vec<u8> = grants::options(true).map(|(tag, _)| tag).collect();
    assert_eq!(tags.len(), 16);
    tags.extend([END, grants::INHERITED_VARIABLE, DIRECTORY | READ_ONLY, FILE | READ_ONLY]);
    for (position, tag) in tags.iter().enumerate() {
        assert!(!tags[..position].contains(tag), "{tag}");
    }
    assert_eq!(read_only(DIRECTORY | READ_ONLY), (true, DIRECTORY));
    assert_eq!(read_only(FILE), (false, FILE));
    // Lower-case letters, which the flag would take for others.
    assert_eq!(read_only(grants::LISTEN | READ_ONLY), (false, grants::LISTEN | READ_ONLY));
    assert_eq!([DIRECTORY | READ_ONLY, FILE, grants::STREAM_OFF + 1, grants::TIMEOUT].map(strings), [2, 3, 0, 1]);
}

#[test]
fn durations_have_units() {
    let cases: [(&str, Option<u64>); 9] = [
        ("2", Some(2000)),
        ("1500ms", Some(1500)),
        ("3s", Some(3000)),
        ("1m", Some(60_000)),
        ("1h", Some(3_600_000)),
        ("0", None),
        ("", None),
        ("1.5s", None),
        ("99999999999999999999", None),
    ];
    for (text, expected) in cases {
        assert_eq!(milliseconds(text.as_bytes()), expected, "{text}");
    }
    assert_eq!(decimal(b"18446744073709551615"), Some(u64::MAX));
    assert_eq!(decimal(b"18446744073709551616"), None);
}

#[test]
fn stack_areas_are_powers_of_two_with_room_for_all() {
    let area = thread::area(8 << 20, thread::GUARD, 4096).unwrap();
    assert!(area.is_power_of_two() && area > 8 << 20);
    assert_eq!(thread::area(u64::MAX, thread::GUARD, 1), None);
}

#[test]
fn digests_depend_on_every_byte() {
    let bytes = [0; 13];
    for position in 0..bytes.len() {
        let mut other = bytes;
        other[position] = 1;
        assert_ne!(script::digest(&bytes), script::digest(&other), "{position}");
    }
}
