//! All core modules as one component: a command.

use super::case::Case;
use super::core::Contents;
use super::library::{PAGES, library};
use super::{callee, caller, relay};
use crate::wast::components::encode::Types;
use crate::wast::components::types::{FunctionType, Type};
use crate::wast::components::values::Encoding;
use wasm_encoder::{
    CanonicalOption, ComponentBuilder, ComponentExportKind, ComponentTypeRef, ComponentValType, ExportKind, ModuleArg,
    TypeBounds, ValType,
};

/// What a core instance is made of.
type Item = (String, ExportKind, u32);

/// Functions of the callee besides those of the case, and what they take and return.
struct Service {
    name: &'static str,
    params: Vec<Type>,
    result: Option<Type>,
    /// Whether there is one only where there is a resource.
    of_resource: bool,
}

fn services(case: &Case) -> Vec<(String, FunctionType)> {
    let number = || Type::Plain("u32".into());
    let all = [
        Service { name: "spoil", params: vec![number()], result: None, of_resource: false },
        Service { name: "posts", params: Vec::new(), result: Some(number()), of_resource: false },
        Service { name: "make", params: vec![number()], result: Some(Type::Own), of_resource: true },
        Service { name: "id", params: vec![Type::Borrow], result: Some(number()), of_resource: true },
        Service { name: "dropped", params: Vec::new(), result: Some(number()), of_resource: true },
    ];
    let there = all.into_iter().filter(|service| !service.of_resource || case.has_resource());
    let function = |Service { name, params, result, .. }| {
        let names = (0..params.len()).map(|index| format!("p{index}")).collect();
        (String::from(name), FunctionType { names, params, result })
    };
    there.map(function).collect()
}

/// The functions of a case, and the services.
fn all(case: &Case) -> Vec<(String, FunctionType)> {
    let own = case.functions.iter().zip(0..).map(|(function, index)| (format!("f{index}"), function.ty.clone()));
    own.chain(services(case)).collect()
}

/// The component of a case.
pub fn component(case: &Case) -> Vec<u8> {
    between(case, case)
}

/// A component whose caller is that of one case, and the rest that of another with the same types.
pub fn between(caller: &Case, case: &Case) -> Vec<u8> {
    let mut builder = ComponentBuilder::default();
    let part = builder.component(None, exporter(case));
    let mut instance = builder.instantiate(None, part, Vec::<(String, ComponentExportKind, u32)>::new());
    let mut types = Types::default();
    if case.has_resource() {
        types.resource = Some(builder.alias_export(instance, "r", ComponentExportKind::Type));
    }
    let origin = instance;
    for number in (0..case.relays).rev() {
        let args = arguments(&mut builder, &mut types, case, (origin, instance));
        let part = builder.component(None, passing(case, number));
        instance = builder.instantiate(None, part, args);
    }
    let args = arguments(&mut builder, &mut types, case, (origin, instance));
    let part = builder.component(None, calling(caller));
    let calling = builder.instantiate(None, part, args);
    let run = builder.alias_export(calling, "run", ComponentExportKind::Func);
    let exported = builder.instantiate_exports(None, [("run", ComponentExportKind::Func, run)]);
    builder.export("wasi:cli/run@0.2.0", ComponentExportKind::Instance, exported, None);
    builder.finish()
}

/// What a component is instantiated with: functions of the instance before it, and the services of the first one.
fn arguments(
    builder: &mut ComponentBuilder,
    types: &mut Types,
    case: &Case,
    (origin, before): (u32, u32),
) -> Vec<(String, ComponentExportKind, u32)> {
    let mut args = Vec::new();
    args.extend(types.resource.map(|resource| ("r".into(), ComponentExportKind::Type, resource)));
    for (_, ty) in all(case) {
        types.function(builder, &ty);
    }
    for ((_, index), number) in types.named.iter().zip(0..) {
        args.push((format!("t{number}"), ComponentExportKind::Type, *index));
    }
    let own = case.functions.len();
    for ((name, _), number) in all(case).into_iter().zip(0..) {
        let from = if number < own { before } else { origin };
        let function = builder.alias_export(from, name.as_str(), ComponentExportKind::Func);
        args.push((name, ComponentExportKind::Func, function));
    }
    args
}

/// Parts of a component in the making.
struct Parts {
    builder: ComponentBuilder,
    types: Types,
    /// The core instance with the memory, that memory, and `realloc`.
    library: (u32, u32, u32),
}

impl Parts {
    fn new(case: &Case, types: Types, end: u32) -> Self {
        let mut builder = ComponentBuilder::default();
        let pages = if case.lie.is_some() { PAGES } else { 1 };
        let module = builder.core_module(None, &library(end, case.moves, pages));
        let instance = builder.core_instantiate(None, module, Vec::<(&str, ModuleArg)>::new());
        let memory = builder.core_alias_export(None, instance, "memory", ExportKind::Memory);
        let realloc = builder.core_alias_export(None, instance, "realloc", ExportKind::Func);
        Self { builder, types, library: (instance, memory, realloc) }
    }

    fn options(&self, encoding: Encoding) -> Vec<CanonicalOption> {
        let encoding = match encoding {
            Encoding::Utf8 => CanonicalOption::UTF8,
            Encoding::Utf16 => CanonicalOption::UTF16,
            Encoding::Compact => CanonicalOption::CompactUTF16,
        };
        vec![encoding, CanonicalOption::Memory(self.library.1), CanonicalOption::Realloc(self.library.2)]
    }

