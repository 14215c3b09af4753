//! Profiles as they are read: see [`wasmc_abi::profile`].

use std::collections::HashMap;
use std::fmt;
use wasmc_abi::profile::{HASHED, HEADER, MAGIC, Record, WORD, hash};

/// What some runs of a program have counted.
#[derive(Clone, Default)]
pub struct Profile {
    functions: HashMap<Record, Vec<u64>>,
}

/// Why bytes are no profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// They are something else.
    Other,
    /// They are a profile of another version.
    Version,
    /// They are not as they were written.
    Damaged,
}

impl Profile {
    /// Adds what a file has counted.
    ///
    /// # Errors
    /// Where it is no profile; nothing has been added then.
    pub fn add(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        let (records, counters) = parts(bytes)?;
        let mut counters = counters.iter().map(|&word| u64::from_le_bytes(word));
        for record in records {
            let counted = counters.by_ref().take(record.words as usize);
            // Most of a program never runs.
            let counted: Vec<u64> = counted.collect();
            let known = self.functions.entry(record).or_insert_with(|| vec![0; counted.len()]);
            known.iter_mut().zip(counted).for_each(|(known, counted)| *known = known.saturating_add(counted));
        }
        Ok(())
    }

    /// The functions of the program that have run, or not, with their counters.
    pub fn functions(&self) -> impl Iterator<Item = (&Record, &[u64])> {
        self.functions.iter().map(|(record, counters)| (record, counters.as_slice()))
    }
}

/// What code depends on is not in it: [`crate::portable`] adds that function by function.
impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Profile")
    }
}

/// The records and the counters of a file.
fn parts(bytes: &[u8]) -> Result<(Vec<Record>, &[[u8; WORD]]), Malformed> {
    // The version is the last word of it.
    let kind = MAGIC.len() - 3;
    if bytes.get(..kind) != Some(&MAGIC[..kind]) {
        return Err(Malformed::Other);
    }
    if bytes.get(kind..MAGIC.len()) != Some(&MAGIC[kind..]) {
        return Err(Malformed::Version);
    }
    let damaged = Malformed::Damaged;
    let (header, rest) = bytes.split_first_chunk::<HEADER>().ok_or(damaged)?;
    let word = |at: usize| u64::from_le_bytes(std::array::from_fn(|byte| header[at + byte]));
    let size = usize::try_from(word(HASHED)).ok().and_then(|count| count.checked_mul(Record::SIZE)).ok_or(damaged)?;
    let (records, counters) = rest.split_at_checked(size).ok_or(damaged)?;
    let (counters, []) = counters.as_chunks::<WORD>() else { return Err(damaged) };
    if hash(&bytes[HASHED..HEADER + size]) != word(MAGIC.len()) || counters.len() as u64 != word(HEADER - WORD) {
        return Err(damaged);
    }
    let records: Vec<Record> = records.as_chunks().0.iter().map(Record::from_bytes).collect();
    let all: u64 = records.iter().map(|record| u64::from(record.words)).sum();
    if all == counters.len() as u64 { Ok((records, counters)) } else { Err(damaged) }
}

/// What a file begins with: all but the counters.
pub(crate) fn head(records: &[Record]) -> Vec<u8> {
    let words: u64 = records.iter().map(|record| u64::from(record.words)).sum();
    let numbers = [records.len() as u64, words].map(u64::to_le_bytes).concat();
    let hashed = [numbers, records.iter().flat_map(|record| record.to_bytes()).collect()].concat();
    [&MAGIC[..], &hash(&hashed).to_le_bytes(), &hashed].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORDS: [Record; 2] = [Record { body: 7, index: 3, words: 2 }, Record { body: 8, index: 4, words: 1 }];

    fn file(counters: [u64; 3]) -> Vec<u8> {
        [head(&RECORDS), counters.map(u64::to_le_bytes).concat()].concat()
    }

    fn counted(profile: &Profile) -> Vec<(Record, Vec<u64>)> {
        let mut all: Vec<_> = profile.functions().map(|(record, counters)| (*record, counters.to_vec())).collect();
        all.sort_by_key(|(record, _)| record.index);
        all
    }

    #[test]
    fn counts_of_several_runs_are_added() {
        let mut profile = Profile::default();
        profile.add(&file([1, 2, 3])).unwrap();
        assert_eq!(counted(&profile), [(RECORDS[0], vec![1, 2]), (RECORDS[1], vec![3])]);
        profile.add(&file([10, u64::MAX, 0])).unwrap();
        assert_eq!(counted(&profile), [(RECORDS[0], vec![11, u64::MAX]), (RECORDS[1], vec![3])]);
    }

    #[test]
    fn other_bytes_are_no_profile() {
        let whole = file([1, 2, 3]);
        let add = |bytes: &[u8]| Profile::default().add(bytes);
        assert_eq!(add(b""), Err(Malformed::Other));
        assert_eq!(add(b"\0asm\x01\0\0\0 and so on and so on and so on and so on"), Err(Malformed::Other));
        assert_eq!(add(&[b"wasmc profile 2\n", &whole[16..]].concat()), Err(Malformed::Version));
        for length in MAGIC.len()..whole.len() {
            assert_eq!(add(&whole[..length]), Err(Malformed::Damaged), "{length} bytes");
        }
        assert_eq!(add(&[&whole[..], &[0]].concat()), Err(Malformed::Damaged));
        assert_eq!(add(&[&whole[..], &[0; 8]].concat()), Err(Malformed::Damaged));
        // Each byte of what says what the counters belong to.
        for at in MAGIC.len()..HEADER + 2 * Record::SIZE {
            for bits in [1, 0x80, 0xff] {
                let mut changed = whole.clone();
                changed[at] ^= bits;
                assert_eq!(add(&changed), Err(Malformed::Damaged), "byte {at}");
            }
        }
    }
}
