//! What a program is made of: functions that one component exports and another calls, and what they are called with.

use crate::wast::components::types::{FunctionType, Type};
use crate::wast::components::values::{Encoding, Value};

/// A program.
#[derive(Clone, Debug)]
pub struct Case {
    /// The functions, each of which is called once, in order.
    pub functions: Vec<Function>,
    /// How many components pass values on between caller and callee.
    pub relays: usize,
    /// Whether `realloc` moves what becomes smaller.
    pub moves: bool,
    /// What is wrong with the last call.
    pub lie: Option<Lie>,
}

/// What is wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lie {
    /// A value that is passed or returned is none of the type.
    Value(Kind),
    /// The address of the parameters.
    Params(Address),
    /// The address that the caller gives for the result.
    Result(Address),
    /// The address of the result that the callee returns.
    Returned(Address),
    /// Room that the caller makes for results, or else the callee for parameters.
    Room(Address, bool),
    /// Somebody between keeps a handle that is only lent.
    KeepsBorrow,
    /// The caller passes the first handle as the last one, too; one of them is to be given away.
    PassesTwice,
    /// The callee returns the first handle as the last one, too.
    ReturnsTwice,
    /// The caller drops a handle that it has given away.
    DropsTwice,
}

/// What an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Address {
    /// Not aligned.
    Unaligned,
    /// Beyond the end of the memory.
    Outside,
}

/// What a value is that is none of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names of what is wrong")]
pub enum Kind {
    Character,
    Case,
    TextUnits,
    TextRange,
    ListRange,
    Handle,
}

/// A function, and its call.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its type.
    pub ty: FunctionType,
    /// What it is called with.
    pub args: Vec<Value>,
    /// What it returns.
    pub result: Option<Value>,
    /// How strings are encoded: in the caller, in those between, and in the callee.
    pub encodings: Vec<Encoding>,
    /// Whether the callee has a function that is called after it has returned.
    pub has_post_return: bool,
}

impl Function {
    fn types(&self) -> impl Iterator<Item = &Type> {
        self.ty.params.iter().chain(&self.ty.result)
    }

    /// Whether it takes or returns handles.
    pub fn has_handles(&self) -> bool {
        self.types().any(|ty| ty.holds(&|ty| matches!(ty, Type::Own | Type::Borrow)))
    }

    /// Whether it takes handles that it must give back.
    pub fn borrows(&self) -> bool {
        self.types().any(|ty| ty.holds(&|ty| *ty == Type::Borrow))
    }
}

impl Case {
    /// Whether there is a resource.
    pub fn has_resource(&self) -> bool {
        self.functions.iter().any(Function::has_handles)
    }

    /// The last function and what is wrong with its call, where `index` is its number.
    pub fn lie_of(&self, index: usize) -> Option<Lie> {
        self.lie.filter(|_| index + 1 == self.functions.len())
    }

    /// The sum of the representations of all resources: each is dropped once.
    pub fn representations(&self) -> u32 {
        let values = self.functions.iter().flat_map(|function| function.args.iter().chain(&function.result));
        values.map(representations).fold(0, u32::wrapping_add)
    }
}

fn representations(value: &Value) -> u32 {
    match value {
        Value::Handle(representation) => *representation,
        Value::List(values) | Value::Record(values) => values.iter().map(representations).fold(0, u32::wrapping_add),
        Value::Case(_, Some(value)) => representations(value),
        _ => 0,
    }
}
