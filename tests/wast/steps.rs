//! A script's text to steps. Modules are in binary format from here on, as the compiler's front end reads them.

use wasmc_abi::trap::TrapCode;
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::token::{Id, Span};
use wast::{QuoteWat, QuoteWatTest, Wast, WastArg, WastDirective, WastExecute, WastInvoke, WastRet, Wat};

/// What becomes of an exception that nothing catches.
const UNCAUGHT: &str = TrapCode::UncaughtException.message();

/// A module of a script in binary format, or why it has none.
pub type Binary = Result<Vec<u8>, String>;

/// A directive and its line.
pub struct Step<'a> {
    /// Line of the script, from 1.
    pub line: usize,
    /// What it demands.
    pub directive: Directive<'a>,
}

impl Step<'_> {
    /// Whether the directive is one of the suite's assertions, as opposed to what sets them up.
    pub fn is_assertion(&self) -> bool {
        !matches!(
            self.directive,
            Directive::Module(..)
                | Directive::Definition(..)
                | Directive::Instance(..)
                | Directive::Register(..)
                | Directive::Action(_)
                | Directive::Thread(..)
                | Directive::ThreadEnd
                | Directive::Wait(_)
        )
    }
}

/// What a script demands.
pub enum Directive<'a> {
    /// A module is instantiated, and known by a name.
    Module(Option<&'a str>, Binary),
    /// A module is valid, and known by a name.
    Definition(Option<&'a str>, Binary),
    /// A new instance of a module: the instance's name, the module's.
    Instance(Option<&'a str>, Option<&'a str>),
    /// An instance is importable under a name.
    Register(&'a str, Option<&'a str>),
    /// Something is executed, and does not trap.
    Action(Execute<'a>),
    /// Something is executed and has these results.
    Return(Execute<'a>, Vec<WastRet<'a>>),
    /// Something is executed and traps for this reason.
    Trap(Execute<'a>, &'a str),
    /// A module is not valid, or not even well-formed.
    Refuse(Binary),
    /// A module cannot be instantiated.
    Unlinkable(Binary),
    /// The directives up to the next [`Directive::ThreadEnd`] are those of a thread with this name, which knows no
    /// instance but the one shared.
    Thread(&'a str, Option<&'a str>),
    /// The thread's directives end.
    ThreadEnd,
    /// The script goes on when the thread has ended.
    Wait(&'a str),
    /// What is not tested, and why.
    Skip(&'static str),
}

/// What can be executed.
pub enum Execute<'a> {
    /// A call of an exported function.
    Invoke {
        /// The instance, by default the latest.
        instance: Option<&'a str>,
        /// Name of the export.
        name: &'a str,
        /// Arguments.
        args: Vec<WastArg<'a>>,
    },
    /// The value of an exported global.
    Get {
        /// The instance, by default the latest.
        instance: Option<&'a str>,
        /// Name of the export.
        name: &'a str,
    },
    /// The instantiation of a module.
    Module(Binary),
}

/// Calls `then` with the steps of a script.
///
/// # Errors
/// Where the script is malformed.
pub fn with_steps<R>(text: &str, then: impl FnOnce(&[Step<'_>]) -> R) -> Result<R, String> {
    let describe = |mut error: wast::Error| {
        error.set_text(text);
        error.to_string()
    };
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer).map_err(describe)?;
    let script: Wast<'_> = parser::parse(&buffer).map_err(describe)?;
    let line = |span: Span| span.linecol_in(text).0 + 1;
    let mut steps = Vec::new();
    add_steps(script.directives, &line, &mut steps);
    Ok(then(&steps))
}

fn add_steps<'a>(directives: Vec<WastDirective<'a>>, line: &impl Fn(Span) -> usize, steps: &mut Vec<Step<'a>>) {
    for directive in directives {
        let line_of_this = line(directive.span());
        let mut step = |directive| steps.push(Step { line: line_of_this, directive });
        match directive {
            WastDirective::Thread(thread) => {
                step(Directive::Thread(thread.name.name(), name(thread.shared_module)));
                add_steps(thread.directives, line, steps);
                steps.push(Step { line: line_of_this, directive: Directive::ThreadEnd });
            }
            directive => step(convert(directive)),
        }
    }
}

fn convert(directive: WastDirective<'_>) -> Directive<'_> {
    match directive {
        WastDirective::Module(module) => Directive::Module(name(module.name()), quoted(module)),
        WastDirective::ModuleDefinition(module) => Directive::Definition(name(module.name()), quoted(module)),
        WastDirective::ModuleInstance { instance, module, .. } => Directive::Instance(name(instance), name(module)),
        WastDirective::Register { name: as_name, module, .. } => Directive::Register(as_name, name(module)),
        WastDirective::Invoke(call) => Directive::Action(invoke(call)),
        WastDirective::AssertReturn { exec, results, .. } => Directive::Return(execute(exec), results),
        WastDirective::AssertTrap { exec, message, .. } => Directive::Trap(execute(exec), message),
        WastDirective::AssertExhaustion { call, message, .. } => Directive::Trap(invoke(call), message),
        WastDirective::AssertMalformed { module, .. }
        | WastDirective::AssertInvalid { module, .. }
        | WastDirective::AssertMalformedCustom { module, .. }
        | WastDirective::AssertInvalidCustom { module, .. } => Directive::Refuse(quoted(module)),
        WastDirective::AssertUnlinkable { module, .. } => Directive::Unlinkable(quoted(QuoteWat::Wat(module))),
        WastDirective::AssertException { exec, .. } => Directive::Trap(execute(exec), UNCAUGHT),
        WastDirective::AssertSuspension { .. } => Directive::Skip("feature stack-switching not supported"),
        WastDirective::Wait { thread, .. } => Directive::Wait(thread.name()),
        WastDirective::Thread(_) => unreachable!("the directives of threads are steps of their own"),
    }
}

fn name(id: Option<Id<'_>>) -> Option<&str> {
    id.map(|id| id.name())
}

fn execute(exec: WastExecute<'_>) -> Execute<'_> {
    match exec {
        WastExecute::Invoke(call) => invoke(call),
        WastExecute::Get { module, global, .. } => Execute::Get { instance: name(module), name: global },
        WastExecute::Wat(module) => Execute::Module(quoted(QuoteWat::Wat(module))),
    }
}

fn invoke(call: WastInvoke<'_>) -> Execute<'_> {
    Execute::Invoke { instance: name(call.module), name: call.name, args: call.args }
}

/// A module in binary format; text goes through the compiler's front end, so that its text parser is tested too.
fn quoted(mut module: QuoteWat<'_>) -> Binary {
    if let QuoteWat::Wat(Wat::Component(_)) | QuoteWat::QuoteComponent(..) = module {
        return Err("components are not supported".into());
    }
    let bytes = match module.to_test().map_err(|error| error.to_string())? {
        QuoteWatTest::Binary(bytes) | QuoteWatTest::Text(bytes) => bytes,
    };
    let binary = wasmc_frontend::to_binary(&bytes).map_err(|error| error.to_string())?;
    Ok(binary.into_owned())
}
