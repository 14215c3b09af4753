//! The linker scripts in this folder, for wasmc to build in.

/// Each script's name and text.
pub const SCRIPTS: [(&str, &str); 4] = [
    ("bare.ld", include_str!("bare.ld")),
    ("bare.external.ld", include_str!("bare.external.ld")),
    ("fixed-memory.ld", include_str!("fixed-memory.ld")),
    ("fixed-memory.external.ld", include_str!("fixed-memory.external.ld")),
];

/// What the runtime uses of macOS's system library, in the form in which Apple's development kits describe libraries:
/// nothing of theirs is needed.
pub const LIB_SYSTEM: &str = include_str!("libSystem.tbd");
