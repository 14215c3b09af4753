//! Options as they are typed.

use super::values::{
    BoundsChoice, ConfineChoice, Duration, FeatureSwitch, LeftOut, OptLevel, Size, UnknownImports, on_or_off,
};
use crate::embed::Embed;
use crate::grants::Grant;
use crate::options::Emit;
use clap::{ArgAction, Args, Parser, Subcommand, ValueHint};
use clap_complete::Shell;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  wasmc app.wasm                           write the executable `app`
  wasmc app.wasm -o build/app --strip      elsewhere, without symbols
  wasmc app.wasm --dir data::/data:ro      let it read `data`, under the name `/data`
  wasmc app.wasm host.o -o app             satisfy imports with native code
  wasmc app.wasm --target aarch64-linux    for another machine
  wasmc run app.wasm one two               compile, and run with arguments

A program reaches only those parts of the file system, the environment and the network that the
options under `Grants` give it, and those that the environment variable WASMC_GRANTS, in the same
syntax, adds when it starts.";

/// Compiles a WebAssembly module to a static native executable.
#[derive(Debug, Parser)]
#[command(name = "wasmc", version, about, after_help = EXAMPLES, max_term_width = 100)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub compile: CompileArgs,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compile a module to a temporary executable and run it
    Run(Box<RunArgs>),
    /// Say what a module consists of and what it needs, or what an executable may do
    Inspect {
        /// The module, in binary or text format, or an executable
        #[arg(value_hint = ValueHint::FilePath)]
        module: PathBuf,
    },
    /// Say where the bytes of a module's code and data go, and by a profile (`--profile-use`) its time
    Report(Box<ReportArgs>),
    /// List the targets that programs can be compiled for
    Targets,
    /// Write completions for a shell to standard output
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write the manual page to standard output
    Man,
}

#[derive(Debug, Args)]
pub struct CompileArgs {
    /// The module, in binary or text format; `-` reads standard input
    #[arg(value_name = "MODULE", value_hint = ValueHint::FilePath, required_unless_present = "features")]
    pub module: Option<PathBuf>,
    /// Native objects and archives that define functions which the module imports
    #[arg(value_name = "OBJECT", value_hint = ValueHint::FilePath)]
    pub natives: Vec<PathBuf>,
    /// Where the output goes [default: the module's name without extension; `-` is standard output]
    #[arg(short, long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// What the output is
    #[arg(long, value_name = "KIND", default_value = "exe")]
    pub emit: Emit,
    /// What the names of a library begin with [default: the module's name]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Leave the symbol table out
    #[arg(long)]
    pub strip: bool,
    /// Link with another linker, such as ld, instead of the built-in one
    #[arg(long, value_name = "PATH", value_hint = ValueHint::ExecutablePath)]
    pub linker: Option<PathBuf>,
    #[command(flatten)]
    pub common: CommonArgs,
}

#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The module, in binary or text format; `-` reads standard input
    #[arg(value_name = "MODULE", value_hint = ValueHint::FilePath, required_unless_present = "features")]
    pub module: Option<PathBuf>,
    /// Write a page with a map of code and data, for any browser, instead of tables
    #[arg(long)]
    pub html: bool,
    /// Where the report goes [default: standard output, or the module's name with `.html`]
    #[arg(short, long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub common: CommonArgs,
}

#[derive(Debug, Args)]
#[command(override_usage = "wasmc run [OPTIONS] MODULE [ARGUMENT]...")]
pub struct RunArgs {
    /// The module, in binary or text format (`-` reads standard input); everything after it, options included, is
    /// passed to the program
    #[arg(id = "command", value_name = "MODULE", value_hint = ValueHint::FilePath, trailing_var_arg = true)]
    #[arg(required_unless_present = "features")]
    words: Vec<OsString>,
    /// Link with a native object or archive that defines functions which the module imports (repeatable)
    #[arg(id = "object", long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub natives: Vec<PathBuf>,
    #[command(flatten)]
    pub common: CommonArgs,
}

impl RunArgs {
    /// The module, and the arguments after it; a `--` between them is not an argument.
    pub fn command(&self) -> Option<(&Path, &[OsString])> {
        let (module, arguments) = self.words.split_first()?;
        let arguments = match arguments {
            [dashes, arguments @ ..] if dashes == "--" => arguments,
            arguments => arguments,
        };
        Some((Path::new(module), arguments))
    }
}

