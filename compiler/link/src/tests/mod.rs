//! Tests of the parts on small files made by hand. Whole programs are linked by the integration tests.

mod archives;
mod elf_file;
mod flat_binary;
mod gnu_property;
mod image;
mod inputs;
mod linear_memory;
mod link;
mod macho;
mod own_sections;
mod segments;
mod symbol_table;
mod verify;
