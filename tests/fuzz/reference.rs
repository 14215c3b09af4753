//! The interpreter's answers: wasmi, which shares nothing with the compiler but the parser of binary modules.

use super::answer::{Answer, Trap};
use super::generate::{FUEL, FUEL_PER_CALL};
use super::request::Request;
use crate::wast::expect::Slot;
use wasmc_frontend::wasmparser::ValType;
use wasmi::errors::{ErrorKind, InstantiationError, MemoryError, TableError};
use wasmi::{Config, Engine, Error, Extern, Instance, Linker, Module, Store, TrapCode, Val};

/// Steps of the interpreter for one module: a module that needs more is not compared further.
const STEPS: u64 = 20_000_000;

/// Depth of calls; compiled code has room for more on its stack, unless its frames are large.
const DEPTH: usize = 500;

/// The interpreter, with all its features on.
pub struct Reference {
    config: Config,
}

/// A module's instance.
struct Guest {
    store: Store<()>,
    instance: Instance,
}

impl Default for Reference {
    fn default() -> Self {
        let mut config = Config::default();
        config.wasm_custom_page_sizes(true).wasm_wide_arithmetic(true).consume_fuel(true);
        config.set_max_recursion_depth(DEPTH);
        Self { config }
    }
}

impl Reference {
    /// The answers to requests, up to the first to which there is none. `None` where the interpreter refuses the
    /// module.
    pub fn answers(&self, wasm: &[u8], requests: &[Request]) -> Option<Vec<Answer>> {
        // An engine keeps the code of all its modules for as long as it lives.
        let engine = Engine::new(&self.config);
        let module = Module::new(&engine, wasm).ok()?;
        let mut store = Store::new(&engine, ());
        store.set_fuel(STEPS).ok()?;
        let instance = match Linker::new(&engine).instantiate_and_start(&mut store, &module) {
            Ok(instance) => instance,
            Err(error) => return Some(trap(&error).map(Answer::Trap).into_iter().collect()),
        };
        let mut guest = Guest { store, instance };
        let mut answers = vec![Answer::Values(Vec::new())];
        for request in &requests[1..] {
            match guest.answer(request) {
                Some(answer) => answers.push(answer),
                None => break,
            }
        }
        Some(answers)
    }
}

impl Guest {
    fn answer(&mut self, request: &Request) -> Option<Answer> {
        match request {
            Request::Instantiate => None,
            Request::Call { name, arguments, results, .. } => self.call(name, arguments, results.len()),
            Request::Global(name, ..) => {
                let global = self.instance.get_global(&self.store, name)?;
                Some(Answer::Values(bytes(&global.get(&self.store))))
            }
            Request::Memory(name, _) => {
                let memory = self.instance.get_memory(&self.store, name)?;
                let data = memory.data(&self.store);
                let numbers = [data.len() as u64, wasmc_abi::script::digest(data)];
                Some(Answer::Values(numbers.map(u64::to_le_bytes).concat()))
            }
            Request::Table(name, _) => {
                let table = self.instance.get_table(&self.store, name)?;
                Some(Answer::Values(table.size(&self.store).to_le_bytes().to_vec()))
            }
        }
    }

    fn call(&mut self, name: &str, arguments: &[(ValType, Slot)], results: usize) -> Option<Answer> {
        if let Some(Extern::Global(fuel)) = self.instance.get_export(&self.store, FUEL) {
            fuel.set(&mut self.store, Val::I32(FUEL_PER_CALL as i32)).ok()?;
        }
        let function = self.instance.get_func(&self.store, name)?;
        let types = function.ty(&self.store);
        let values = arguments.iter().zip(types.params()).map(|((_, slot), ty)| value(*ty, slot));
        let arguments: Vec<Val> = values.collect();
        let mut values = vec![Val::I32(0); results];
        match function.call(&mut self.store, &arguments, &mut values) {
            Ok(()) => Some(Answer::Values(values.iter().flat_map(bytes).collect())),
            Err(error) => trap(&error).map(Answer::Trap),
        }
    }
}

fn value(ty: wasmi::ValType, slot: &Slot) -> Val {
    let word = u64::from_le_bytes(slot[..8].try_into().expect("8 bytes"));
    match ty {
        wasmi::ValType::I32 => Val::I32(word as i32),
        wasmi::ValType::I64 => Val::I64(word as i64),
        wasmi::ValType::F32 => Val::F32(wasmi::F32::from_bits(word as u32)),
        wasmi::ValType::F64 => Val::F64(wasmi::F64::from_bits(word)),
        wasmi::ValType::V128 => Val::V128(u128::from_le_bytes(*slot).into()),
        reference => Val::default(reference),
    }
}

fn bytes(value: &Val) -> Vec<u8> {
    match value {
        Val::I32(value) => value.to_le_bytes().to_vec(),
        Val::I64(value) => value.to_le_bytes().to_vec(),
        Val::F32(value) => value.to_bits().to_le_bytes().to_vec(),
        Val::F64(value) => value.to_bits().to_le_bytes().to_vec(),
        Val::V128(value) => value.as_u128().to_le_bytes().to_vec(),
        Val::FuncRef(reference) => vec![u8::from(!reference.is_null())],
        Val::ExternRef(reference) => vec![u8::from(!reference.is_null())],
    }
}

/// The trap of an error; `None` where it is a limit of the interpreter's.
fn trap(error: &Error) -> Option<Trap> {
    let code = match error.kind() {
        ErrorKind::TrapCode(code) => *code,
        ErrorKind::Memory(MemoryError::OutOfBoundsAccess) => return Some(Trap::OutOfBoundsMemory),
        ErrorKind::Table(TableError::CopyOutOfBounds | TableError::FillOutOfBounds | TableError::InitOutOfBounds)
        | ErrorKind::Instantiation(InstantiationError::ElementSegmentDoesNotFit { .. }) => {
            return Some(Trap::OutOfBoundsTable);
        }
        _ => return None,
    };
    Some(match code {
        TrapCode::UnreachableCodeReached => Trap::Unreachable,
        TrapCode::MemoryOutOfBounds => Trap::OutOfBoundsMemory,
        TrapCode::TableOutOfBounds => Trap::OutOfBoundsTable,
        TrapCode::IndirectCallToNull => Trap::NullFunction,
        TrapCode::IntegerDivisionByZero => Trap::IntegerDivideByZero,
        TrapCode::IntegerOverflow => Trap::IntegerOverflow,
        TrapCode::BadConversionToInteger => Trap::InvalidConversionToInteger,
        TrapCode::BadSignature => Trap::IndirectCallTypeMismatch,
        TrapCode::StackOverflow | TrapCode::OutOfFuel | TrapCode::GrowthOperationLimited => return None,
    })
}
