//! The modules of a crate, and which of them each path in the source leads to.
//!
//! Paths are followed as the language does it: through `crate`, `self`, `super`, names that `use` brings in, and globs.
//! What they lead to is the module that defines a thing, not the one that exports it again. What macros generate stays
//! unknown: such a path leads to the last module that was found.

use crate::files::{Files, folder, join};
use crate::tokens::{Kind, Token, tokens};
use std::collections::BTreeSet;

/// Index of a module in [`Crate::modules`].
pub type Id = usize;

/// A name that `use` brings in; all names where it is a glob.
#[derive(Debug)]
struct Import {
    name: Option<String>,
    path: Vec<String>,
    /// Whether modules other than its own and those inside see the name.
    public: bool,
}

/// A path in the source, and its line.
#[derive(Debug)]
pub struct Mention {
    pub path: Vec<String>,
    pub line: usize,
}

/// A module: a file, or a block in one.
#[derive(Debug)]
pub struct Module {
    pub name: String,
    pub file: String,
    pub parent: Option<Id>,
    pub children: Vec<Id>,
    /// Whether it is compiled for tests alone.
    pub test: bool,
    pub mentions: Vec<Mention>,
    imports: Vec<Import>,
    items: BTreeSet<String>,
}

/// A tree of modules.
#[derive(Debug)]
pub struct Crate {
    /// The root is the first.
    pub modules: Vec<Module>,
}

/// The root.
pub const ROOT: Id = 0;

/// Names of a path at most. `use name::name;` of another crate makes it longer each time that the name is looked up.
const LONGEST_PATH: usize = 16;

/// A path that is being followed.
#[derive(Debug)]
struct Search {
    /// The module in which it stands.
    asking: Id,
    /// What has been looked up where: names may stand for each other in circles.
    seen: BTreeSet<(Id, Vec<String>)>,
    found: BTreeSet<Id>,
}

impl Crate {
    /// Reads the crate whose root is the file `root`.
    pub fn read(files: &Files, root: &str) -> Self {
        let mut krate = Self { modules: Vec::new() };
        krate.add_file(files, None, String::new(), root, folder(root), false);
        krate
    }

    /// The modules from the root to `id`, both included.
    pub fn chain(&self, id: Id) -> Vec<Id> {
        let mut chain: Vec<Id> = std::iter::successors(Some(id), |&id| self.modules[id].parent).collect();
        chain.reverse();
        chain
    }

    /// The modules that a path in module `from` leads to: none where it leads out of the crate, several where a module
    /// has several files, one for each system.
    pub fn resolve(&self, from: Id, path: &[String]) -> BTreeSet<Id> {
        let mut search = Search { asking: from, seen: BTreeSet::new(), found: BTreeSet::new() };
        self.follow(&mut search, from, path);
        search.found
    }

    /// Follows a path that stands in module `at`.
    fn follow(&self, search: &mut Search, mut at: Id, path: &[String]) {
        for (index, name) in path.iter().enumerate() {
            match name.as_str() {
                "crate" => at = ROOT,
                "self" => {}
                "super" => at = self.modules[at].parent.unwrap_or(ROOT),
                _ => {
                    let known = self.descend(search, at, &path[index..], at);
                    // A first name that nobody knows is that of another crate.
                    if !known && index > 0 {
                        search.found.insert(at);
                    }
                    return;
                }
            }
        }
        search.found.insert(at);
    }

    /// Follows the rest of a path, whose first name is looked up in `at`, as module `from` sees it; `false` where it is
    /// not there.
    fn descend(&self, search: &mut Search, at: Id, path: &[String], from: Id) -> bool {
        let Some((name, rest)) = path.split_first() else {
            search.found.insert(at);
            return true;
        };
        if path.len() > LONGEST_PATH || !search.seen.insert((at, path.to_vec())) {
            return false;
        }
        let module = &self.modules[at];
        let children = self.children(search.asking, at, name);
        if !children.is_empty() {
            for child in children {
                if !self.descend(search, child, rest, from) {
                    search.found.insert(child);
                }
            }
            return true;
        }
        let inside = self.chain(from).contains(&at);
        let mut visible = module.imports.iter().filter(|import| import.public || inside);
        if let Some(import) = visible.clone().find(|import| import.name.as_ref() == Some(name)) {
            let path: Vec<String> = import.path.iter().chain(rest).cloned().collect();
            self.follow(search, at, &path);
            return true;
        }
        if module.items.contains(name) {
            search.found.insert(at);
            return true;
        }
        visible.any(|import| import.name.is_none() && self.in_glob(search, at, import, path))
    }

