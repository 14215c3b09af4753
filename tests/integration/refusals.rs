//! A kernel that refuses a system call: a program gets the result that the specification has for that, or says what is
//! wrong. It never dies of its own filter, which must know the calls of every way around.

use crate::programs::{Case, check_with, own};
use crate::support::{Bench, Machine, check_all, text};
use crate::threads::module;
use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output};
use wasmc_abi::confinement::VIOLATION_EXIT_STATUS;

/// How a call is refused: an error, and which calls get it. A call that was only interrupted is made again.
const ERRORS: [(&str, &str); 4] = [("ENOSYS", ""), ("EPERM", ""), ("ENOMEM", ""), ("EINTR", ":when=1+2")];

/// Calls that a process cannot be refused: those that start or end it or a thread, that the kernel itself makes, or
/// that always succeed.
const CERTAIN: [&str; 8] =
    ["execve", "exit", "exit_group", "getpid", "gettid", "restart_syscall", "rt_sigprocmask", "rt_sigreturn"];

/// A program that reads again for as long as reading fails, and what it reads by.
const READS_AGAIN: (&str, &str) = ("rust_std/all", "readv");

/// strace, given up after some time.
fn strace(options: &[&str], log: &Path, image: &Path) -> Command {
    let mut command = Command::new("timeout");
    command.args(["-s", "KILL", "20", "strace", "-f", "-o"]).arg(log).args(options).arg(image);
    command
}

/// The calls that a program makes.
fn calls(log: &Path) -> BTreeSet<String> {
    let log = std::fs::read_to_string(log).expect("strace writes a log");
    let lines = log.lines().filter_map(|line| line.split_once(' ')?.1.trim_start().split_once('('));
    let names = lines.map(|(name, _)| name).filter(|name| name.bytes().all(|c| c == b'_' || c.is_ascii_alphanumeric()));
    names.filter(|name| !CERTAIN.contains(name)).map(str::to_owned).collect()
}

/// Whether a program ended as it should where something was refused.
fn judge(output: &Output) -> Result<(), String> {
    let stderr = text(&output.stderr);
    let defects = ["that the program does not need", "wasmc: internal"];
    match (output.status.code(), output.status.signal()) {
        (Some(VIOLATION_EXIT_STATUS), _) | (_, Some(_)) => Err(format!("{}\n{stderr}", output.status)),
        _ if defects.iter().any(|defect| stderr.contains(defect)) => Err(stderr),
        _ => Ok(()),
    }
}

/// Runs a program once for each call that it makes, and as many of the `errors` as `takes` selects.
fn check(case: &Case, takes: impl Fn(usize, usize) -> bool) -> Result<(), String> {
    let bench = Bench::new();
    let (log, image) = (bench.path("log"), case.compile(&bench));
    case.run_by(&mut strace(&[], &log, &image))?;
    for (number, call) in calls(&log).iter().enumerate() {
        for (index, (error, when)) in ERRORS.into_iter().enumerate() {
            // A thread that waits may be interrupted, but not one that wakes others.
            let cannot_be = call == "futex" && error == "EINTR" || (case.name.as_str(), call.as_str()) == READS_AGAIN;
            if cannot_be || !takes(number, index) {
                continue;
            }
            let (trace, inject) = (format!("trace={call}"), format!("inject={call}:error={error}{when}"));
            // The kernel stops at this call alone.
            let options = ["--seccomp-bpf", "-e", &trace, "-e", &inject];
            let mut command = strace(&options, Path::new("/dev/null"), &image);
            let output = case.run_by(&mut command)?;
            judge(&output).map_err(|what| format!("{}: {call} gives {error}: {what}", case.name))?;
        }
    }
    Ok(())
}

#[test]
fn programs_survive_the_refusal_of_each_call() {
    check_all(&own(), |case| {
        let first = case.name.len();
        check(case, |call, error| (first + call) % ERRORS.len() == error)
    });
}

#[test]
#[ignore = "takes minutes: `cargo xtask test --full`"]
fn programs_survive_the_refusal_of_each_call_by_each_error() {
    check_all(&own(), |case| check(case, |_, _| true));
}

/// Starts a program without the functions that the kernel maps into it: removes their address from what it passes.
const WITHOUT_VDSO: &str = r#"
#include <elf.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static uintptr_t stack_pointer(pid_t child) {
    struct user_regs_struct registers;
    struct iovec room = {&registers, sizeof registers};
    ptrace(PTRACE_GETREGSET, child, NT_PRSTATUS, &room);
#if defined(__x86_64__)
    return registers.rsp;
#else
    return registers.sp;
#endif
}

int main(int argc, char **argv) {
    pid_t child = fork();
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        execv(argv[1], argv + 1);
        _exit(125);
    }
    int status;
    waitpid(child, &status, 0);
    uintptr_t at = stack_pointer(child);
    at += 8 * (ptrace(PTRACE_PEEKDATA, child, at, 0) + 2);
    while (ptrace(PTRACE_PEEKDATA, child, at, 0) != 0) at += 8;
    for (at += 8; ptrace(PTRACE_PEEKDATA, child, at, 0) != AT_NULL; at += 16) {
        if (ptrace(PTRACE_PEEKDATA, child, at, 0) == AT_SYSINFO_EHDR) ptrace(PTRACE_POKEDATA, child, at, AT_IGNORE);
    }
    ptrace(PTRACE_DETACH, child, 0, 0);
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) raise(WTERMSIG(status));
    return WEXITSTATUS(status);
}
"#;

#[test]
fn programs_read_clocks_where_the_kernel_maps_no_functions_for_that() {
    let tools = Bench::new();
    let (source, launcher) = (tools.write("launcher.c", WITHOUT_VDSO), tools.path("launcher"));
    let compiled = Command::new("cc").arg(source).arg("-o").arg(&launcher).status();
    assert!(compiled.is_ok_and(|status| status.success()));
    let launch = |image: &Path| {
        let mut command = Command::new(&launcher);
        command.arg(image);
        command
    };
    check_all(&own(), |case| check_with(case, Machine::default(), &Bench::new(), launch).map(drop));
    // A wait for some time reads a clock, though nothing that the module imports does.
    let bench = Bench::new();
    let wait = "(call $exit (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 10_000_000)))";
    let image = bench.compile_text(&module("", wait), &["--confine=strict"]);
    assert_eq!(launch(&image).status().unwrap().code(), Some(2));
}
