//! Components from core modules that import functions of WASI 0.2, by the rows of these functions.
//!
//! A module imports each function by the name of its interface without version, and by its name there; and memory and
//! `realloc` from `libc`. Nothing but the rows says of what types the functions are.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use wasmc_abi::preview2;

/// The version that the components import.
const VERSION: &str = "0.2.6";

/// A type, parsed from a row's text.
enum Type {
    Primitive(String),
    /// `list`, `option` or `tuple`.
    Generic(String, Vec<Type>),
    Result(Option<Box<Type>>, Option<Box<Type>>),
    /// `record` or `variant`: fields or cases.
    Fields(String, Vec<(String, Option<Type>)>),
    /// `enum` or `flags`.
    Names(String, Vec<String>),
    /// `own` or `borrow`, of a resource by interface and name.
    Handle(String, (String, String)),
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn eat(&mut self, text: &str) -> bool {
        let rest = self.rest.trim_start();
        let Some(rest) = rest.strip_prefix(text) else { return false };
        self.rest = rest;
        true
    }

    fn word(&mut self) -> String {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|character: char| !character.is_ascii_alphanumeric() && !"-:/#_".contains(character));
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        word.to_owned()
    }

    fn list<T>(&mut self, close: &str, mut item: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let mut items = Vec::new();
        while !self.eat(close) {
            items.push(item(self));
            self.eat(",");
        }
        items
    }

    fn ty(&mut self) -> Type {
        let word = self.word();
        match word.as_str() {
            "list" | "option" | "tuple" => {
                assert!(self.eat("<"));
                Type::Generic(word, self.list(">", Self::ty))
            }
            "result" if self.eat("<") => {
                let mut parts =
                    self.list(">", |parser| if parser.eat("_") { None } else { Some(Box::new(parser.ty())) });
                parts.resize_with(2, || None);
                let err = parts.pop().flatten();
                Type::Result(parts.pop().flatten(), err)
            }
            "result" => Type::Result(None, None),
            "record" | "variant" => {
                assert!(self.eat("{"));
                Type::Fields(word, self.list("}", Self::field))
            }
            "enum" | "flags" => {
                assert!(self.eat("{"));
                Type::Names(word, self.list("}", Self::word))
            }
            "own" | "borrow" => {
                assert!(self.eat("<"));
                let name = self.word();
                assert!(self.eat(">"));
                let (interface, name) = name.split_once('#').expect("a resource of an interface");
                Type::Handle(word, (interface.into(), name.into()))
            }
            _ => Type::Primitive(word),
        }
    }

    /// `name: T` of a record or a parameter, `name` or `name(T)` of a variant.
    fn field(&mut self) -> (String, Option<Type>) {
        self.rest = self.rest.trim_start();
        let end = self.rest.find([':', '(', ',', '}', ')']).expect("a field ends");
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        let ty = if self.eat(":") {
            Some(self.ty())
        } else if self.eat("(") {
            let ty = self.ty();
            assert!(self.eat(")"));
            Some(ty)
        } else {
            None
        };
        (name.to_owned(), ty)
    }
}

/// Parameters and result of a function.
fn parse(text: &str) -> (Vec<(String, Option<Type>)>, Option<Type>) {
    let mut parser = Parser { rest: text };
    assert!(parser.eat("("), "{text}");
    let params = parser.list(")", Parser::field);
    let result = parser.eat("->").then(|| parser.ty());
    assert!(parser.rest.trim().is_empty(), "{text}");
    (params, result)
}

fn resources(ty: &Type, found: &mut BTreeSet<(String, String)>) {
    match ty {
        Type::Primitive(_) | Type::Names(..) => {}
        Type::Generic(_, types) => types.iter().for_each(|ty| resources(ty, found)),
        Type::Result(ok, err) => [ok, err].into_iter().flatten().for_each(|ty| resources(ty, found)),
        Type::Fields(_, fields) => fields.iter().flat_map(|(_, ty)| ty).for_each(|ty| resources(ty, found)),
        Type::Handle(_, resource) => drop(found.insert(resource.clone())),
    }
}

