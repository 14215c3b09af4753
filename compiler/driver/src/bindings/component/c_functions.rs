//! The functions of a component in C: those that it exports, and what answers those that it imports.

use super::super::c::{WORDS, c_type, comment, member};
use super::super::interface::{Import, Interface as Core, Value};
use super::super::names::Names;
use super::c_types::{CType, CTypes};
use super::functions::{Method, What, methods};
use super::options::resource_number;
use super::spelling::has_wasi;
use std::fmt::Write as _;
use wasmc_component::interface::{Function, Interface, Lifted, Lowering, Options, Type};
use wasmc_frontend::Shown;

/// A function of the world as C has it.
pub struct Typed {
    /// Its parameters: names and types.
    params: Vec<(String, CType)>,
    /// Its result.
    result: Option<CType>,
}

impl Typed {
    /// A function whose types are declared where they are not yet.
    pub fn new(types: &mut CTypes<'_>, function: &Function) -> Self {
        let mut names = Names::new(&[WORDS, &["guest", "result", "data", "instance"]].concat());
        let params = function.params.iter().map(|(name, ty)| (names.identifier(name), types.get(ty))).collect();
        Self { params, result: function.result.as_ref().map(|ty| types.get(ty)) }
    }

    /// The parameters, as a list that goes on.
    fn declared(&self) -> String {
        let param = |(name, ty): &(String, CType)| match ty.is_small {
            true => format!(", {} {name}", ty.name),
            false => format!(", const {} *{name}", ty.name),
        };
        let result = self.result.as_ref().map_or(String::new(), |ty| format!(", {} *result", ty.name));
        self.params.iter().map(param).collect::<String>() + &result
    }
}

/// The type of all parameters of a function, as a constant of the name `name`.
fn params_type(world: &Interface, function: &Function, typed: &Typed, name: &str, indent: &str) -> String {
    let layout = world.record(function.params.iter().map(|(_, ty)| ty));
    let parts: Vec<String> = typed.params.iter().map(|(_, ty)| format!("{{&{}, 0}}", ty.description)).collect();
    let (declared, parts_name) = match parts.is_empty() {
        true => (String::new(), "NULL".to_owned()),
        false => (
            format!("{indent}static const wasmc_part_ {name}_parts[] = {{{}}};\n", parts.join(", ")),
            format!("{name}_parts"),
        ),
    };
    format!(
        "{declared}{indent}static const wasmc_type_ {name} = {{WASMC_RECORD_, {}, {}, 0, {}, 0, 0, {}, \
         {parts_name}}};\n",
        layout.size,
        layout.align,
        layout.flat,
        parts.len(),
    )
}

/// What a function was lifted or lowered with, as a constant of the name `name`.
fn options(function: &Function, world: &Interface, options: Options, name: &str, indent: &str) -> String {
    let types = function.params.iter().map(|(_, ty)| ty).chain(&function.result);
    let tables: Vec<String> = (super::spelling::handles(world, types).iter())
        .map(|&(resource, table)| format!("{{{}u, {table}}}", resource_number(world, resource)))
        .collect();
    let number = |export: Option<usize>| export.map_or("-1".into(), |export| export.to_string());
    let (declared, tables_name) = match tables.is_empty() {
        true => (String::new(), "NULL".to_owned()),
        false => (
            format!("{indent}static const uint32_t {name}_tables[][2] = {{{}}};\n", tables.join(", ")),
            format!("{name}_tables"),
        ),
    };
    format!(
        "{declared}{indent}static const wasmc_lifted_ {name} = {{{}, {}, {}, {}, {tables_name}}};\n",
        number(options.memory),
        number(options.realloc),
        options.encoding as u32,
        tables.len(),
    )
}

