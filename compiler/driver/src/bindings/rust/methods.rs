//! Methods for what a module exports.

use super::values::{Types, lowered, result, word};
use crate::bindings::interface::{Export, Kind, Signature, Value};
use wasmc_frontend::Shown;

/// The method of an instance for an export.
pub fn instance_method(name: &str, export: &Export, types: &Types) -> String {
    let shown = Shown(&export.name);
    let number = export.number;
    let result = |ty: &str| format!("\n    /// `{shown}`\n    pub fn {name}(&mut self) -> {ty}");
    match &export.kind {
        Kind::Function(ty) => {
            Method { name, export: &export.name, ty, types, receiver: "&mut self", host: "", guest: "self.inner" }
                .calling(export)
        }
        Kind::Memory => {
            format!("{} {{\n        self.inner.memory({number})\n    }}\n", result("wasmc_embed::Memory<'_>"))
        }
        Kind::Table(Some(ty)) => {
            let ty = types.value(Value::Reference(*ty));
            let table = result(&format!("wasmc_embed::RefTable<'_, {ty}>"));
            format!("{table} {{\n        self.inner.reference_table({number})\n    }}\n")
        }
        Kind::Table(_) => {
            format!("{} {{\n        self.inner.table({number})\n    }}\n", result("wasmc_embed::Table<'_>"))
        }
        Kind::Global(Value::Reference(ty), is_mutable) => {
            let ty = types.value(Value::Reference(*ty));
            let (ty, get) = match is_mutable {
                true => (format!("wasmc_embed::RefGlobal<'_, {ty}>"), ""),
                false => (format!("Result<{ty}, wasmc_embed::RefError>"), ".get()"),
            };
            format!("{} {{\n        self.inner.reference_global({number}){get}\n    }}\n", result(&ty))
        }
        Kind::Global(ty, true) => format!(
            "{} {{\n        self.inner.global({number})\n    }}\n",
            result(&format!("wasmc_embed::Global<'_, {}>", word(*ty)))
        ),
        Kind::Global(ty, false) => {
            format!("{} {{\n        self.inner.global({number}).get()\n    }}\n", result(word(*ty)))
        }
    }
}

/// The method of a guest for an export.
pub fn guest_method(name: &str, export: &Export, types: &Types) -> String {
    match &export.kind {
        Kind::Function(ty) => {
            let receiver = "&mut self, host: &mut T";
            Method { name, export: &export.name, ty, types, receiver, host: "host, ", guest: "self.0" }.calling(export)
        }
        _ => instance_method(name, export, types).replace("self.inner.", "self.0."),
    }
}

/// The method of an instance for an export that can be suspended.
pub fn async_method(name: &str, export: &Export, ty: &Signature, types: &Types) -> String {
    let of = Method { name, export: &export.name, ty, types, receiver: "&mut self", host: "", guest: "self.inner" };
    let method = of.with_array(&format!("call_async({}, ", export.number)).replace("    pub fn ", "    pub async fn ");
    let waits = "`, without blocking the thread while a function of the host's waits\n    ///\n    /// # Errors";
    method.replacen("`\n    ///\n    /// # Errors", waits, 1).replace("&mut values)?;", "&mut values).await?;")
}

/// A method that calls an export.
struct Method<'m> {
    name: &'m str,
    export: &'m str,
    ty: &'m Signature,
    types: &'m Types,
    receiver: &'m str,
    /// What is passed on before all else.
    host: &'m str,
    /// What has the functions of `wasmc-embed`.
    guest: &'m str,
}

impl Method<'_> {
    fn calling(&self, export: &Export) -> String {
        let (host, number) = (self.host, export.number);
        match export.is_direct {
            true => self.with_registers(&format!("call_directly({host}{number}, ")),
            false => self.with_array(&format!("call({host}{number}, ")),
        }
    }

    fn head(&self) -> String {
        format!(
            "\n    /// `{}`\n    ///\n    /// # Errors\n    /// Where it traps{}.\n",
            Shown(self.export),
            if self.ty.has_references() { ", or a reference cannot be passed" } else { "" },
        )
    }

    /// The function itself, with this body.
    fn function(&self, body: &str) -> String {
        let Self { name, receiver, ty, types, guest, .. } = self;
        let (params, results) = (types.parameters(&ty.params), types.results(&ty.results));
        let lowers = lowered(ty, guest);
        format!(
            "    pub fn {name}({receiver}{params}) -> Result<{results}, wasmc_embed::Trap> {{\n{lowers}{body}    }}\n"
        )
    }

    /// With arguments and results in an array.
    fn with_array(&self, call: &str) -> String {
        let Self { ty, guest, .. } = self;
        let slots: Vec<String> = (0..ty.slots())
            .map(|number| match number < ty.params.len() {
                true => format!("wasmc_embed::Slot::new(arg{number})"),
                false => "wasmc_embed::Slot::ZERO".into(),
            })
            .collect();
        let taken: Vec<String> = (ty.results.iter().enumerate())
            .map(|(at, &ty)| result(ty, guest, &format!("values[{at}].get()")))
            .collect();
        let taken = if let [one] = &taken[..] { one.clone() } else { format!("({})", taken.join(", ")) };
        let mutable = if slots.is_empty() { "let mut values: [wasmc_embed::Slot; 0]" } else { "let mut values" };
        let slots = slots.join(", ");
        let body =
            format!("        {mutable} = [{slots}];\n        {guest}.{call}&mut values)?;\n        Ok({taken})\n");
        self.head() + &self.function(&body)
    }

    /// With arguments and result in registers.
    fn with_registers(&self, call: &str) -> String {
        let Self { ty, guest, .. } = self;
        let args: String = (0..ty.params.len()).map(|number| format!("arg{number},")).collect();
        let call = format!("{guest}.{call}({args}))");
        let body = match ty.results.first() {
            Some(&of @ Value::Reference(_)) => {
                format!("        let result = {call}?;\n        Ok({})\n", result(of, guest, "result"))
            }
            _ => format!("        {call}\n"),
        };
        self.head() + "    #[inline]\n" + &self.function(&body)
    }
}
