//! The functions of `wasi:filesystem`. Long because it has a row for each of them.
//!
//! Made by `cargo xtask wit`: do not change it by hand.

functions! {
    "wasi:filesystem/types" {
        "[resource-drop]descriptor",
            wasmc_p2_filesystem_types_drop_descriptor
            (u32) -> (),
            "(self: own<wasi:filesystem/types#descriptor>)";
        "[resource-drop]directory-entry-stream",
            wasmc_p2_filesystem_types_drop_directory_entry_stream
            (u32) -> (),
            "(self: own<wasi:filesystem/types#directory-entry-stream>)";
        "[method]descriptor.read-via-stream",
            wasmc_p2_filesystem_types_descriptor_read_via_stream
            (u32 u64 u32) -> (),
            "(self: borrow<wasi:filesystem/types#descriptor>, offset: u64) -> \
            result<own<wasi:io/streams#input-stream>, enum{access, would-block, already, bad-descriptor, busy, \
            deadlock, quota, exist, file-too-large, illegal-byte-sequence, in-progress, interrupted, invalid, \
            io, is-directory, loop, too-many-links, message-size, name-too-long, no-device, no-entry, no-lock, \
            insufficient-memory, insufficient-space, not-directory, not-empty, not-recoverable, unsupported, \
            no-tty, no-such-device, overflow, not-permitted, pipe, read-only, invalid-seek, text-file-busy, \
            cross-device}>";
        "[method]descriptor.write-via-stream",
            wasmc_p2_filesystem_types_descriptor_write_via_stream
            (u32 u64 u32) -> (),
            "(self: borrow<wasi:filesystem/types#descriptor>, offset: u64) -> \
            result<own<wasi:io/streams#output-stream>, enum{access, would-block, already, bad-descriptor, busy, \
            deadlock, quota, exist, file-too-large, illegal-byte-sequence, in-progress, interrupted, invalid, \
            io, is-directory, loop, too-many-links, message-size, name-too-long, no-device, no-entry, no-lock, \
            insufficient-memory, insufficient-space, not-directory, not-empty, not-recoverable, unsupported, \
            no-tty, no-such-device, overflow, not-permitted, pipe, read-only, invalid-seek, text-file-busy, \
            cross-device}>";
        "[method]descriptor.append-via-stream",
            wasmc_p2_filesystem_types_descriptor_append_via_stream
            (u32 u32) -> (),
            "(self: borrow<wasi:filesystem/types#descriptor>) -> result<own<wasi:io/streams#output-stream>, \
            enum{access, would-block, already, bad-descriptor, busy, deadlock, quota, exist, file-too-large, \
            illegal-byte-sequence, in-progress, interrupted, invalid, io, is-directory, loop, too-many-links, \
            message-size, name-too-long, no-device, no-entry, no-lock, insufficient-memory, insufficient-space, \
            not-directory, not-empty, not-recoverable, unsupported, no-tty, no-such-device, overflow, \
            not-permitted, pipe, read-only, invalid-seek, text-file-busy, cross-device}>";
        "[method]descriptor.advise",
            wasmc_p2_filesystem_types_descriptor_advise
            (u32 u64 u64 u32 u32) -> (),
            "(self: borrow<wasi:filesystem/types#descriptor>, offset: u64, length: u64, advice: enum{normal, \
            sequential, random, will-need, dont-need, no-reuse}) -> result<_, enum{access, would-block, \
            already, bad-descriptor, busy, deadlock, quota, exist, file-too-large, illegal-byte-sequence, \
            in-progress, interrupted, invalid, io, is-directory, loop, too-many-links, message-size, \
            name-too-long, no-device, no-entry, no-lock, insufficient-memory, insufficient-space, \
            not-directory, not-empty, not-recoverable, unsupported, no-tty, no-such-device, overflow, \
            not-permitted, pipe, read-only, invalid-seek, text-file-busy, cross-device}>";
        "[method]descriptor.sync-data",
            wasmc_p2_filesystem_types_descriptor_sync_data
            (u32 u32) -> (),
            "(self: borrow<wasi:filesystem/types#descriptor>) -> result<_, enum{access, would-block, already, \
            bad-descriptor, busy, deadlock, quota, exist, file-too-large, illegal-byte-sequence, in-progress, \
            interrupted, invalid, io, is-directory, loop, too-many-links, message-size, name-too-long, \
            no-device, no-entry, no-lock, insufficient-memory, insufficient-space, not-directory, not-empty, \
            not-recoverable, unsupported, no-tty, no-such-device, overflow, not-permitted, pipe, read-only, \
            invalid-seek, text-file-busy, cross-device}>";
        "[method]descriptor.get-flags",
            wasmc_p2_filesystem_types_descriptor_get_flags
            (u32 u32) -> (),
            "(self: borrow<wasi:filesystem/types#descriptor>) -> result<flags{read, write, file-integrity-sync, \
            data-integrity-sync, requested-write-sync, mutate-directory}, enum{access, would-block, already, \
            bad-descriptor, busy, deadlock, quota, exist, file-too-large, illegal-byte-sequence, in-progress, \
            interrupted, invalid, io, is-directory, loop, too-many-links, message-size, name-too-long, \
            no-device, no-entry, no-lock, insufficient-memory, insufficient-space, not-directory, not-empty, \
            not-recoverable, unsupported, no-tty, no-such-device, overflow, not-permitted, pipe, read-only, \
            invalid-seek, text-file-busy, cross-device}>";
        "[method]descriptor.get-type",
            wasmc_p2_filesystem_types_descriptor_get_type
            (u32 u32) -> (),
            "(self: borrow<wasi:filesystem/types#descriptor>) -> result<enum{unknown, block-device, \
            character-device, directory, fifo, symbolic-link, regular-file, socket}, enum{access, would-block, \
            already, bad-descriptor, busy, deadlock, quota, exist, file-too-large, illegal-byte-sequence, \
            in-progress, interrupted, invalid, io, is-directory, loop, too-many-links, message-size, \
            name-too-long, no-device, no-entry, no-lock, insufficient-memory, insufficient-space, \
            not-directory, not-empty, not-recoverable, unsupported, no-tty, no-such-device, overflow, \
            not-permitted, pipe, read-only, invalid-seek, text-file-busy, cross-device}>";
        "[method]descriptor.set-size",
            wasmc_p2_filesystem_types_descriptor_set_size
            (u32 u64 u32) -> (),
            "(self: borrow<wasi:filesystem/types#descriptor>, size: u64) -> result<_, enum{access, would-block, \
            already, bad-descriptor, busy, deadlock, quota, exist, file-too-large, illegal-byte-sequence, \
            in-progress, interrupted, invalid, io, is-directory, loop, too-many-links, message-size, \
            name-too-long, no-device, no-entry, no-lock, insufficient-memory, insufficient-space, \
            not-directory, not-empty, not-recoverable, unsupported, no-tty, no-such-device, overflow, \
            not-permitted, pipe, read-only, invalid-seek, text-file-busy, cross-device}>";
        "[method]descriptor.set-times",
            wasmc_p2_filesystem_types_descriptor_set_times
            (u32 u32 u64 u32 u32 u64 u32 u32) -> (),
            "(self: borrow<wasi:filesystem/types#descriptor>, data-access-timestamp: variant{no-change, now, \
            timestamp(record{seconds: u64, nanoseconds: u32})}, data-modification-timestamp: variant{no-change, \
            now, timestamp(record{seconds: u64, nanoseconds: u32})}) -> result<_, enum{access, would-block, \
            already, bad-descriptor, busy, deadlock, quota, exist, file-too-large, illegal-byte-sequence, \
            in-progress, interrupted, invalid, io, is-directory, loop, too-many-links, message-size, \
            name-too-long, no-device, no-entry, no-lock, insufficient-memory, insufficient-space, \
            not-directory, not-empty, not-recoverable, unsupported, no-tty, no-such-device, overflow, \
            not-permitted, pipe, read-only, invalid-seek, text-file-busy, cross-device}>";
        "[method]descriptor.read",
            wasmc_p2_filesystem_types_descriptor_read
            (u32 u64 u64 u32) -> (),
            "(self: borrow<wasi:filesystem/types#descriptor>, length: u64, offset: u64) -> \
            result<tuple<list<u8>, bool>, enum{access, would-block, already, bad-descriptor, busy, deadlock, \
            quota, exist, file-too-large, illegal-byte-sequence, in-progress, interrupted, invalid, io, \
            is-directory, loop, too-many-links, message-size, name-too-long, no-device, no-entry, no-lock, \
            insufficient-memory, insufficient-space, not-directory, not-empty, not-recoverable, unsupported, \
            no-tty, no-such-device, overflow, not-permitted, pipe, read-only, invalid-seek, text-file-busy, \
            cross-device}>";
        "[method]descriptor.write",
            wasmc_p2_filesystem_types_descriptor_write
            (u32 u32 u32 u64 u32) -> (),
            "(self: borrow<wasi:filesystem/types#descriptor>, buffer: list<u8>, offset: u64) -> result<u64, \
            enum{access, would-block, already, bad-descriptor, busy, deadlock, quota, exist, file-too-large, \
            illegal-byte-sequence, in-progress, interrupted, invalid, io, is-directory, loop, too-many-links, \
            message-size, name-too-long, no-device, no-entry, no-lock, insufficient-memory, insufficient-space, \
            not-directory, not-empty, not-recoverable, unsupported, no-tty, no-such-device, overflow, \
            not-permitted, pipe, read-only, invalid-seek, text-file-busy, cross-device}>";
        "[method]descriptor.read-directory",
            wasmc_p2_filesystem_types_descriptor_read_directory
            (u32 u32) -> (),
            "(self: borrow<wasi:filesystem/types#descriptor>) -> \
            result<own<wasi:filesystem/types#directory-entry-stream>, enum{access, would-block, already, \
            bad-descriptor, busy, deadlock, quota, exist, file-too-large, illegal-byte-sequence, in-progress, \
            interrupted, invalid, io, is-directory, loop, too-many-links, message-size, name-too-long, \
            no-device, no-entry, no-lock, insufficient-memory, insufficient-space, not-directory, not-empty, \
            not-recoverable, unsupported, no-tty, no-such-device, overflow, not-permitted, pipe, read-only, \
            invalid-seek, text-file-busy, cross-device}>";
        "[method]descriptor.sync",
            wasmc_p2_filesystem_types_descriptor_sync
            (u32 u32) -> (),
            "(self: borrow<wasi:filesystem/types#descriptor>) -> result<_, enum{access, would-block, already, \
            bad-descriptor, busy, deadlock, quota, exist, file-too-large, illegal-byte-sequence, in-progress, \
            interrupted, invalid, io, is-directory, loop, too-many-links, message-size, name-too-long, \
            no-device, no-entry, no-lock, insufficient-memory, insufficient-space, not-directory, not-empty, \
            not-recoverable, unsupported, no-tty, no-such-device, overflow, not-permitted, pipe, read-only, \
            invalid-seek, text-file-busy, cross-device}>";
        "[method]descriptor.create-directory-at",
            wasmc_p2_filesystem_types_descriptor_create_directory_at
            (u32 u32 u32 u32) -> (),
            "(self: borrow<wasi:filesystem/types#descriptor>, path: string) -> result<_, enum{access, \
            would-block, already, bad-descriptor, busy, deadlock, quota, exist, file-too-large, \
            illegal-byte-sequence, in-progress, interrupted, invalid, io, is-directory, loop, too-many-links, \
            message-size, name-too-long, no-device, no-entry, no-lock, insufficient-memory, insufficient-space, \
            not-directory, not-empty, not-recoverable, unsupported, no-tty, no-such-device, overflow, \
            not-permitted, pipe, read-only, invalid-seek, text-file-busy, cross-device}>";
        "[method]descriptor.stat",
            wasmc_p2_filesystem_types_descriptor_stat
            (u32 u32) -> (),
            "(self: borrow<wasi:filesystem/types#descriptor>) -> result<record{type: enum{unknown, block-device, \
            character-device, directory, fifo, symbolic-link, regular-file, socket}, link-count: u64, size: \
            u64, data-access-timestamp: option<record{seconds: u64, nanoseconds: u32}>, \
            data-modification-timestamp: option<record{seconds: u64, nanoseconds: u32}>, \
            status-change-timestamp: option<record{seconds: u64, nanoseconds: u32}>}, enum{access, would-block, \
            already, bad-descriptor, busy, deadlock, quota, exist, file-too-large, illegal-byte-sequence, \
            in-progress, interrupted, invalid, io, is-directory, loop, too-many-links, message-size, \
            name-too-long, no-device, no-entry, no-lock, insufficient-memory, insufficient-space, \
            not-directory, not-empty, not-recoverable, unsupported, no-tty, no-such-device, overflow, \
            not-permitted, pipe, read-only, invalid-seek, text-file-busy, cross-device}>";
        "[method]descriptor.stat-at",
            wasmc_p2_filesystem_types_descriptor_stat_at
            (u32 u32 u32 u32 u32) -> (),
            "(self: borrow<wasi:filesystem/types#descriptor>, path-flags: flags{symlink-follow}, path: string) \
            -> result<record{type: enum{unknown, block-device, character-device, directory, fifo, \
            symbolic-link, regular-file, socket}, link-count: u64, size: u64, data-access-timestamp: \
            option<record{seconds: u64, nanoseconds: u32}>, data-modification-timestamp: option<record{seconds: \
            u64, nanoseconds: u32}>, status-change-timestamp: option<record{seconds: u64, nanoseconds: u32}>}, \
            enum{access, would-block, already, bad-descriptor, busy, deadlock, quota, exist, file-too-large, \
            illegal-byte-sequence, in-progress, interrupted, invalid, io, is-directory, loop, too-many-links, \
            message-size, name-too-long, no-device, no-entry, no-lock, insufficient-memory, insufficient-space, \
            not-directory, not-empty, not-recoverable, unsupported, no-tty, no-such-device, overflow, \
            not-permitted, pipe, read-only, invalid-seek, text-file-busy, cross-device}>";
        "[method]descriptor.set-times-at",
            wasmc_p2_filesystem_types_descriptor_set_times_at
            (u32 u32 u32 u32 u32 u64 u32 u32 u64 u32 u32) -> (),
            "(self: borrow<wasi:filesystem/types#descriptor>, path-flags: flags{symlink-follow}, path: string, \
            data-access-timestamp: variant{no-change, now, timestamp(record{seconds: u64, nanoseconds: u32})}, \
            data-modification-timestamp: variant{no-change, now, timestamp(record{seconds: u64, nanoseconds: \
            u32})}) -> result<_, enum{access, would-block, already, bad-descriptor, busy, deadlock, quota, \
            exist, file-too-large, illegal-byte-sequence, in-progress, interrupted, invalid, io, is-directory, \
            loop, too-many-links, message-size, name-too-long, no-device, no-entry, no-lock, \
            insufficient-memory, insufficient-space, not-directory, not-empty, not-recoverable, unsupported, \
            no-tty, no-such-device, overflow, not-permitted, pipe, read-only, invalid-seek, text-file-busy, \
            cross-device}>";
        "[method]descriptor.link-at",
            wasmc_p2_filesystem_types_descriptor_link_at
            (u32 u32 u32 u32 u32 u32 u32 u32) -> (),
            "(self: borrow<wasi:filesystem/types#descriptor>, old-path-flags: flags{symlink-follow}, old-path: \
            string, new-descriptor: borrow<wasi:filesystem/types#descriptor>, new-path: string) -> result<_, \
            enum{access, would-block, already, bad-descriptor, busy, deadlock, quota, exist, file-too-large, \
            illegal-byte-sequence, in-progress, interrupted, invalid, io, is-directory, loop, too-many-links, \
            message-size, name-too-long, no-device, no-entry, no-lock, insufficient-memory, insufficient-space, \
            not-directory, not-empty, not-recoverable, unsupported, no-tty, no-such-device, overflow, \
            not-permitted, pipe, read-only, invalid-seek, text-file-busy, cross-device}>";
        "[method]descriptor.open-at",
            wasmc_p2_filesystem_types_descriptor_open_at
            (u32 u32 u32 u32 u32 u32 u32) -> (),
            "(self: borrow<wasi:filesystem/types#descriptor>, path-flags: flags{symlink-follow}, path: string, \
            open-flags: flags{create, directory, exclusive, truncate}, flags: flags{read, write, \
            file-integrity-sync, data-integrity-sync, requested-write-sync, mutate-directory}) -> \
            result<own<wasi:filesystem/types#descriptor>, enum{access, would-block, already, bad-descriptor, \
            busy, deadlock, quota, exist, file-too-large, illegal-byte-sequence, in-progress, interrupted, \
            invalid, io, is-directory, loop, too-many-links, message-size, name-too-long, no-device, no-entry, \
            no-lock, insufficient-memory, insufficient-space, not-directory, not-empty, not-recoverable, \
            unsupported, no-tty, no-such-device, overflow, not-permitted, pipe, read-only, invalid-seek, \
            text-file-busy, cross-device}>";
        "[method]descriptor.readlink-at",
            wasmc_p2_filesystem_types_descriptor_readlink_at
            (u32 u32 u32 u32) -> (),
            "(self: borrow<wasi:filesystem/types#descriptor>, path: string) -> result<string, enum{access, \
            would-block, already, bad-descriptor, busy, deadlock, quota, exist, file-too-large, \
            illegal-byte-sequence, in-progress, interrupted, invalid, io, is-directory, loop, too-many-links, \
            message-size, name-too-long, no-device, no-entry, no-lock, insufficient-memory, insufficient-space, \
            not-directory, not-empty, not-recoverable, unsupported, no-tty, no-such-device, overflow, \
            not-permitted, pipe, read-only, invalid-seek, text-file-busy, cross-device}>";
        "[method]descriptor.remove-directory-at",
            wasmc_p2_filesystem_types_descriptor_remove_directory_at
            (u32 u32 u32 u32) -> (),
            "(self: borrow<wasi:filesystem/types#descriptor>, path: string) -> result<_, enum{access, \
            would-block, already, bad-descriptor, busy, deadlock, quota, exist, file-too-large, \
            illegal-byte-sequence, in-progress, interrupted, invalid, io, is-directory, loop, too-many-links, \
            message-size, name-too-long, no-device, no-entry, no-lock, insufficient-memory, insufficient-space, \
            not-directory, not-empty, not-recoverable, unsupported, no-tty, no-such-device, overflow, \
            not-permitted, pipe, read-only, invalid-seek, text-file-busy, cross-device}>";
        "[method]descriptor.rename-at",
            wasmc_p2_filesystem_types_descriptor_rename_at
            (u32 u32 u32 u32 u32 u32 u32) -> (),
            "(self: borrow<wasi:filesystem/types#descriptor>, old-path: string, new-descriptor: \
            borrow<wasi:filesystem/types#descriptor>, new-path: string) -> result<_, enum{access, would-block, \
            already, bad-descriptor, busy, deadlock, quota, exist, file-too-large, illegal-byte-sequence, \
            in-progress, interrupted, invalid, io, is-directory, loop, too-many-links, message-size, \
            name-too-long, no-device, no-entry, no-lock, insufficient-memory, insufficient-space, \
            not-directory, not-empty, not-recoverable, unsupported, no-tty, no-such-device, overflow, \
            not-permitted, pipe, read-only, invalid-seek, text-file-busy, cross-device}>";
        "[method]descriptor.symlink-at",
            wasmc_p2_filesystem_types_descriptor_symlink_at
            (u32 u32 u32 u32 u32 u32) -> (),
            "(self: borrow<wasi:filesystem/types#descriptor>, old-path: string, new-path: string) -> result<_, \
            enum{access, would-block, already, bad-descriptor, busy, deadlock, quota, exist, file-too-large, \
            illegal-byte-sequence, in-progress, interrupted, invalid, io, is-directory, loop, too-many-links, \
            message-size, name-too-long, no-device, no-entry, no-lock, insufficient-memory, insufficient-space, \
            not-directory, not-empty, not-recoverable, unsupported, no-tty, no-such-device, overflow, \
            not-permitted, pipe, read-only, invalid-seek, text-file-busy, cross-device}>";
        "[method]descriptor.unlink-file-at",
            wasmc_p2_filesystem_types_descriptor_unlink_file_at
            (u32 u32 u32 u32) -> (),
            "(self: borrow<wasi:filesystem/types#descriptor>, path: string) -> result<_, enum{access, \
            would-block, already, bad-descriptor, busy, deadlock, quota, exist, file-too-large, \
            illegal-byte-sequence, in-progress, interrupted, invalid, io, is-directory, loop, too-many-links, \
            message-size, name-too-long, no-device, no-entry, no-lock, insufficient-memory, insufficient-space, \
            not-directory, not-empty, not-recoverable, unsupported, no-tty, no-such-device, overflow, \
            not-permitted, pipe, read-only, invalid-seek, text-file-busy, cross-device}>";
        "[method]descriptor.is-same-object",
            wasmc_p2_filesystem_types_descriptor_is_same_object
            (u32 u32) -> (u32),
            "(self: borrow<wasi:filesystem/types#descriptor>, other: borrow<wasi:filesystem/types#descriptor>) \
            -> bool";
        "[method]descriptor.metadata-hash",
            wasmc_p2_filesystem_types_descriptor_metadata_hash
            (u32 u32) -> (),
            "(self: borrow<wasi:filesystem/types#descriptor>) -> result<record{lower: u64, upper: u64}, \
            enum{access, would-block, already, bad-descriptor, busy, deadlock, quota, exist, file-too-large, \
            illegal-byte-sequence, in-progress, interrupted, invalid, io, is-directory, loop, too-many-links, \
            message-size, name-too-long, no-device, no-entry, no-lock, insufficient-memory, insufficient-space, \
            not-directory, not-empty, not-recoverable, unsupported, no-tty, no-such-device, overflow, \
            not-permitted, pipe, read-only, invalid-seek, text-file-busy, cross-device}>";
        "[method]descriptor.metadata-hash-at",
            wasmc_p2_filesystem_types_descriptor_metadata_hash_at
            (u32 u32 u32 u32 u32) -> (),
            "(self: borrow<wasi:filesystem/types#descriptor>, path-flags: flags{symlink-follow}, path: string) \
            -> result<record{lower: u64, upper: u64}, enum{access, would-block, already, bad-descriptor, busy, \
            deadlock, quota, exist, file-too-large, illegal-byte-sequence, in-progress, interrupted, invalid, \
            io, is-directory, loop, too-many-links, message-size, name-too-long, no-device, no-entry, no-lock, \
            insufficient-memory, insufficient-space, not-directory, not-empty, not-recoverable, unsupported, \
            no-tty, no-such-device, overflow, not-permitted, pipe, read-only, invalid-seek, text-file-busy, \
            cross-device}>";
        "[method]directory-entry-stream.read-directory-entry",
            wasmc_p2_filesystem_types_directory_entry_stream_read_directory_entry
            (u32 u32) -> (),
            "(self: borrow<wasi:filesystem/types#directory-entry-stream>) -> result<option<record{type: \
            enum{unknown, block-device, character-device, directory, fifo, symbolic-link, regular-file, \
            socket}, name: string}>, enum{access, would-block, already, bad-descriptor, busy, deadlock, quota, \
            exist, file-too-large, illegal-byte-sequence, in-progress, interrupted, invalid, io, is-directory, \
            loop, too-many-links, message-size, name-too-long, no-device, no-entry, no-lock, \
            insufficient-memory, insufficient-space, not-directory, not-empty, not-recoverable, unsupported, \
            no-tty, no-such-device, overflow, not-permitted, pipe, read-only, invalid-seek, text-file-busy, \
            cross-device}>";
        "filesystem-error-code",
            wasmc_p2_filesystem_types_filesystem_error_code
            (u32 u32) -> (),
            "(err: borrow<wasi:io/error#error>) -> option<enum{access, would-block, already, bad-descriptor, \
            busy, deadlock, quota, exist, file-too-large, illegal-byte-sequence, in-progress, interrupted, \
            invalid, io, is-directory, loop, too-many-links, message-size, name-too-long, no-device, no-entry, \
            no-lock, insufficient-memory, insufficient-space, not-directory, not-empty, not-recoverable, \
            unsupported, no-tty, no-such-device, overflow, not-permitted, pipe, read-only, invalid-seek, \
            text-file-busy, cross-device}>";
    }
    "wasi:filesystem/preopens" {
        "get-directories",
            wasmc_p2_filesystem_preopens_get_directories
            (u32) -> (),
            "() -> list<tuple<own<wasi:filesystem/types#descriptor>, string>>";
    }
}