/// An exported function.
pub fn exported(
    types: &mut CTypes<'_>,
    world: &Interface,
    library: &str,
    namespace: Option<&String>,
    function: &Function,
) -> String {
    let Some(Lifted { export, post_return, options: lifted, borrows }) = function.lifted else { return String::new() };
    let typed = Typed::new(types, function);
    let name = types.identifier(&CTypes::prefixed(namespace, &plain_name(&function.name)));
    let params: Vec<String> =
        (typed.params.iter()).map(|(name, ty)| if ty.is_small { format!("&{name}") } else { name.clone() }).collect();
    let params = match params.is_empty() {
        true => "    const void *const *params = NULL;\n".to_owned(),
        false => format!("    const void *params[{}];\n", params.len()),
    };
    let sets: String = (typed.params.iter().enumerate())
        .map(|(number, (name, ty))| format!("    params[{number}] = {}{name};\n", if ty.is_small { "&" } else { "" }))
        .collect();
    let (description, result) = match &typed.result {
        Some(ty) => (format!("&{}", ty.description), "result"),
        None => ("NULL".into(), "NULL"),
    };
    format!(
        "/* `{}` */\nstatic inline uint32_t {name}({library}_instance *guest{})\n{{\n{}{}{params}{sets}    \
         return {library}_call_(guest, {export}, {}, {borrows}, &options, &type, params, \
         {description}, {result});\n}}\n\n",
        comment(&Shown(&function.name).to_string()),
        typed.declared(),
        options(function, world, lifted, "options", "    "),
        params_type(world, function, &typed, "type", "    "),
        post_return.map_or("-1".into(), |export| export.to_string()),
    )
}

/// The name of a function without what brackets say of it.
fn plain_name(name: &str) -> String {
    match name.split_once(']') {
        Some(("[constructor", resource)) => format!("new_{resource}"),
        Some((_, name)) => name.to_owned(),
        None => name.to_owned(),
    }
}

/// The members of the structure of imports: by the method of the trait in Rust that each is.
pub fn members(types: &mut CTypes<'_>, world: &Interface, library: &str) -> String {
    let mut text = String::new();
    for namespace in namespaces(world) {
        for Method { name, what } in methods(world, namespace) {
            let member = CTypes::prefixed(namespace, &name);
            let member = member_names().identifier(&member);
            let _ = match what {
                What::Function(function) => {
                    let typed = Typed::new(types, function);
                    writeln!(
                        text,
                        "    /* `{}` */\n    uint32_t (*{member})({library}_instance *guest{});",
                        comment(&Shown(&function.name).to_string()),
                        typed.declared()
                    )
                }
                What::Drop(resource) => {
                    let handle = wasmc_component::interface::Handle { resource, table: 0 };
                    let ty = types.get(&Type::Own(handle));
                    writeln!(
                        text,
                        "    /* The component has dropped one that it owned. */\n    \
                         uint32_t (*{member})({library}_instance *guest, {} resource);",
                        ty.name
                    )
                }
            };
        }
    }
    text
}

/// Names of members of the structure of imports.
fn member_names() -> Names {
    Names::new(&[WORDS, &[WASI]].concat())
}

/// The member of the structure of imports that gives what functions of WASI work on.
const WASI: &str = "wasi";

/// Its declaration, where the component imports any.
pub fn wasi_member(world: &Interface, library: &str) -> String {
    if !has_wasi(world) {
        return String::new();
    }
    format!(
        "    /* What functions of WASI work on whose members are null: that of the instance. Null where there is none. \
         */\n    wasmc_wasi *(*{WASI})({library}_instance *guest);\n"
    )
}

/// The interfaces of which the host has something, in order.
fn namespaces(world: &Interface) -> Vec<Option<&String>> {
    super::spelling::imported(world, |_, _| true).into_iter().collect()
}

