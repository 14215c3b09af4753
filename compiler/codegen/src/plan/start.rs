//! What the start of a program does besides instantiation.

use super::instance::InstanceLayout;
use crate::{Error, Options, Target};
use wasmc_abi::builtin::Builtin;
use wasmc_abi::host::Needs;
use wasmc_abi::limits::Limits;
use wasmc_abi::native;
use wasmc_abi::thread::{self, BlockPointer};
use wasmc_frontend::Error as ModuleError;
use wasmc_frontend::index::FuncIndex;
use wasmc_frontend::program::Start;

/// What the start of a program does. Main function, grants and stacks are the program's, not those of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartPlan {
    /// The function that runs after instantiation.
    pub entry: Option<FuncIndex>,
    /// The function that a further thread runs, where the program can start any.
    pub thread: Option<FuncIndex>,
    /// Parts of the runtime that are made ready before instantiation, in order. None of them takes or returns anything.
    pub prepares: Vec<Builtin>,
    /// Sizes that the program has. Native functions have their part of the stack besides what the options ask for.
    pub limits: Limits,
}

impl StartPlan {
    pub(super) fn new(
        start: &Start,
        (needs, growth): (Needs, u64),
        calls_native: bool,
        layout: &InstanceLayout,
        target: &Target,
        options: &Options,
    ) -> Result<Self, Error> {
        let further = start.thread.map(|(_, function)| function);
        let (native_stack, guard_size) = if calls_native { (native::STACK, native::GUARD) } else { (0, thread::GUARD) };
        let stack_size = options.stack_size.saturating_add(native_stack);
        let stack_area = match target.block_pointer() {
            BlockPointer::StackArea if further.is_some() => {
                stack_area(stack_size, guard_size, layout.thread_size.into())?
            }
            _ => 0,
        };
        let entry = start.calls.first().map(|&(_, function)| function);
        Ok(Self {
            entry,
            thread: further,
            prepares: prepares(needs, options),
            limits: Limits { stack_size, guard_size, stack_area, growth },
        })
    }
}

/// What the program inherited is closed before it opens anything; then come grants, as the others read them; then what
/// must happen before the program gives up the system calls for it.
fn prepares(needs: Needs, options: &Options) -> Vec<Builtin> {
    let has_grants = needs.grants || options.limits;
    let parts = [
        (Builtin::CloseInherited, options.confines),
        (Builtin::WasiInit, has_grants),
        (Builtin::EmbeddedInit, has_grants && options.embeds),
        (Builtin::ListenInit, needs.listening_sockets && options.listens),
        (Builtin::NamesInit, needs.names),
        (Builtin::ConfineFiles, needs.paths && options.confines),
        (Builtin::LimitsInit, has_grants),
        (Builtin::Confine, options.confines),
    ];
    parts.into_iter().filter(|&(_, is_needed)| is_needed).map(|(builtin, _)| builtin).collect()
}

/// Bytes of the area of a stack, with a block of `block_size` bytes.
pub(super) fn stack_area(stack_size: u64, guard_size: u64, block_size: u64) -> Result<u64, Error> {
    thread::area(stack_size, guard_size, block_size).ok_or_else(|| {
        let error = ModuleError::new(format!("no address space has room for stacks of {stack_size} bytes"));
        Error::Refused(error.with_help("choose a smaller `--stack-size`"))
    })
}
