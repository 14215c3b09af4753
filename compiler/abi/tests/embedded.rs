//! Archives of embedded directories: what a path resolves to, and what a damaged archive gives.

use wasmc_abi::embedded::{Archive, HEAD_SIZE, LookupError, NODE_SIZE, Node, NodeKind};

/// What a node holds: nodes, by index and number, or bytes.
enum Holds {
    Nodes(u64, u64),
    Bytes(NodeKind, &'static str),
}

/// `/`: `docs/` (`a`, `loop`, `up`), `file`, `link`.
fn archive() -> Vec<u8> {
    let nodes = [
        (0, "/", Holds::Nodes(1, 3)),
        (0, "docs", Holds::Nodes(4, 3)),
        (0, "file", Holds::Bytes(NodeKind::File, "contents")),
        (0, "link", Holds::Bytes(NodeKind::Link, "docs/a")),
        (1, "a", Holds::Bytes(NodeKind::File, "A")),
        (1, "loop", Holds::Bytes(NodeKind::Link, "loop")),
        (1, "up", Holds::Bytes(NodeKind::Link, "../file")),
    ];
    let mut strings = Vec::new();
    let strings_at = HEAD_SIZE + nodes.len() * NODE_SIZE;
    let mut table = Vec::new();
    let mut put = |text: &str| {
        let at = strings_at + strings.len();
        strings.extend_from_slice(text.as_bytes());
        (at as u64, text.len() as u64)
    };
    for (parent, name, holds) in &nodes {
        let (name_at, name_len) = put(name);
        let (kind, (start, len)) = match holds {
            Holds::Nodes(start, len) => (NodeKind::Directory, (*start, *len)),
            Holds::Bytes(kind, text) => (*kind, put(text)),
        };
        let node = Node { parent: *parent, kind, name: name_at as u32, name_len: name_len as u32, start, len };
        table.extend(node.to_bytes());
    }
    let mut bytes = Vec::new();
    bytes.extend(((strings_at + strings.len()) as u64).to_le_bytes());
    bytes.extend(5_u64.to_le_bytes());
    bytes.extend(1_u32.to_le_bytes());
    bytes.extend((nodes.len() as u32).to_le_bytes());
    bytes.extend(table);
    bytes.extend(strings);
    bytes
}

#[test]
fn paths_resolve_beneath_a_root() {
    let bytes = archive();
    let archive = Archive::new(&bytes);
    assert_eq!((archive.size(), archive.time(), archive.roots()), (bytes.len() as u64, 5, 1));
    let cases = [
        ("file", true, Ok(2)),
        ("docs//a", true, Ok(4)),
        ("docs/../docs/./a", true, Ok(4)),
        ("docs/", true, Ok(1)),
        ("link", true, Ok(4)),
        ("link", false, Ok(3)),
        ("docs/up", true, Ok(2)),
        ("docs/loop", true, Err(LookupError::Loop)),
        ("docs/loop", false, Ok(5)),
        ("link/", false, Err(LookupError::NotDirectory)),
        ("file/a", true, Err(LookupError::NotDirectory)),
        ("docs/b", true, Err(LookupError::Missing)),
        ("", true, Err(LookupError::Missing)),
        ("..", true, Err(LookupError::Outside)),
        ("docs/../../file", true, Err(LookupError::Outside)),
        ("/file", true, Err(LookupError::Outside)),
    ];
    for (path, follow, expected) in cases {
        assert_eq!(archive.resolve(0, path.as_bytes(), follow), expected, "{path}");
    }
    assert_eq!(archive.contents(&archive.node(4).unwrap()), b"A");
}

#[test]
fn archives_cut_short_lose_what_is_missing() {
    let whole = archive();
    for len in 0..whole.len() {
        let archive = Archive::new(&whole[..len]);
        if let Ok(index) = archive.resolve(0, b"docs/a", true) {
            assert_eq!(index, 4);
            let contents = archive.contents(&archive.node(4).unwrap());
            assert!(contents.is_empty() || contents == b"A");
        }
    }
}