fn member_of(world: &Interface, namespace: Option<&String>, is_it: impl Fn(&What<'_>) -> bool) -> String {
    let methods = methods(world, namespace);
    let method = methods.iter().find(|method| is_it(&method.what)).map_or("", |method| &method.name);
    member_names().identifier(&CTypes::prefixed(namespace, method))
}

/// What answers each import of the core module, and its name.
pub fn answers(types: &mut CTypes<'_>, world: &Interface, core: &Core) -> (String, Vec<String>) {
    let library = &core.name;
    let mut text = String::new();
    let mut names = Vec::new();
    for (number, (lowering, import)) in world.lowerings.iter().zip(&core.imports).enumerate() {
        let name = format!("{library}_answer_{number}_");
        match *lowering {
            Lowering::Trap => {
                let _ = write!(
                    text,
                    "static inline uint32_t {name}(void *data, int32_t number)\n{{\n    \
                     (({library}_instance *)data)->violation = wasmc_trap_message_(number);\n    \
                     return WASMC_FAILED;\n}}\n\n"
                );
            }
            Lowering::Drop(resource) => {
                let namespace = world.resources[resource].namespace.as_ref();
                let member = member_of(world, namespace, |what| matches!(what, What::Drop(of) if *of == resource));
                let handle = wasmc_component::interface::Handle { resource, table: 0 };
                let ty = types.get(&Type::Own(handle));
                let _ = write!(
                    text,
                    "static inline uint32_t {name}(void *data, int32_t number)\n{{\n    \
                     {library}_instance *guest = ({library}_instance *)data;\n    {} resource;\n    \
                     resource.representation = (uint32_t)number;\n{}    \
                     return guest->imports->{member}(guest, resource);\n}}\n\n",
                    ty.name,
                    match world.resources[resource].wasi {
                        Some(_) => format!(
                            "    if (guest->imports->{member} == NULL)\n        \
                             return wasmc_wasi_dropped_({library}_wasi_(guest), (uint32_t)number, \
                             &guest->violation);\n"
                        ),
                        None => String::new(),
                    }
                );
            }
            Lowering::Function { namespace, function, options } => {
                let namespace = &world.imports[namespace];
                let function = &namespace.functions[function];
                let is_it = |what: &What<'_>| matches!(what, What::Function(of) if of.name == function.name);
                let member = member_of(world, namespace.name.as_ref(), is_it);
                let names = (name.as_str(), member.as_str());
                text += &answer(types, world, library, names, (function, options), import);
            }
        }
        names.push(name);
    }
    (text, names)
}

/// A function that lifts arguments, calls a member of the structure of imports, and lowers its result. Where there is
/// no such member of a function of WASI, it is called by its name.
fn answer(
    types: &mut CTypes<'_>,
    world: &Interface,
    library: &str,
    (name, member): (&str, &str),
    (function, lowered): (&Function, Options),
    import: &Import,
) -> String {
    let typed = Typed::new(types, function);
    let mut text = options(function, world, lowered, &format!("{name}options"), "");
    text += &params_type(world, function, &typed, &format!("{name}type"), "");
    let (head, flat, end) = core_function(name, import);
    let _ = write!(
        text,
        "{head}\n{{\n    {library}_instance *guest = ({library}_instance *)data;\n    uint64_t flat[17];\n    \
         const uint64_t *next = flat;\n    wasmc_guest_ lowered = {library}_guest_(guest, &{name}options);\n"
    );
    let locals = typed.params.iter().map(|(param, ty)| (param.as_str(), ty));
    let locals: Vec<(&str, &CType)> = locals.chain(typed.result.iter().map(|ty| ("result", ty))).collect();
    locals.iter().for_each(|(local, ty)| {
        let _ = writeln!(text, "    {} {local};", ty.name);
    });
    let len = typed.params.len();
    let params =
        if len > 0 { format!("    void *params[{len}];\n") } else { "    void *const *params = NULL;\n".into() };
    text += &params;
    text += "    memset(flat, 0, sizeof flat);\n";
    text += &flat;
    locals.iter().for_each(|(local, _)| {
        let _ = writeln!(text, "    memset(&{local}, 0, sizeof {local});");
    });
    typed.params.iter().enumerate().for_each(|(number, (param, _))| {
        let _ = writeln!(text, "    params[{number}] = &{param};");
    });
    let passed: String = (typed.params.iter())
        .map(|(param, ty)| if ty.is_small { format!(", {param}") } else { format!(", &{param}") })
        .chain(typed.result.iter().map(|_| ", &result".to_owned()))
        .collect();
    let (check, lower) = match &typed.result {
        Some(ty) => (
            format!(
                "\n        && ({ty}.flat <= 1\n            \
                 || wasmc_place_(&lowered, (uint32_t)*next, {ty}.size, {ty}.align) != NULL)",
                ty = ty.description
            ),
            format!(
                "        if (lowered.status == WASMC_OK) {{\n            uint64_t *to = flat;\n            \
                 if ({ty}.flat > 1)\n                \
                 wasmc_store_(&lowered, &{ty}, &result, (uint32_t)*next);\n            else\n                \
                 wasmc_lower_(&lowered, &{ty}, &result, &to);\n        }}\n        wasmc_free_(&{ty}, &result);\n",
                ty = ty.description
            ),
        ),
        None => (String::new(), String::new()),
    };
    let frees: String =
        (typed.params.iter()).map(|(param, ty)| format!("    wasmc_free_(&{}, &{param});\n", ty.description)).collect();
    let head = function.wasi.map_or("    ".to_owned(), |wasi| {
        format!(
            "    if (guest->imports->{member} == NULL)\n        \
             wasmc_wasi_answer_({library}_wasi_(guest), &lowered, \"{}\", flat,\n            \
             \"nothing satisfies the import of {}#{}: \"\n            \
             \"the host has to give a `wasmc_wasi`, or implement it\");\n    else ",
            wasi.name_for_embedders(),
            wasi.interface,
            wasi.name,
        )
    });
    let _ = write!(
        text,
        "{head}if (wasmc_arguments_(&lowered, &{name}type, &next, params){check}) {{\n        \
         lowered.status = guest->imports->{member}(guest{passed});\n{lower}    }}\n{frees}    \
         lowered.status = {library}_answered_(guest, &lowered);\n{end}}}\n\n"
    );
    text
}

/// The head of a function that the core module calls, what puts its arguments into `flat`, and what it returns.
fn core_function(name: &str, import: &Import) -> (String, String, String) {
    let put = |number: usize, ty: Value, from: &str| match ty {
        Value::F32 | Value::F64 => format!("    memcpy(&flat[{number}], &{from}, sizeof {from});\n"),
        Value::I64 => format!("    flat[{number}] = (uint64_t){from};\n"),
        _ => format!("    flat[{number}] = (uint32_t){from};\n"),
    };
    let result = import.ty.results.first().copied();
    let types = import.ty.params.iter().enumerate();
    if !import.is_direct {
        let head = format!("static inline uint32_t {name}(void *data, unsigned char *values)");
        let flat = types
            .map(|(number, &ty)| put(number, ty, &format!("((wasmc_value *)(void *)values)[{number}].{}", member(ty))));
        let flat = flat.collect::<String>();
        let set =
            if result.is_some() { "    ((wasmc_value *)(void *)values)[0].i64 = (int64_t)flat[0];\n" } else { "" };
        let unused = if import.ty.params.is_empty() && result.is_none() { "    (void)values;\n" } else { "" };
        return (head, flat, format!("{unused}{set}    return lowered.status;\n"));
    }
    let params: String = types.clone().map(|(number, &ty)| format!(", {} arg{number}", c_type(ty))).collect();
    let flat: String = types.map(|(number, &ty)| put(number, ty, &format!("arg{number}"))).collect();
    match result {
        None => {
            (format!("static inline uint32_t {name}(void *data{params})"), flat, "    return lowered.status;\n".into())
        }
        Some(ty) => {
            let outcome = format!("wasmc_outcome_{}", member(ty));
            let end = format!(
                "    {{\n        {outcome} outcome;\n        \
                 memcpy(&outcome.value, flat, sizeof outcome.value);\n        \
                 outcome.status = lowered.status;\n        return outcome;\n    }}\n"
            );
            (format!("static inline {outcome} {name}(void *data{params})"), flat, end)
        }
    }
}

/// What frees values that the component has passed, for each type of results that has any.
pub fn frees(types: &mut CTypes<'_>, world: &Interface) -> String {
    let mut text = String::new();
    let mut done = std::collections::BTreeSet::new();
    let functions = world.exports.iter().flat_map(|namespace| &namespace.functions);
    for ty in functions.filter_map(|function| function.result.as_ref()) {
        let CType { name, description, is_small } = types.get(ty);
        if is_small || !done.insert(name.clone()) {
            continue;
        }
        let function = match name.as_str() {
            "wasmc_string" => types.identifier("string_free"),
            _ => format!("{name}_free"),
        };
        let _ = write!(
            text,
            "/* Frees what such a value has that a component has returned. */\n\
             static inline void {function}({name} *value)\n{{\n    wasmc_free_(&{description}, value);\n}}\n\n"
        );
    }
    text
}
