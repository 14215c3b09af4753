//! The target files in this folder, for wasmc to build in.

/// Each file's name and text, sorted by name.
pub const FILES: [(&str, &str); 7] = [
    ("aarch64-linux.toml", include_str!("aarch64-linux.toml")),
    ("aarch64-macos.toml", include_str!("aarch64-macos.toml")),
    ("aarch64-none.toml", include_str!("aarch64-none.toml")),
    ("riscv64-linux.toml", include_str!("riscv64-linux.toml")),
    ("riscv64-none.toml", include_str!("riscv64-none.toml")),
    ("x86_64-linux.toml", include_str!("x86_64-linux.toml")),
    ("x86_64-macos.toml", include_str!("x86_64-macos.toml")),
];
