"""Wasmtime through its Python package: compiles modules and runs compiled ones for xtask.

    wasmtime.py compile MODULE OUTPUT REPORT
    wasmtime.py run COMPILED REPORT [--dir HOST::GUEST]... [--env NAME=VALUE]... [-- ARGUMENT...]

What is measured goes to REPORT as TOML. It is measured inside this process, so that Python's own start does not count:
for `compile` from bytes in memory to a file, for `run` from instantiation to exit.
"""

import argparse
import resource
import sys
import time

# Started as a script, so this file's folder comes first on the path and would hide the package of the same name.
sys.path.pop(0)
import wasmtime  # noqa: E402

# The words of the specification, where Wasmtime's differ.
REASONS = {
    wasmtime.TrapCode.UNREACHABLE: "unreachable",
    wasmtime.TrapCode.TABLE_OUT_OF_BOUNDS: "undefined element",
}

TRAP_STATUS = 134


class Watch:
    """Wall and user time from here on."""

    def __init__(self):
        self.user = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        self.wall = time.monotonic()

    def report(self, path):
        wall = time.monotonic() - self.wall
        user = resource.getrusage(resource.RUSAGE_SELF).ru_utime - self.user
        with open(path, "w") as file:
            file.write(f"wall = {wall:.9f}\nuser = {user:.9f}\n")


def new_engine():
    config = wasmtime.Config()
    # Default settings but for the stack: as much as is allowed without more settings.
    config.max_wasm_stack = 2 << 20
    # What programs may use that is off there.
    config.wasm_exceptions = True
    config.wasm_function_references = True
    config.wasm_gc = True
    return wasmtime.Engine(config)


def compile_module(options):
    with open(options.module, "rb") as file:
        wasm = file.read()
    watch = Watch()
    if not wasm.startswith(b"\0asm"):
        wasm = wasmtime.wat2wasm(wasm)
    compiled = wasmtime.Module(new_engine(), wasm).serialize()
    with open(options.output, "wb") as file:
        file.write(compiled)
    watch.report(options.report)


def run_module(options):
    engine = new_engine()
    module = wasmtime.Module.deserialize_file(engine, options.compiled)
    wasi = wasmtime.WasiConfig()
    wasi.inherit_stdin()
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    wasi.argv = ["program"] + options.arguments
    wasi.env = [tuple(pair.split("=", 1)) for pair in options.env]
    for grant in options.dir:
        host, guest = grant.split("::")
        wasi.preopen_dir(host, guest)
    store = wasmtime.Store(engine)
    store.set_wasi(wasi)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()

    status = 0
    watch = Watch()
    try:
        instance = linker.instantiate(store, module)
        instance.exports(store)["_start"](store)
    except wasmtime.ExitTrap as exit:
        status = exit.code
    except wasmtime.Trap as trap:
        reason = REASONS.get(trap.trap_code, trap.message)
        print(f"{trap}\nwasm trap: {reason}", file=sys.stderr)
        status = TRAP_STATUS
    watch.report(options.report)
    return status


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    compile_parser = commands.add_parser("compile")
    compile_parser.add_argument("module")
    compile_parser.add_argument("output")
    compile_parser.add_argument("report")
    compile_parser.set_defaults(command=compile_module)
    run_parser = commands.add_parser("run")
    run_parser.add_argument("compiled")
    run_parser.add_argument("report")
    run_parser.add_argument("--dir", action="append", default=[])
    run_parser.add_argument("--env", action="append", default=[])
    run_parser.set_defaults(command=run_module)
    own, arguments = sys.argv[1:], []
    if "--" in own:
        split = own.index("--")
        own, arguments = own[:split], own[split + 1 :]
    options = parser.parse_args(own)
    options.arguments = arguments
    sys.exit(options.command(options))


main()
