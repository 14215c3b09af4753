//! Files and folders that documents name exist.

use crate::files::{Files, folder, join};

/// Names with these endings are those of files of the repository.
const ENDINGS: [&str; 9] = ["rs", "md", "toml", "ld", "tbd", "h", "wat", "wast", "py"];
/// Letters that names do not have: they stand in commands, patterns and what users write.
const NEVER: [char; 9] = [' ', '*', '<', ':', '(', '=', '{', '~', '$'];

/// The names in documents that nothing in the repository has.
pub fn complaints(files: &Files) -> Vec<String> {
    let documents = files.iter().filter(|(name, _)| name.ends_with(".md"));
    documents.flat_map(|(document, text)| dead_names(files, document, text)).collect()
}

fn dead_names(files: &Files, document: &str, text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut in_block = false;
    for (index, line) in text.lines().enumerate() {
        in_block ^= line.starts_with("```");
        let quoted = line.split('`').skip(1).step_by(2).filter(|name| !in_block && is_name(name));
        let quoted = quoted.filter(|name| !exists(files, document, name));
        let links = line.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        let links = links.filter(|link| !link.is_empty() && !link.contains("://"));
        let links = links.filter(|link| !exists_at(files, &join(folder(document), link)));
        complaints.extend(quoted.chain(links).map(|name| format!("{document}:{}: there is no {name}", index + 1)));
    }
    complaints
}

/// Whether it is the name of a file or a folder of ours.
fn is_name(name: &str) -> bool {
    let file = name.rsplit_once('.').is_some_and(|(stem, ending)| !stem.is_empty() && ENDINGS.contains(&ending));
    let placeholder = name.split(['/', '.']).any(|part| part.len() > 1 && part.chars().all(|c| c.is_ascii_uppercase()));
    let folder = name.len() > 1 && name.ends_with('/');
    (file && !placeholder || folder) && !name.starts_with('/') && !name.contains(NEVER)
}

/// Whether some file or folder of ours is called so: by the end of its path, as documents name files from the folder
/// that they speak of. Documents at the root name folders from there.
fn exists(files: &Files, document: &str, name: &str) -> bool {
    let inner = format!("/{name}");
    let matches = |path: &str| match name.ends_with('/') {
        true => path.starts_with(name) || !folder(document).is_empty() && path.contains(&inner),
        false => path == name || path.ends_with(&inner),
    };
    files.keys().any(|path| matches(path))
}

fn exists_at(files: &Files, path: &str) -> bool {
    files.contains_key(path) || files.keys().any(|file| file.starts_with(&format!("{path}/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(document: &str) -> Vec<String> {
        let sources = [("a/A.md", document), ("a/src/x/y.rs", ""), ("b/z.toml", "")];
        complaints(&sources.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect())
    }

    #[test]
    fn names_are_found_from_any_folder() {
        assert_eq!(check("`a/src/x/y.rs` `x/y.rs` `y.rs` `b/` `x/` [z](../b/z.toml) [x](src/x)"), Vec::<String>::new());
    }

    #[test]
    fn dead_names_are_reported() {
        assert_eq!(
            check("\n`x/w.rs` `c/` [z](b/z.toml) `z.rs`"),
            [
                "a/A.md:2: there is no x/w.rs",
                "a/A.md:2: there is no c/",
                "a/A.md:2: there is no z.rs",
                "a/A.md:2: there is no b/z.toml"
            ]
        );
    }

    #[test]
    fn documents_at_the_root_name_folders_from_there() {
        let sources = [("A.md", "`a/` `x/` `y.rs`"), ("a/x/y.rs", "")];
        let files = sources.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect();
        assert_eq!(complaints(&files), ["A.md:1: there is no x/"]);
    }

    #[test]
    fn commands_and_placeholders_are_no_names() {
        assert_eq!(
            check("`cat x/w.rs` `FILE.toml` `/dev/w.rs` `*.rs` `http://w/` [a](https://w/x)"),
            Vec::<String>::new()
        );
        assert_eq!(check("```\n`x/w.rs`\n```\n"), Vec::<String>::new());
    }
}
