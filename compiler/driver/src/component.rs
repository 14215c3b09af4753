//! Components: what is done of one before its modules are compiled.

use crate::error::Error;
use crate::options::{Emit, Options};
use crate::phases::Phases;
use crate::sources::Sources;
use wasmc_component::{Flattened, Library};
use wasmc_frontend::program::component::Function;
use wasmc_frontend::{Features, Program};

/// Flattens a component.
///
/// # Errors
/// Where it cannot be a program under the options.
pub fn flatten(binary: &[u8], sources: &Sources, options: &Options, phases: &mut Phases) -> Result<Flattened, Error> {
    if !options.emit.is_linked() && !matches!(options.emit, Emit::Clif | Emit::Asm | Emit::Report | Emit::HtmlReport) {
        let error = Error::new("a component can only be compiled to an executable or a library");
        return Err(error.in_file(&sources.name).help("leave out `--emit`, or compile the core module that it holds"));
    }
    if options.snapshot_after.is_some() {
        let error = Error::new("a component cannot be initialised when it is compiled");
        return Err(error.in_file(&sources.name).help("leave `--preinit` out"));
    }
    if let Some(native) = sources.natives.first() {
        let message = format!("native objects satisfy no imports of a component: {}", native.name);
        return Err(Error::new(message).help("compose the component with one that exports what it imports"));
    }
    let flattened = phases.run("flatten", || wasmc_component::flatten(binary, options.missing));
    flattened.map_err(|error| Error::of_module(error, &sources.name))
}

/// Makes one core module of a component that is to be a library.
///
/// # Errors
/// Where it cannot be one.
pub fn library(binary: &[u8], sources: &Sources, options: &Options, phases: &mut Phases) -> Result<Library, Error> {
    let library = phases.run("flatten", || wasmc_component::library(binary, options.missing.is_some()));
    library.map_err(|error| Error::of_module(error, &sources.name))
}

/// Whether a program is a component with functions for the network.
pub fn has_network(program: &Program<'_>) -> bool {
    let canonicals = program.component.iter().flat_map(|component| component.canonicals.values());
    canonicals.into_iter().any(
        |canonical| matches!(canonical.function, Function::Host(host) if host.interface.starts_with("wasi:sockets/")),
    )
}

/// The features that the modules of a component may use: adapters between its parts work on several memories.
pub fn features(options: &Options) -> Features {
    let mut features = options.features;
    assert!(features.set("multi-memory", true), "there is a feature of this name");
    features
}
