//! The crates of the repository, by their manifests.

use crate::arrows::Arrow;
use crate::files::Files;
use std::collections::BTreeMap;

/// A package.
#[derive(Debug)]
pub struct Package {
    /// The last folder of its path: what the order of crates calls it.
    pub name: String,
    /// Root files of its libraries and programs; the order of its rooms is about the first.
    pub roots: Vec<String>,
    /// The manifest's lines on packages that it depends on, by their names in the registry.
    dependencies: BTreeMap<String, Arrow>,
    /// Its name in the registry.
    published: String,
}

/// The packages of the repository.
pub fn packages(files: &Files) -> Vec<Package> {
    list(&files["Cargo.toml"], "members").into_iter().map(|member| package(files, &member)).collect()
}

/// The strings of the list `key = [ ... ]`.
fn list(manifest: &str, key: &str) -> Vec<String> {
    let start = manifest.find(&format!("\n{key} = [")).map_or(manifest.len(), |start| start);
    let list = manifest[start..].split(']').next().unwrap_or_default();
    list.split('"').skip(1).step_by(2).map(String::from).collect()
}

fn package(files: &Files, member: &str) -> Package {
    let manifest = format!("{member}/Cargo.toml");
    let text = files.get(&manifest).unwrap_or_else(|| panic!("{manifest} is missing"));
    let named = text.lines().filter_map(|line| line.strip_prefix("path = \""));
    let named = named.map(|path| format!("{member}/{}", path.trim_end_matches('"')));
    let usual = ["src/lib.rs", "src/main.rs", "build.rs"].map(|path| format!("{member}/{path}"));
    let roots = usual.into_iter().chain(named).filter(|path| files.contains_key(path)).collect();
    let name = text.lines().find_map(|line| line.strip_prefix("name = \"")).unwrap_or_default();
    Package {
        name: member.rsplit('/').next().unwrap_or_default().to_string(),
        roots,
        dependencies: dependencies(&manifest, text),
        published: name.trim_end_matches('"').to_string(),
    }
}

/// The lines on dependencies, but for those of tests alone.
fn dependencies(manifest: &str, text: &str) -> BTreeMap<String, Arrow> {
    let mut found = BTreeMap::new();
    let mut inside = false;
    for (index, line) in text.lines().enumerate() {
        if let Some(section) = line.strip_prefix('[') {
            inside = section.ends_with("dependencies]") && !section.contains("dev-");
        } else if let Some((name, _)) = line.split_once(['.', ' ', '=']).filter(|_| inside) {
            let arrow = Arrow { file: manifest.to_string(), line: index + 1, used: name.to_string() };
            found.insert(name.to_string(), arrow);
        }
    }
    found
}

/// The arrows between packages, by their names.
pub fn arrows(packages: &[Package]) -> impl Iterator<Item = (&str, &str, &Arrow)> {
    packages.iter().flat_map(move |from| {
        packages
            .iter()
            .filter_map(move |to| Some((from.name.as_str(), to.name.as_str(), from.dependencies.get(&to.published)?)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository() -> Files {
        let sources = [
            ("Cargo.toml", "[workspace]\nmembers = [\n    \"k/a\",\n    \"k/b\",\n    \"r\",\n]\nexclude = [\"c\"]\n"),
            (
                "k/a/Cargo.toml",
                "[package]\nname = \"w-a\"\n[[bin]]\npath = \"p/main.rs\"\n[dependencies]\nw-b.workspace = true\n\
                 [dev-dependencies]\nw-r = \"1\"\n",
            ),
            ("k/a/p/main.rs", ""),
            ("k/a/src/lib.rs", ""),
            ("k/b/Cargo.toml", "[package]\nname = \"w-b\"\n"),
            ("k/b/src/lib.rs", ""),
            ("r/Cargo.toml", "[package]\nname = \"w-r\"\n[dependencies]\nw-b = { path = \"../k/b\" }\n"),
        ];
        sources.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect()
    }

    #[test]
    fn members_and_their_roots_are_found() {
        let packages = packages(&repository());
        assert_eq!(packages.iter().map(|package| package.name.as_str()).collect::<Vec<_>>(), ["a", "b", "r"]);
        assert_eq!(packages[0].roots, ["k/a/src/lib.rs", "k/a/p/main.rs"]);
    }

    #[test]
    fn manifests_hold_the_arrows_between_crates() {
        let packages = packages(&repository());
        let arrows: Vec<_> = arrows(&packages).map(|(from, to, arrow)| (from, to, arrow.line)).collect();
        assert_eq!(arrows, [("a", "b", 6), ("r", "b", 4)]);
    }
}