/// Options of every command that compiles.
#[derive(Debug, Args)]
pub struct CommonArgs {
    /// How much to optimise: 0 compiles fastest, 1 to 3 run fastest, s is for size
    #[arg(short = 'O', value_name = "LEVEL", default_value = "2", hide_possible_values = true)]
    pub opt_level: OptLevel,
    /// Leave a pass of the optimiser out, to find what is at fault: `no-` and its name; several are separated by commas
    #[arg(long = "opt", value_name = "no-PASS", value_delimiter = ',', help_heading = "Development")]
    pub passes_left_out: Vec<LeftOut>,
    /// Compile for this target: a name that `wasmc targets` lists, or a file of your own [default: this machine]
    #[arg(long, value_name = "TARGET", value_hint = ValueHint::FilePath)]
    pub target: Option<String>,
    /// Use what this CPU offers: a name that `wasmc targets` lists, or `native` [default: the target's baseline]
    #[arg(long, value_name = "CPU")]
    pub cpu: Option<String>,
    /// Compute the same on every target, down to the bits of NaNs (the deterministic profile of the specification)
    #[arg(long)]
    pub deterministic: bool,
    /// Harden control flow on aarch64-linux: return addresses are signed, and indirect branches reach only landing pads
    /// (PAC, BTI; processors that lack them run the program without)
    #[arg(long)]
    pub cfi: bool,
    /// Let the program execute N instructions, then trap; those of a function, or of a turn of a loop, count when it
    /// begins. An instance of a library begins with N, and its host can grant more
    #[arg(long, value_name = "N")]
    pub fuel: Option<u64>,
    /// Let the host of a library interrupt the guest from another thread
    #[arg(long)]
    pub epoch: bool,
    /// Switch a proposal on or off (repeatable); `-W help` lists them
    #[arg(id = "features", short = 'W', long = "feature", value_name = "NAME[=y|n]", action = ArgAction::Append)]
    pub features: Vec<FeatureSwitch>,
    /// What becomes of imported functions that nothing defines: the module is refused (`error`), or a call of one ends
    /// the program with a message (`trap`) or returns zeroes (`default`). The embedder of a component's library is then
    /// (`trap`) not asked for what it imports of WASI, calls of which trap [default: error]
    #[arg(long, value_name = "error|trap|default", default_value = "error", hide_default_value = true)]
    #[arg(hide_possible_values = true)]
    pub unknown_imports: UnknownImports,
    /// Take native functions whose objects do not declare types (`WASMC_EXPORT` of wasmc.h) to have those of imports
    #[arg(long)]
    pub trust_native: bool,
    /// Call this exported function, which takes and returns nothing, while compiling: the program, or each instance of
    /// a library, begins with the memories, tables and globals that it leaves. It can call no imports, and has 1G of
    /// memory or what --max-memory says
    #[arg(long, value_name = "EXPORT")]
    pub preinit: Option<String>,
    /// How long that function may take [default: 60s]
    #[arg(long, value_name = "DURATION", requires = "preinit")]
    pub preinit_timeout: Option<Duration>,
    /// Count what the program does: it writes a profile, to FILE or in the folder it is started in, or where the
    /// environment variable WASMC_PROFILE says; later runs add to it. Linux only
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, help_heading = "Profiles")]
    pub profile_generate: Option<Option<String>>,
    /// Optimise for what the program has done when it wrote this profile, on whatever target (repeatable)
    #[arg(id = "profile-use", long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Profiles")]
    pub profiles: Vec<PathBuf>,
    /// Let the program use a directory; `:ro` at the end allows reading only (repeatable)
    #[arg(value_parser = Grant::directory)]
    #[arg(id = "dir", long, value_name = "HOST[::GUEST]", value_hint = ValueHint::DirPath, help_heading = "Grants")]
    pub directories: Vec<Grant>,
    /// Let the program use the file that is there when it starts; `:ro` at the end allows reading only (repeatable)
    #[arg(value_parser = Grant::file)]
    #[arg(id = "file", long, value_name = "HOST[::GUEST]", value_hint = ValueHint::FilePath, help_heading = "Grants")]
    pub files: Vec<Grant>,
    /// Make a directory part of the program, which can read it under the name GUEST (repeatable)
    #[arg(id = "embed", long, value_name = "DIR::GUEST", value_hint = ValueHint::DirPath, help_heading = "Grants")]
    pub embeds: Vec<Embed>,
    /// Have the program give up all system calls it does not need, and files outside its grants, before it runs: as far
    /// as the kernel can, or not start where it cannot [default: default; off with native objects]
    #[arg(long, value_name = "HOW", help_heading = "Grants")]
    pub confine: Option<ConfineChoice>,
    /// Let native objects make this system call in a confined program (repeatable)
    #[arg(id = "allow-syscall", long, value_name = "NAME", help_heading = "Grants")]
    pub allowed_calls: Vec<String>,
    /// Set an environment variable for the program; without a value, take it over when the program starts (repeatable)
    #[arg(value_parser = Grant::variable)]
    #[arg(id = "env", long, value_name = "NAME[=VALUE]", help_heading = "Grants")]
    pub variables: Vec<Grant>,
    /// Let the program see the whole environment it is started in
    #[arg(long, help_heading = "Grants")]
    pub inherit_env: bool,
    /// Pass the program an argument, on bare metal (repeatable)
    #[arg(id = "arg", long, value_name = "ARGUMENT", allow_hyphen_values = true, help_heading = "Bare metal")]
    pub arguments: Vec<String>,
    /// Seed random bytes with this number, on bare metal: they are the same in every run, and not secret [default: 0]
    #[arg(long, value_name = "NUMBER", help_heading = "Bare metal")]
    pub seed: Option<u64>,
    /// Give the program no standard input
    #[arg(long, help_heading = "Grants")]
    pub no_stdin: bool,
    /// Give the program no standard output
    #[arg(long, help_heading = "Grants")]
    pub no_stdout: bool,
    /// Give the program no standard error
    #[arg(long, help_heading = "Grants")]
    pub no_stderr: bool,
    /// Let the program accept connections at an address, such as 127.0.0.1:8080: on a socket whose descriptor follows
    /// those of directories and files; a component makes sockets itself (repeatable)
    #[arg(id = "listen", long, value_name = "ADDRESS", help_heading = "Grants")]
    pub addresses: Vec<SocketAddr>,
    /// Let a component connect and send to an address, such as 192.0.2.1:443 or [2001:db8::1]:*, where `*` is any
    /// (repeatable)
    #[arg(value_parser = Grant::network)]
    #[arg(id = "net", long, value_name = "HOST:PORT", help_heading = "Grants")]
    pub network: Vec<Grant>,
    /// Let a component look up the addresses of hosts by their names
    #[arg(long, help_heading = "Grants")]
    pub allow_ip_name_lookup: bool,
    /// How many files the program can have open, the three standard streams and a descriptor for each grant included
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(3..), help_heading = "Grants")]
    pub max_open_files: Option<u64>,
    /// End the program after this time, in seconds or with a unit, such as 500ms, 5m, 2h; its exit status is then 124
    #[arg(long, value_name = "DURATION", help_heading = "Grants")]
    pub timeout: Option<Duration>,
    /// Grant the program nothing more when it starts: it ignores WASMC_GRANTS
    #[arg(long, help_heading = "Grants")]
    pub sealed: bool,
    /// How accesses are kept in bounds: by reserved address space, or by a comparison [default: the target's]
    #[arg(long, value_name = "HOW", help_heading = "Memory")]
    pub bounds: Option<BoundsChoice>,
    /// Keep explicitly checked accesses and branches through tables in bounds during speculative execution, too
    /// (Spectre): for programs that share their process with secrets [default: off, as the process is the boundary]
    #[arg(long, value_name = "on|off", value_parser = on_or_off, help_heading = "Memory")]
    pub spectre: Option<bool>,
    /// Let memories, tables and the stacks of threads together have this size at most, such as 64M
    #[arg(long, value_name = "SIZE", help_heading = "Memory")]
    pub max_memory: Option<Size>,
    /// Let each table have this many elements at most
    #[arg(long, value_name = "N", help_heading = "Memory")]
    pub max_table_elements: Option<u64>,
    /// Let the heap of structures and arrays have this size at most, such as 64M [default: nearly 4G]
    #[arg(long, value_name = "SIZE", help_heading = "Memory")]
    pub max_gc_heap: Option<Size>,
    /// Let this many threads run at once, the first included
    #[arg(long, value_name = "N", help_heading = "Memory")]
    pub max_threads: Option<NonZeroU32>,
    /// Stack for the program [default: 8M on most targets]
    #[arg(long, value_name = "SIZE", help_heading = "Memory")]
    pub stack_size: Option<Size>,
    /// End with an error where compiling takes more memory [default: 128M, 64M for each further thread, and 300 times
    /// the module]
    #[arg(long, value_name = "SIZE", help_heading = "Limits")]
    pub max_compile_memory: Option<Size>,
    /// End with an error where the image is larger [default: 64M, and 16 times the module]
    #[arg(long, value_name = "SIZE", help_heading = "Limits")]
    pub max_image: Option<Size>,
    /// Threads to compile with [default: all processors]
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// Keep compiled functions in this folder, and take those that have not changed from it
    #[arg(long, value_name = "DIR")]
    pub cache: Option<PathBuf>,
    /// Say how long each phase takes
    #[arg(short, long, visible_alias = "time-passes")]
    pub verbose: bool,
}

impl CommonArgs {
    /// Whether `-W help` was given.
    pub fn wants_feature_list(&self) -> bool {
        self.features.iter().any(|switch| switch.name == "help")
    }
}