    /// Follows a path through the glob of module `at`; `false` where what it brings in does not have the path's first
    /// name.
    fn in_glob(&self, search: &mut Search, at: Id, glob: &Import, path: &[String]) -> bool {
        let mut targets = Search { asking: search.asking, seen: search.seen.clone(), found: BTreeSet::new() };
        self.follow(&mut targets, at, &glob.path);
        let targets = targets.found.into_iter().filter(|&target| target != at);
        let mut is_known = false;
        for target in targets {
            // All of them: where a module has several files, each may have the name.
            is_known |= self.descend(search, target, path, at);
        }
        is_known
    }

    /// The children called `name`: those on the way to `asking`, where there are any.
    fn children(&self, asking: Id, at: Id, name: &str) -> Vec<Id> {
        let named = |id: &&Id| self.modules[**id].name == name;
        let children: Vec<Id> = self.modules[at].children.iter().filter(named).copied().collect();
        let chain = self.chain(asking);
        match children.iter().find(|child| chain.contains(child)) {
            Some(&around) => vec![around],
            None => children,
        }
    }

    fn add_file(&mut self, files: &Files, parent: Option<Id>, name: String, file: &str, inside: &str, test: bool) {
        let Some(source) = files.get(file) else { return };
        let id = self.add(parent, name, file, test);
        let tokens = tokens(source);
        Reader { files, krate: self, tokens: &tokens, at: 0 }.module(id, inside);
    }

    fn add(&mut self, parent: Option<Id>, name: String, file: &str, test: bool) -> Id {
        let id = self.modules.len();
        let test = test || parent.is_some_and(|parent| self.modules[parent].test);
        let file = file.to_string();
        let (children, mentions, imports, items) = Default::default();
        self.modules.push(Module { name, file, parent, children, test, mentions, imports, items });
        if let Some(parent) = parent {
            self.modules[parent].children.push(id);
        }
        id
    }
}

/// What the attributes before an item say.
#[derive(Default)]
struct Attributes {
    test: bool,
    path: Option<String>,
}