/// An identifier.
fn symbol(name: &str) -> String {
    format!("${}", name.replace(|character: char| !character.is_ascii_alphanumeric(), "_"))
}

fn resource_symbol((interface, name): &(String, String)) -> String {
    symbol(&format!("{interface}#{name}"))
}

/// Writes the type of an instance; types that need names get some.
struct Writer {
    text: String,
    types: usize,
}

impl Writer {
    /// The text of a type, after definitions that it needs.
    fn ty(&mut self, ty: &Type) -> String {
        match ty {
            Type::Primitive(name) => name.clone(),
            Type::Generic(name, types) => {
                let types: Vec<String> = types.iter().map(|ty| self.ty(ty)).collect();
                format!("({name} {})", types.join(" "))
            }
            Type::Result(ok, err) => {
                let ok = ok.as_ref().map_or(String::new(), |ty| format!(" {}", self.ty(ty)));
                let err = err.as_ref().map_or(String::new(), |ty| format!(" (error {})", self.ty(ty)));
                format!("(result{ok}{err})")
            }
            Type::Fields(kind, fields) => {
                let item = if kind == "record" { "field" } else { "case" };
                let mut text = format!("({kind}");
                for (name, ty) in fields {
                    let ty = ty.as_ref().map_or(String::new(), |ty| format!(" {}", self.ty(ty)));
                    write!(text, " ({item} {name:?}{ty})").unwrap();
                }
                self.named(&(text + ")"))
            }
            Type::Names(kind, names) => {
                let names: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
                self.named(&format!("({kind} {})", names.join(" ")))
            }
            Type::Handle(kind, resource) => format!("({kind} {}_)", resource_symbol(resource)),
        }
    }

    fn named(&mut self, definition: &str) -> String {
        self.types += 1;
        let name = format!("type{}", self.types);
        writeln!(self.text, "(type ${name}_ {definition}) (export {name:?} (type ${name} (eq ${name}_)))").unwrap();
        format!("${name}")
    }
}

/// The functions that a module imports: interface and name.
fn imports(module: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for import in module.split("(import \"").skip(1) {
        let mut strings = import.split('"');
        let (interface, name) = (strings.next().unwrap(), strings.nth(1).unwrap());
        let import = (interface.to_owned(), name.to_owned());
        if interface.starts_with("wasi:") && !found.contains(&import) {
            found.push(import);
        }
    }
    found
}

/// Imports of an interface, after those of the interfaces whose resources its functions have.
fn import_interface(interface: &str, functions: &[(String, String)], text: &mut String, done: &mut Vec<String>) {
    if done.iter().any(|name| name == interface) {
        return;
    }
    done.push(interface.to_owned());
    let of_interface: Vec<&str> =
        functions.iter().filter(|(of, _)| of == interface).map(|(_, name)| name.as_str()).collect();
    let mut used = BTreeSet::new();
    for (of, name) in functions {
        let row = preview2::find(of, name).unwrap_or_else(|| panic!("{of} has no {name}"));
        let (params, result) = parse(row.ty);
        let types = params.iter().flat_map(|(_, ty)| ty).chain(&result);
        let mut found = BTreeSet::new();
        types.for_each(|ty| resources(ty, &mut found));
        // Of other interfaces' functions, only what this one defines.
        used.extend(found.into_iter().filter(|resource| of == interface || resource.0 == interface));
    }
    for (of, _) in used.iter().filter(|(of, _)| of != interface) {
        import_interface(of, functions, text, done);
    }
    let mut writer = Writer { text: String::new(), types: 0 };
    for resource in &used {
        let symbol = resource_symbol(resource);
        if resource.0 == interface {
            writeln!(writer.text, "(export {:?} (type {symbol}_ (sub resource)))", resource.1).unwrap();
        } else {
            writeln!(writer.text, "(alias outer $component {symbol} (type {symbol}__))").unwrap();
            writeln!(writer.text, "(export {:?} (type {symbol}_ (eq {symbol}__)))", resource.1).unwrap();
        }
    }
    for name in of_interface.iter().filter(|name| !name.starts_with("[resource-drop]")) {
        let (params, result) = parse(preview2::find(interface, name).unwrap().ty);
        let mut signature = String::new();
        for (param, ty) in &params {
            let ty = writer.ty(ty.as_ref().unwrap());
            write!(signature, " (param {param:?} {ty})").unwrap();
        }
        if let Some(result) = &result {
            let ty = writer.ty(result);
            write!(signature, " (result {ty})").unwrap();
        }
        writeln!(writer.text, "(export {name:?} (func{signature}))").unwrap();
    }
    let instance = symbol(interface);
    writeln!(text, "(import \"{interface}@{VERSION}\" (instance {instance}\n{}))", writer.text).unwrap();
    for resource in used.iter().filter(|(of, _)| of == interface) {
        writeln!(text, "(alias export {instance} {:?} (type {}))", resource.1, resource_symbol(resource)).unwrap();
    }
}

