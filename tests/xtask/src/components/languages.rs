//! Programs in JavaScript and Python (`fixtures/components/languages`), which carry their interpreters, and one of
//! both.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::program::{Check, Program};
use super::tools::{self, Tool, Tools};
use crate::manifest;

/// A program in Python is compiled once, and run for each part of WASI.
const PYTHON: [(&str, &str); 8] = [
    ("start", "started\n"),
    ("tcp", "5 True\n100000 True\nTrue\n"),
    ("serve", "TO THE SERVER True\n"),
    ("udp", "1 True\n1400 True\n"),
    ("names", "True\nno such name\n"),
    ("files", "line 5000 ['other']\n'line\\nline\\n'\nPermissionError\nFileNotFoundError\n"),
    ("clocks", "True True\n"),
    ("poll", "x\n[]\n['second'] x\n['third'] x\n['first'] x\n"),
];

const JAVASCRIPT: &str = "sum 729977\n4 {\"a\":[1,2,{\"b\":null}]}\n1970-01-01T00:00:00.000Z true true\n";

fn sources() -> PathBuf {
    manifest::root().join("fixtures/components/languages")
}

/// The programs.
pub fn programs(tools: &Tools) -> Vec<Program> {
    let (js, py) = (tools.componentize_js.clone(), tools.componentize_py.clone());
    let python = Program {
        options: ["--net=127.0.0.1:*", "--listen=127.0.0.1:0", "--allow-ip-name-lookup", "--dir={scratch}::/data"]
            .map(str::to_owned)
            .to_vec(),
        checks: PYTHON.iter().map(|(part, stdout)| Check::new(&[part, "{port}"], stdout)).collect(),
        measured: Some(&["start"]),
        ..Program::new("Python: WASI", "componentize-py", move |path: &Path| componentize_py(&py, "program", path))
    };
    let javascript = Program {
        checks: vec![Check::new(&[], JAVASCRIPT)],
        measured: Some(&[]),
        ..Program::new("JavaScript", "componentize-js", move |path: &Path| componentize_js(&js, "program", path))
    };
    let (js, py, wac) = (tools.componentize_js.clone(), tools.componentize_py.clone(), tools.wac.clone());
    let composed = Program {
        checks: vec![Check::new(&[], "añañ €😀\nrefused: no words\n")],
        ..Program::new(
            "JavaScript that calls Python",
            "componentize-js, componentize-py, wac plug",
            move |path: &Path| {
                let (caller, called) = (path.with_extension("caller.wasm"), path.with_extension("called.wasm"));
                let parts = [componentize_js(&js, "caller", &caller)?, componentize_py(&py, "called", &called)?];
                if let Some(advice) = parts.into_iter().flatten().next() {
                    return Ok(Some(advice));
                }
                tools::run(wac.command(&sources()), |command| {
                    command.arg("plug").arg(&caller).arg("--plug").arg(&called).arg("-o").arg(path);
                })
            },
        )
    };
    vec![javascript, python, composed]
}

/// A component of a world and a file of the same name.
fn componentize_js(tool: &Tool, world: &str, output: &Path) -> Result<Option<String>> {
    tools::run(tool.command(&sources()), |command| {
        command.arg(format!("{world}.js")).args(["--wit", "wit", "--world-name", world]);
        command.args(["--disable", "http", "fetch-event", "--out"]).arg(output);
    })
}

/// As above.
fn componentize_py(tool: &Tool, world: &str, output: &Path) -> Result<Option<String>> {
    tools::run(tool.command(&sources()), |command| {
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command.args(["--wit-path", "wit", "--world", world, "componentize", world, "--output"]).arg(output);
    })
}
