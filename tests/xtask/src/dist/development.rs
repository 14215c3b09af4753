//! What build systems other than cargo find wasmc by: a package of CMake's, and a file of pkg-config's.

use std::fs;

use anyhow::{Context, Result};

use super::File;
use crate::manifest;

/// Where an installation prefix has CMake's package.
const CMAKE: &str = "lib/cmake/wasmc/wasmcConfig.cmake";

/// The files, each by its place in a prefix, in which the command is at `command`.
pub fn files(version: &str, command: &str) -> Result<Vec<File>> {
    let path = manifest::root().join("compiler/driver/cmake/wasmcConfig.cmake");
    let cmake = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
    let versions = "\
# The package is that of one version, and of those asked for only that one will do.
if(PACKAGE_FIND_VERSION AND NOT PACKAGE_FIND_VERSION VERSION_EQUAL PACKAGE_VERSION)
  set(PACKAGE_VERSION_COMPATIBLE FALSE)
else()
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
  set(PACKAGE_VERSION_EXACT TRUE)
endif()
";
    let package = format!(
        "prefix=${{pcfiledir}}/../..\nincludedir=${{prefix}}/include\nwasmc=${{prefix}}/{command}\n\n\
         Name: wasmc\nDescription: compiles WebAssembly modules to native programs and libraries\n\
         Version: {version}\nCflags: -I${{includedir}}\n"
    );
    Ok(vec![
        File::new(CMAKE, cmake),
        File::new(CMAKE.replace("Config", "ConfigVersion"), format!("set(PACKAGE_VERSION {version:?})\n{versions}")),
        File::new("share/pkgconfig/wasmc.pc", package),
    ])
}