/// The component of a core module.
pub fn component(module: &str, encoding: &str) -> String {
    let functions = imports(module);
    let mut text = String::from("(component $component\n");
    let mut done = Vec::new();
    for (interface, _) in &functions {
        import_interface(interface, &functions, &mut text, &mut done);
    }
    text.push_str(LIBC);
    let mut instances: Vec<(String, String)> = Vec::new();
    for (index, (interface, name)) in functions.iter().enumerate() {
        let instance = symbol(interface);
        match name.strip_prefix("[resource-drop]") {
            Some(resource) => {
                let resource = resource_symbol(&(interface.clone(), resource.into()));
                writeln!(text, "(core func $f{index} (canon resource.drop {resource}))").unwrap();
            }
            None => writeln!(
                text,
                "(core func $f{index} (canon lower (func {instance} {name:?}) (memory (core memory $libc \"memory\")) \
                 (realloc (core func $libc \"realloc\")) string-encoding={encoding}))"
            )
            .unwrap(),
        }
        let export = format!("(export {name:?} (func $f{index}))");
        match instances.iter_mut().find(|(of, _)| of == interface) {
            Some((_, exports)) => exports.push_str(&export),
            None => instances.push((interface.clone(), export)),
        }
    }
    let named = module.replacen("(module", "(core module $module", 1);
    writeln!(text, "{named}\n(core instance $core (instantiate $module (with \"libc\" (instance $libc))").unwrap();
    for (interface, exports) in &instances {
        writeln!(text, "(with {interface:?} (instance {exports}))").unwrap();
    }
    text.push_str("))\n");
    writeln!(text, "{RUN}\n(export \"wasi:cli/run@{VERSION}\" (instance $exported)))").unwrap();
    text
}

/// Memory, and room in it that is never given back. The first 64 KiB are the module's own.
const LIBC: &str = r#"
(core module $libc
  (memory (export "memory") 32)
  (global $next (mut i32) (i32.const 65536))
  (global $count (mut i32) (i32.const 0))
  (func (export "allocations") (result i32) (global.get $count))
  (func (export "realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (local.set $at (i32.and
      (i32.add (global.get $next) (i32.sub (local.get 2) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get 2))))
    (global.set $next (i32.add (local.get $at) (local.get 3)))
    (local.get $at)))
(core instance $libc (instantiate $libc))
"#;

/// What makes the function `run` of the module that of the program.
const RUN: &str = r#"
(func $run (result (result)) (canon lift (core func $core "run")))
(component $shape
  (import "run" (func $run (result (result))))
  (export "run" (func $run)))
(instance $exported (instantiate $shape (with "run" (func $run))))
"#;
