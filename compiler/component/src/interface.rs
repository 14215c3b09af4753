//! The world of a component that is a library, as plain data: what it imports and exports with the types that WIT has,
//! and by which imports and exports of the core module that it becomes.

use wasmc_abi::component::Encoding;
use wasmc_abi::preview2::ComponentFunction;

/// What a component imports and exports.
#[derive(Debug, Default)]
pub struct Interface {
    /// What its functions import of the embedder, in the order of the core module's imports.
    pub lowerings: Vec<Lowering>,
    /// What it imports.
    pub imports: Vec<Namespace>,
    /// What it exports.
    pub exports: Vec<Namespace>,
    /// The types that have names.
    pub definitions: Vec<Definition>,
    /// The resource types that cross the boundary.
    pub resources: Vec<Resource>,
    /// How handles are made and taken away; `None` where it has none.
    pub handles: Option<Handles>,
}

/// An import of the core module.
#[derive(Clone, Copy, Debug)]
pub enum Lowering {
    /// [`wasmc_abi::component::TRAP_IMPORT`].
    Trap,
    /// A function of [`Interface::imports`], by the positions of namespace and function.
    Function {
        /// Position of the namespace.
        namespace: usize,
        /// Position of the function there.
        function: usize,
        /// What it was lowered with.
        options: Options,
    },
    /// What drops a resource of the embedder's, by its position in [`Interface::resources`]: takes its representation.
    Drop(usize),
}

/// An interface, or the functions that a world has besides interfaces.
#[derive(Debug, Default)]
pub struct Namespace {
    /// Its name, with package and version; `None` for the world itself.
    pub name: Option<String>,
    /// Its functions.
    pub functions: Vec<Function>,
}

/// A function of a component.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name, as the component model spells it: `[method]blob.read`.
    pub name: String,
    /// Its parameters, by name.
    pub params: Vec<(String, Type)>,
    /// Its result.
    pub result: Option<Type>,
    /// Of an exported one, by which core function it is called; `None` of an imported one.
    pub lifted: Option<Lifted>,
    /// The function of WASI 0.2 that it is.
    pub wasi: Option<&'static ComponentFunction>,
}

/// How an exported function is called.
#[derive(Clone, Copy, Debug)]
pub struct Lifted {
    /// The number of the core function among the exports.
    pub export: usize,
    /// The number of what is called with its results when they have been read.
    pub post_return: Option<usize>,
    /// What it was lifted with.
    pub options: Options,
    /// Whether it takes handles that it has to give back before it returns.
    pub borrows: bool,
}

/// What a core function was lifted or lowered with. Numbers are those of exports.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The memory that its values lie in.
    pub memory: Option<usize>,
    /// What makes room there.
    pub realloc: Option<usize>,
    /// How strings are encoded.
    pub encoding: Encoding,
}

/// A type of values (component model, "Type Definitions").
#[allow(missing_docs, reason = "the names are those of the specification")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    Bool,
    S8,
    U8,
    S16,
    U16,
    S32,
    U32,
    S64,
    U64,
    F32,
    F64,
    Char,
    String,
    List(Box<Self>),
    Option(Box<Self>),
    Result(Option<Box<Self>>, Option<Box<Self>>),
    Tuple(Vec<Self>),
    /// One of [`Interface::definitions`].
    Defined(usize),
    Own(Handle),
    Borrow(Handle),
}

/// A type of handles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handle {
    /// Position in [`Interface::resources`].
    pub resource: usize,
    /// The table of handles, by the number that [`Handles`] want.
    pub table: u32,
}

/// A type that has a name.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The interface that names it first; `None` for the world itself.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

/// What a type is that has a name.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Fields.
    Record(Vec<(String, Type)>),
    /// Cases, some of them with a value.
    Variant(Vec<(String, Option<Type>)>),
    /// Cases without values.
    Enum(Vec<String>),
    /// Bits.
    Flags(Vec<String>),
}

/// A type of resources.
#[derive(Clone, Debug)]
pub struct Resource {
    /// The interface that it is of; `None` for the world itself.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub owner: Owner,
    /// Its number in [`wasmc_abi::preview2`], where it is one of WASI 0.2.
    pub wasi: Option<u32>,
}

/// Who defines a type of resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The embedder.
    Host,
    /// The component, with the number of the export that destroys one, by its representation, where that does anything.
    Guest(Option<usize>),
}

/// The numbers of the exports that work on handles. The first argument is the number of a table.
#[derive(Clone, Copy, Debug)]
pub struct Handles {
    /// `(table, representation) -> handle`: gives the component a resource.
    pub own: usize,
    /// `(table, representation) -> handle`: lends it one for the present call; returns the representation where the
    /// component instance defines the resource.
    pub borrow: usize,
    /// `(table, handle) -> representation`: takes a resource from it.
    pub take: usize,
    /// `(table, handle) -> representation`: borrows one from it.
    pub representation: usize,
    /// `()`: begins a call that borrows.
    pub enter: usize,
    /// `()`: ends it.
    pub exit: usize,
}