    /// Imports functions and lowers them, each with its encoding.
    fn imports(&mut self, case: &Case, number: usize) -> Vec<Item> {
        if case.has_resource() {
            let resource = ComponentTypeRef::Type(TypeBounds::SubResource);
            self.types.resource = Some(self.builder.import("r", resource));
        }
        let mut functions = Vec::new();
        for (name, ty) in all(case) {
            let ty = self.types.function(&mut self.builder, &ty);
            functions.push((name.clone(), self.builder.import(name.as_str(), ComponentTypeRef::Func(ty))));
        }
        let encodings: Vec<Encoding> =
            case.functions.iter().map(|function| function.encodings.get(number).copied().unwrap_or_default()).collect();
        let encodings = encodings.into_iter().chain(std::iter::repeat(Encoding::Utf8));
        let mut lowered = Vec::new();
        for ((name, function), encoding) in functions.into_iter().zip(encodings) {
            let options = self.options(encoding);
            lowered.push((name, ExportKind::Func, self.builder.lower_func(None, function, options)));
        }
        lowered
    }

    /// Instantiates the core module that does the work.
    fn instantiate(&mut self, contents: &Contents, args: &[(&str, Vec<Item>)]) -> u32 {
        let module = self.builder.core_module(None, &contents.module);
        let mut instances = vec![("library", ModuleArg::Instance(self.library.0))];
        for (name, items) in args {
            let items: Vec<_> = items.iter().map(|(name, kind, index)| (name.as_str(), *kind, *index)).collect();
            instances.push((name, ModuleArg::Instance(self.builder.core_instantiate_exports(None, items))));
        }
        self.builder.core_instantiate(None, module, instances)
    }

    /// Lifts the functions of a case and exports them.
    fn export(&mut self, case: &Case, (instance, number): (u32, usize), has_post_return: bool) {
        for (function, index) in case.functions.iter().zip(0..) {
            let mut options = self.options(function.encodings.get(number).copied().unwrap_or_default());
            if has_post_return && function.has_post_return {
                let post = self.builder.core_alias_export(None, instance, &format!("p{index}"), ExportKind::Func);
                options.push(CanonicalOption::PostReturn(post));
            }
            self.lift((&format!("f{index}"), &function.ty), instance, &options);
        }
    }

    fn lift(&mut self, (name, ty): (&str, &FunctionType), instance: u32, options: &[CanonicalOption]) {
        let core = self.builder.core_alias_export(None, instance, name, ExportKind::Func);
        let ty = self.types.function(&mut self.builder, ty);
        let lifted = self.builder.lift_func(None, core, ty, options.iter().copied());
        self.builder.export(name, ComponentExportKind::Func, lifted, None);
    }
}

/// The component that exports the functions.
fn exporter(case: &Case) -> ComponentBuilder {
    let contents = callee::callee(case);
    let mut parts = Parts::new(case, Types::exported(), contents.end);
    let library = parts.library.0;
    let mut args = Vec::new();
    if case.has_resource() {
        let destructor = parts.builder.core_alias_export(None, library, "drop", ExportKind::Func);
        let resource = parts.builder.type_resource(None, ValType::I32, Some(destructor));
        let functions = [
            ("new", parts.builder.resource_new(resource)),
            ("rep", parts.builder.resource_rep(resource)),
            ("drop", parts.builder.resource_drop(resource)),
        ];
        args.push(("resource", functions.map(|(name, index)| (name.into(), ExportKind::Func, index)).to_vec()));
        parts.types.resource = Some(parts.builder.export("r", ComponentExportKind::Type, resource, None));
    }
    let instance = parts.instantiate(&contents, &args);
    parts.export(case, (instance, case.relays + 1), true);
    for (name, ty) in services(case) {
        let from = if matches!(name.as_str(), "spoil" | "dropped") { library } else { instance };
        parts.lift((&name, &ty), from, &[]);
    }
    parts.builder
}

/// A component that passes values on.
fn passing(case: &Case, number: usize) -> ComponentBuilder {
    let contents = relay::relay(case, number);
    let mut parts = Parts::new(case, Types::imported(), contents.end);
    let functions = parts.imports(case, number + 1);
    let mut args = vec![("functions", functions)];
    args.extend(parts.drop_resource());
    let instance = parts.instantiate(&contents, &args);
    parts.export(case, (instance, number + 1), false);
    parts.builder
}

impl Parts {
    fn drop_resource(&mut self) -> Option<(&'static str, Vec<Item>)> {
        let drop = self.builder.resource_drop(self.types.resource?);
        Some(("resource", vec![("drop".into(), ExportKind::Func, drop)]))
    }
}

/// The component that calls the functions.
fn calling(case: &Case) -> ComponentBuilder {
    let contents = caller::caller(case);
    let mut parts = Parts::new(case, Types::imported(), contents.end);
    let functions = parts.imports(case, 0);
    let mut args = vec![("functions", functions)];
    args.extend(parts.drop_resource());
    let instance = parts.instantiate(&contents, &args);
    let run = parts.builder.core_alias_export(None, instance, "run", ExportKind::Func);
    let (result, encoder) = parts.builder.type_defined(None);
    encoder.result(None, None);
    let (ty, mut encoder) = parts.builder.type_function(None);
    encoder.params(Vec::<(&str, ComponentValType)>::new()).result(Some(ComponentValType::Type(result)));
    let lifted = parts.builder.lift_func(None, run, ty, []);
    parts.builder.export("run", ComponentExportKind::Func, lifted, None);
    parts.builder
}
