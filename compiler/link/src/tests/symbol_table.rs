use crate::sections::Symbol;
use crate::symbol_table::table;
use object::elf::{self, Sym64};
use object::endian::LittleEndian as LE;
use object::pod::slice_from_bytes;

fn symbol(name: &str, global: bool, address: u64) -> Symbol<'_> {
    Symbol { name: name.as_bytes(), kind: elf::STT_FUNC, global, address, size: 4 }
}

/// Names, values and section indices of a table, in which all symbols lie in section 7.
fn entries(symbols: &[Symbol<'_>]) -> (u32, Vec<(String, u64, u16)>) {
    let table = table(symbols, |_| elf::SymbolSection(7));
    let count = table.entries.len() / size_of::<Sym64<LE>>();
    let (entries, rest) = slice_from_bytes::<Sym64<LE>>(&table.entries, count).unwrap();
    assert!(rest.is_empty());
    let name = |offset: u32| {
        let bytes = table.strings[offset as usize..].split(|&byte| byte == 0).next().unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    };
    let describe = |entry: &Sym64<LE>| (name(entry.st_name.get(LE)), entry.st_value.get(LE), entry.st_shndx.get(LE).0);
    (table.first_global, entries.iter().map(describe).collect())
}

#[test]
fn a_null_symbol_comes_first_and_globals_come_last() {
    let (first_global, entries) = entries(&[symbol("local", false, 16), symbol("global", true, 32)]);
    assert_eq!(first_global, 2);
    assert_eq!(entries, [("".into(), 0, 0), ("local".into(), 16, 7), ("global".into(), 32, 7)]);
}

/// Local names of the runtime's crates are left out, and nothing else is.
#[test]
fn the_inside_of_the_runtime_is_not_shown() {
    let symbols = [
        symbol("_ZN13wasmc_runtime4wasi4openE", false, 1),
        symbol("_ZN9wasmc_abi4trapE", false, 2),
        symbol("_ZN4core3fmtE", false, 3),
        symbol("wasmc_runtime", false, 4),
        symbol("_ZN13wasmc_runtime5startE", true, 5),
    ];
    let (first_global, entries) = entries(&symbols);
    assert_eq!(first_global, 3);
    let addresses: Vec<u64> = entries.iter().map(|(_, address, _)| *address).collect();
    assert_eq!(addresses, [0, 3, 4, 5]);
}
