//! The functions of `wasi:cli`. Long because it has a row for each of them.
//!
//! Made by `cargo xtask wit`: do not change it by hand.

functions! {
    "wasi:cli/environment" {
        "get-environment",
            wasmc_p2_cli_environment_get_environment
            (u32) -> (),
            "() -> list<tuple<string, string>>";
        "get-arguments",
            wasmc_p2_cli_environment_get_arguments
            (u32) -> (),
            "() -> list<string>";
        "initial-cwd",
            wasmc_p2_cli_environment_initial_cwd
            (u32) -> (),
            "() -> option<string>";
    }
    "wasi:cli/exit" {
        "exit",
            wasmc_p2_cli_exit_exit
            (u32) -> (),
            "(status: result)";
        "exit-with-code",
            wasmc_p2_cli_exit_exit_with_code
            (u32) -> (),
            "(status-code: u8)";
    }
    "wasi:cli/stdin" {
        "get-stdin",
            wasmc_p2_cli_stdin_get_stdin
            () -> (u32),
            "() -> own<wasi:io/streams#input-stream>";
    }
    "wasi:cli/stdout" {
        "get-stdout",
            wasmc_p2_cli_stdout_get_stdout
            () -> (u32),
            "() -> own<wasi:io/streams#output-stream>";
    }
    "wasi:cli/stderr" {
        "get-stderr",
            wasmc_p2_cli_stderr_get_stderr
            () -> (u32),
            "() -> own<wasi:io/streams#output-stream>";
    }
    "wasi:cli/terminal-input" {
        "[resource-drop]terminal-input",
            wasmc_p2_cli_terminal_input_drop_terminal_input
            (u32) -> (),
            "(self: own<wasi:cli/terminal-input#terminal-input>)";
    }
    "wasi:cli/terminal-output" {
        "[resource-drop]terminal-output",
            wasmc_p2_cli_terminal_output_drop_terminal_output
            (u32) -> (),
            "(self: own<wasi:cli/terminal-output#terminal-output>)";
    }
    "wasi:cli/terminal-stdin" {
        "get-terminal-stdin",
            wasmc_p2_cli_terminal_stdin_get_terminal_stdin
            (u32) -> (),
            "() -> option<own<wasi:cli/terminal-input#terminal-input>>";
    }
    "wasi:cli/terminal-stdout" {
        "get-terminal-stdout",
            wasmc_p2_cli_terminal_stdout_get_terminal_stdout
            (u32) -> (),
            "() -> option<own<wasi:cli/terminal-output#terminal-output>>";
    }
    "wasi:cli/terminal-stderr" {
        "get-terminal-stderr",
            wasmc_p2_cli_terminal_stderr_get_terminal_stderr
            (u32) -> (),
            "() -> option<own<wasi:cli/terminal-output#terminal-output>>";
    }
}
