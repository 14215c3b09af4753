//! The files of the repository, read once.

use std::collections::BTreeMap;
use std::path::Path;

/// Text files by their path from the root, with `/` between folders.
pub type Files = BTreeMap<String, String>;

/// Folders that hold nothing of ours.
const LEFT_OUT: [&str; 2] = [".git", "target"];

/// All files under the root that are text.
pub fn repository() -> Files {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Files::new();
    add(&root, "", &mut files);
    files
}

fn add(folder: &Path, prefix: &str, files: &mut Files) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries.map(|entry| entry.expect("a folder can be listed")) {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let kind = entry.file_type().expect("an entry has a type");
        if kind.is_dir() && !LEFT_OUT.contains(&name.as_str()) {
            add(&entry.path(), &format!("{prefix}{name}/"), files);
        } else if kind.is_file()
            && let Ok(text) = std::fs::read_to_string(entry.path())
        {
            files.insert(format!("{prefix}{name}"), text);
        }
    }
}

/// The folder of a path, with its `/`; empty for the root.
pub fn folder(path: &str) -> &str {
    path.rfind('/').map_or("", |slash| &path[..=slash])
}

/// The path from the root that `path` stands for in a file of `folder`.
pub fn join(folder: &str, path: &str) -> String {
    let mut parts = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}