/// Reads the tokens of a file.
struct Reader<'a> {
    files: &'a Files,
    krate: &'a mut Crate,
    tokens: &'a [Token<'a>],
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self, ahead: usize) -> Option<Token<'a>> {
        self.tokens.get(self.at + ahead).copied()
    }

    fn next_is(&self, ahead: usize, text: &str) -> bool {
        self.peek(ahead).is_some_and(|token| token.is(text))
    }

    fn next_word(&self, ahead: usize) -> Option<&'a str> {
        self.peek(ahead).filter(|token| token.kind == Kind::Word).map(|token| token.text)
    }

    /// Reads a module to the brace that closes it, or to the end of the file. The files of its children lie in
    /// `inside`.
    fn module(&mut self, id: Id, inside: &str) {
        let mut depth = 0;
        let mut attributes = Attributes::default();
        while let Some(token) = self.peek(0) {
            match token.text {
                _ if token.kind == Kind::Text => self.at += 1,
                "#" if self.next_is(1, "[") => {
                    self.attribute(&mut attributes);
                    self.at += 2;
                }
                "}" if depth == 0 => {
                    self.at += 1;
                    return;
                }
                "mod" if self.next_word(1).is_some() => self.child(id, inside, std::mem::take(&mut attributes)),
                "use" if !self.next_is(1, "<") => self.use_declaration(id),
                "pub" if self.next_is(1, "(") => self.visibility(),
                "{" | "}" | ";" => {
                    depth = if token.is("{") { depth + 1 } else { depth - usize::from(token.is("}")) };
                    attributes = Attributes::default();
                    self.at += 1;
                }
                _ if token.kind == Kind::Word => self.word(id, depth),
                _ => self.at += 1,
            }
        }
    }

    /// Looks at the attribute that starts here; what it mentions is read later as everything else.
    fn attribute(&self, attributes: &mut Attributes) {
        let rest = &self.tokens[self.at + 2..];
        attributes.test |= rest.len() > 3 && rest[0].is("cfg") && rest[1].is("(") && rest[2].is("test");
        if rest.len() > 3 && rest[0].is("path") && rest[1].is("=") {
            attributes.path = Some(rest[2].text.to_string());
        }
    }

    /// `pub(in path)`: names a module, but uses nothing of it.
    fn visibility(&mut self) {
        while self.peek(0).is_some_and(|token| !token.is(")")) {
            self.at += 1;
        }
    }

    fn child(&mut self, parent: Id, inside: &str, attributes: Attributes) {
        let name = self.next_word(1).unwrap_or_default().to_string();
        let file = self.krate.modules[parent].file.clone();
        self.at += 2;
        if self.next_is(0, "{") {
            self.at += 1;
            let id = self.krate.add(Some(parent), name.clone(), &file, attributes.test);
            return self.module(id, &format!("{inside}{name}/"));
        }
        let places = match attributes.path {
            Some(path) => vec![join(folder(&file), &path)],
            None => vec![format!("{inside}{name}.rs"), format!("{inside}{name}/mod.rs")],
        };
        let place = places.into_iter().find(|place| self.files.contains_key(place));
        if let Some(place) = place {
            let inside = if place.ends_with("/mod.rs") { folder(&place).into() } else { format!("{inside}{name}/") };
            self.krate.add_file(self.files, Some(parent), name, &place, &inside, attributes.test);
        }
    }

    fn use_declaration(&mut self, id: Id) {
        let before = self.at.checked_sub(1).map(|before| self.tokens[before]);
        // `pub`, or the end of `pub(crate)`.
        let public = before.is_some_and(|token| token.is("pub") || token.is(")"));
        self.at += 1 + usize::from(self.next_is(1, "::"));
        self.use_tree(id, &[], public);
    }

    /// One tree of a `use` declaration: names, then nothing, a new name, a glob or a group of trees.
    fn use_tree(&mut self, id: Id, prefix: &[String], public: bool) {
        let mut path = prefix.to_vec();
        let line = self.peek(0).map_or(0, |token| token.line);
        let mut name = None;
        while let Some(token) = self.peek(0) {
            match token.text {
                "::" => self.at += 1,
                "{" => return self.use_group(id, &path, public),
                "*" => {
                    self.at += 1;
                    return self.bring_in(id, Import { name: None, path, public }, line);
                }
                "as" => {
                    name = self.next_word(1).map(String::from);
                    self.at += 2;
                }
                // `{self}` is the module before the group.
                "self" if !prefix.is_empty() => self.at += 1,
                word if token.kind == Kind::Word => {
                    path.push(word.to_string());
                    self.at += 1;
                }
                _ => break,
            }
        }
        let name = name.or_else(|| path.last().cloned());
        if name.is_some() {
            self.bring_in(id, Import { name, path, public }, line);
        }
    }

    fn use_group(&mut self, id: Id, prefix: &[String], public: bool) {
        self.at += 1;
        while self.peek(0).is_some_and(|token| !token.is("}")) {
            if self.next_is(0, ",") {
                self.at += 1;
            } else {
                let before = self.at;
                self.use_tree(id, prefix, public);
                // A token that belongs to no tree.
                self.at += usize::from(self.at == before);
            }
        }
        self.at += 1;
    }

    fn bring_in(&mut self, id: Id, import: Import, line: usize) {
        let module = &mut self.krate.modules[id];
        module.mentions.push(Mention { path: import.path.clone(), line });
        module.imports.push(import);
    }

    /// A word among the others: the keyword before an item's name, or the first of a path.
    fn word(&mut self, id: Id, depth: usize) {
        const ITEMS: [&str; 9] = ["fn", "struct", "enum", "union", "trait", "type", "const", "static", "mut"];
        let module = &mut self.krate.modules[id];
        let first = self.tokens[self.at];
        self.at += 1;
        if depth == 0 && ITEMS.contains(&first.text) {
            let name = self.tokens.get(self.at).filter(|token| token.kind == Kind::Word);
            module.items.extend(name.map(|token| token.text.to_string()));
        } else if depth == 0 && first.is("macro_rules") {
            module.items.extend(self.tokens.get(self.at + 1).map(|token| token.text.to_string()));
        }
        let mut path = vec![first.text.to_string()];
        while let [colons, word, ..] = &self.tokens[self.at..]
            && colons.is("::")
            && word.kind == Kind::Word
        {
            path.push(word.text.to_string());
            self.at += 2;
        }
        if path.len() > 1 {
            module.mentions.push(Mention { path, line: first.line });
        }
    }
}
