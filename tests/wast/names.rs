//! What instances are called in a script.

use std::collections::HashMap;
use wasmc_frontend::index::InstanceId;

/// Why there is no instance.
#[derive(Clone, Debug)]
pub enum Missing {
    /// The compiler does not have a feature.
    Skipped(String),
    /// A fault.
    Failed(String),
}

/// An instance, or why there is none.
pub type Found = Result<InstanceId, Missing>;

/// What is called what.
#[derive(Default)]
pub struct Names<'a> {
    latest: Option<Found>,
    named: HashMap<&'a str, Found>,
    registered: HashMap<&'a str, Found>,
}

impl<'a> Names<'a> {
    /// Makes `instance` the latest, and gives it a name.
    pub fn define(&mut self, name: Option<&'a str>, instance: Found) {
        if let Some(name) = name {
            self.named.insert(name, instance.clone());
        }
        self.latest = Some(instance);
    }

    /// The instance with a name, by default the latest.
    pub fn get(&self, name: Option<&str>) -> Found {
        let found = match name {
            Some(name) => self.named.get(name),
            None => self.latest.as_ref(),
        };
        found.cloned().unwrap_or_else(|| Err(Missing::Failed("there is no such instance".into())))
    }

    /// The instance that imports find under a name; `None` where there is none.
    pub fn registered(&self, name: &str) -> Option<&Found> {
        self.registered.get(name)
    }

    /// Makes an instance importable.
    pub fn register(&mut self, name: &'a str, instance: Found) {
        self.registered.insert(name, instance);
    }
}
