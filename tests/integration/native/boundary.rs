//! What a native function must be to satisfy an import: of the declared type, and of no other import.

use super::toolchain::SYSTEM;
use crate::bad_input::refuse;
use crate::support::{Bench, finish, root, text, wasmc};
use std::path::{Path, PathBuf};
use std::process::Command;
use wasmc_tests::emulators;

/// A module that imports functions, calls none with arguments, and runs `body`.
fn module(imports: &str, body: &str) -> String {
    format!(
        "(module (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32))) {imports}
        (memory (export \"memory\") 1) (func (export \"_start\") {body}))"
    )
}

/// Imports `env.f` of a type.
fn imports_f(ty: &str) -> String {
    module(&format!("(import \"env\" \"f\" (func $f {ty}))"), "unreachable")
}

fn compiled(folder: &Bench, source: &str) -> PathBuf {
    SYSTEM.compile_one(folder.folder.path(), &format!("#include \"wasmc.h\"\n{source}"), &["-O1", "-fPIC"])
}

/// What the compiler says where it refuses a module with an object.
fn refused(module: &str, object: &Path, options: &[&str]) -> String {
    let bench = Bench::new();
    let module = bench.write("module.wat", module);
    let words = options.iter().map(ToString::to_string).chain([object.display().to_string()]);
    refuse(&bench, &module, &words.collect::<Vec<_>>()).unwrap()
}

#[track_caller]
fn contains(said: &str, words: &[&str]) {
    words.iter().for_each(|word| assert!(said.contains(word), "{word:?} is missing: {said}"));
}

const CALLS_F: &str = "(import \"env\" \"f\" (func $f (param i32) (result i32)))";
const F: &str = "int env_f(int x) { return x + 1; }";

#[test]
fn a_function_without_a_declared_type_is_trusted_only_where_it_is_said() {
    let folder = Bench::new();
    let object = compiled(&folder, F);
    let program = module(CALLS_F, "(call $exit (call $f (i32.const 41)))");
    let said = refused(&program, &object, &[]);
    contains(&said, &["function env.f: (i32) -> i32", "host.o does not say", "`env_f`"]);
    contains(&said, &["WASMC_EXPORT(env_f, \"(i32) -> i32\")", "--trust-native"]);
    let archive = folder.path("libhost.a");
    assert!(finish(Command::new("ar").arg("rcs").arg(&archive).arg(&object)).status.success());
    contains(&refused(&program, &archive, &[]), &["libhost.a(host.o) does not say"]);
    let bench = Bench::new();
    let image = bench.compile_text(&program, &["--trust-native", object.to_str().unwrap()]);
    assert_eq!(finish(&mut Command::new(image)).status.code(), Some(42));
}

#[test]
fn types_must_be_the_same() {
    let folder = Bench::new();
    let object = compiled(&folder, &format!("WASMC_EXPORT(env_f, \"(i32)->i32\");\n{F}"));
    for (ty, shown) in [
        ("(param i32) (result i64)", "(i32) -> i64"),
        ("(param i32)", "(i32) -> ()"),
        ("(param i32 i32) (result i32)", "(i32, i32) -> i32"),
        ("(param f32) (result i32)", "(f32) -> i32"),
        ("(param externref) (result i32)", "(externref) -> i32"),
    ] {
        for options in [&[][..], &["--trust-native"]] {
            let said = refused(&imports_f(ty), &object, options);
            contains(&said, &[&format!("function env.f: {shown}"), "host.o `env_f` is (i32) -> i32"]);
        }
    }
    let references =
        compiled(&folder, "WASMC_EXPORT(env_f, \"(externref) -> funcref\");\nlong env_f(long x) { return 0 * x; }");
    let program = "(import \"env\" \"f\" (func $f (param externref) (result funcref)))";
    let body = "(call $exit (ref.is_null (call $f (ref.null extern))))";
    let bench = Bench::new();
    let image = bench.compile_text(&module(program, body), &[references.to_str().unwrap()]);
    assert_eq!(finish(&mut Command::new(image)).status.code(), Some(1));
}

#[test]
fn declarations_must_be_types_and_agree() {
    let folder = Bench::new();
    let object = compiled(&folder, &format!("WASMC_EXPORT(env_f, \"(int) -> int\");\n{F}"));
    contains(
        &refused(&imports_f(""), &object, &[]),
        &["host.o: section .wasmc.exports", "`(int) -> int`", "(i32, i64"],
    );
    let twice = format!("WASMC_EXPORT(env_f, \"() -> i32\"); WASMC_EXPORT(env_f, \"(i32) -> i32\");\n{F}");
    contains(
        &refused(&imports_f(""), &compiled(&folder, &twice), &[]),
        &["`env_f` has type () -> i32", "(i32) -> i32"],
    );
}

/// What an object declares of its own function says nothing of that which is linked in its place.
#[test]
fn the_declaration_is_that_of_the_function_which_is_linked() {
    let [declared, other] = [Bench::new(), Bench::new()];
    let weak = format!("WASMC_EXPORT(env_f, \"(i32) -> i32\");\n__attribute__((weak)) {F}");
    let (weak, strong) = (compiled(&declared, &weak), compiled(&other, "long env_f(void) { return 1; }"));
    let bench = Bench::new();
    let path = bench.write("module.wat", module(CALLS_F, ""));
    let objects = [&weak, &strong].map(|object| object.display().to_string());
    contains(&refuse(&bench, &path, &objects).unwrap(), &["does not say", strong.to_str().unwrap()]);
    // In an object without the function it is.
    let declaration = compiled(&declared, "WASMC_EXPORT(env_f, \"(i32) -> i32\");");
    let function = compiled(&other, F);
    let objects = [&declaration, &function].map(|object| object.to_str().unwrap());
    Bench::new().compile_text(&module(CALLS_F, ""), &objects);
}

#[test]
fn imports_do_not_share_a_function() {
    let folder = Bench::new();
    let object = compiled(&folder, "WASMC_EXPORT(env_a_b, \"(i64) -> i64\");\nlong env_a_b(long x) { return x; }");
    let import = |name: &str, ty: &str| format!("(import \"env\" \"{name}\" (func (param {ty}) (result {ty})))");
    let both = module(&format!("{} {}", import("a.b", "i64"), import("a_b", "i64")), "");
    for options in [&[][..], &["--trust-native"]] {
        contains(&refused(&both, &object, options), &["env.a_b", "`env_a_b` is also that of env.a.b"]);
    }
    let twice = module(&format!("{} {}", import("a.b", "i64"), import("a.b", "i64")), "");
    Bench::new().compile_text(&twice, &[object.to_str().unwrap()]);
    let untyped = compiled(&folder, "long env_a_b(long x) { return x; }");
    let in_two_ways = module(&format!("{} {}", import("a.b", "i64"), import("a.b", "f64")), "");
    contains(&refused(&in_two_ways, &untyped, &["--trust-native"]), &["env.a.b: (f64) -> f64", "another type"]);
}

#[test]
fn what_is_no_function_satisfies_nothing() {
    let folder = Bench::new();
    let object = compiled(&folder, "WASMC_EXPORT(env_f, \"() -> ()\");\nint env_f = 5;");
    contains(&refused(&imports_f(""), &object, &["--trust-native"]), &["host.o `env_f` is no function"]);
}

/// Not even by the type that it has: the runtime's are the only ones.
#[test]
fn functions_of_wasi_are_not_replaced() {
    let folder = Bench::new();
    let program = "(module (import \"wasi_snapshot_preview1\" \"sched_yield\" (func $yield (result i32)))
        (func (export \"_start\") (drop (call $yield))))";
    let source = "WASMC_EXPORT(wasi_snapshot_preview1_sched_yield, \"() -> i32\");
        int wasi_snapshot_preview1_sched_yield(void) { return 9; }";
    let said = refused(program, &compiled(&folder, source), &["--trust-native"]);
    contains(&said, &["wasi_snapshot_preview1_sched_yield", "host.o", "<runtime>"]);
}

/// Without `WASMC_EXPORT`: two strings in the section.
#[test]
fn assembly_declares_types_by_hand() {
    let folder = Bench::new();
    let source =
        ".pushsection .wasmc.exports, \"e\"\n.asciz \"env_f\"\n.asciz \"(i32) -> i32\"\n.popsection\n.globl env_f\n";
    let code = if cfg!(target_arch = "x86_64") { "lea 1(%rdi), %eax\nret\n" } else { "add w0, w0, #1\nret\n" };
    let source = folder.write("host.s", format!("{source}env_f:\n{code}"));
    let object = folder.path("host.o");
    assert!(finish(Command::new("cc").arg("-c").arg(source).arg("-o").arg(&object)).status.success());
    let bench = Bench::new();
    let program = module(CALLS_F, "(call $exit (call $f (i32.const 41)))");
    let image = bench.compile_text(&program, &[object.to_str().unwrap()]);
    assert_eq!(finish(&mut Command::new(image)).status.code(), Some(42));
}

#[test]
fn the_header_is_for_every_c_and_c_plus_plus() {
    let bench = Bench::new();
    let source = "#include \"wasmc.h\"\n#ifdef __cplusplus\nextern \"C\"\n#endif\nint env_f(int x);\n\
                  WASMC_EXPORT(env_f, \"(i32) -> i32\");\nint env_f(int x) { return x; }\n";
    for (compiler, file, standard) in [
        ("cc", "host.c", "-std=c99"),
        ("c++", "host.cc", "-std=c++17"),
        ("clang-19", "host.c", "-std=c99"),
        ("clang-19", "host.cc", "-std=c++17"),
    ] {
        if !emulators::is_installed(compiler) {
            continue;
        }
        let source = bench.write(file, source);
        for level in ["-O0", "-O3"] {
            let mut command = Command::new(compiler);
            command.args([
                "-Wall",
                "-Wextra",
                "-Wpedantic",
                "-Werror",
                "-ffreestanding",
                "-fPIC",
                "-c",
                standard,
                level,
            ]);
            command.arg("-I").arg(root().join("runtime-lib/include")).arg(&source).arg("-o").arg(bench.path("host.o"));
            let output = finish(&mut command);
            assert!(output.status.success(), "{command:?}: {}", text(&output.stderr));
            bench.compile_text(&module(CALLS_F, ""), &[bench.path("host.o").to_str().unwrap()]);
        }
    }
}

/// The crate `wasmc-native` writes what the header's macro writes.
#[test]
fn functions_in_rust_declare_their_types() {
    const SOURCE: &str = "#![no_std]
        #[panic_handler]
        fn panic(_: &core::panic::PanicInfo<'_>) -> ! { wasmc_native::wasmc_exit(70) }
        wasmc_native::export! {
            /// Documented.
            fn env_f(x: i32) -> i32 { x + wasmc_native::wasmc_memory_size() as i32 / 65536 }
            fn env_all(a: i32, b: u32, c: i64, d: u64, e: f32, f: f64, g: ExternRef,) -> FuncRef { loop {} }
            fn env_nothing() {}
        }";
    let bench = Bench::new();
    let rustc = |kind: &str, source: &Path| {
        let mut command = Command::new("rustc");
        command.current_dir(bench.folder.path()).args([
            "--edition=2024",
            "-O",
            "-Cpanic=abort",
            "-Crelocation-model=pic",
        ]);
        command.args(["-Adead_code", "-Aunused", "-L", ".", "--crate-type", kind]).arg(source);
        command
    };
    let native = root().join("compiler/native/src/lib.rs");
    let output = finish(rustc("rlib", &native).args(["--crate-name", "wasmc_native"]));
    assert!(output.status.success(), "{}", text(&output.stderr));
    let output = finish(rustc("staticlib", &bench.write("host.rs", SOURCE)).args(["--extern", "wasmc_native"]));
    assert!(output.status.success(), "{}", text(&output.stderr));
    let archive = bench.path("libhost.a");
    let all = "(import \"env\" \"all\" (func (param i32 i32 i64 i64 f32 f64 externref) (result funcref)))
        (import \"env\" \"nothing\" (func))";
    let program = module(&format!("{CALLS_F} {all}"), "(call $exit (call $f (i32.const 41)))");
    let image = bench.compile_text(&program, &[archive.to_str().unwrap()]);
    assert_eq!(finish(&mut Command::new(image)).status.code(), Some(42));
    contains(&refused(&imports_f("(param i64)"), &archive, &[]), &["`env_f` is (i32) -> i32", "libhost.a("]);
}

const UNKNOWN: &str = "(import \"env\" \"abort\" (func $abort (param i32 f64) (result f32 externref)))
    (import \"wasi_snapshot_preview1\" \"fd_teleport\" (func $teleport (result i64)))
    (func $tail (result i64) (return_call $teleport)) (table funcref (elem $teleport))";

#[test]
fn imports_that_nothing_satisfies_trap_or_return_zeroes() {
    let bench = Bench::new();
    let run = |body: &str, how: &str| {
        let image = bench.compile_text(&module(UNKNOWN, body), &["--unknown-imports", how]);
        finish(&mut Command::new(image))
    };
    let all = "(drop (call $abort (i32.const 1) (f64.const 2))) (f32.ne (f32.const 0)) (if (then unreachable))
        (i64.or (call $tail) (call_indirect (result i64) (i32.const 0))) (i64.ne (i64.const 0)) (if (then unreachable))
        (call $exit (i32.const 42))";
    assert_eq!(run(all, "default").status.code(), Some(42));
    for (body, import) in [
        ("(drop (drop (call $abort (i32.const 1) (f64.const 2))))", "env.abort"),
        ("(drop (call $tail))", "wasi_snapshot_preview1.fd_teleport"),
        ("(drop (call_indirect (result i64) (i32.const 0)))", "wasi_snapshot_preview1.fd_teleport"),
    ] {
        let output = run(body, "trap");
        assert_eq!(output.status.code(), Some(134), "{body}");
        contains(&text(&output.stderr), &["wasm trap: unknown import\n", &format!("0: {import} ")]);
    }
    assert_eq!(run("(call $exit (i32.const 5))", "trap").status.code(), Some(5));
}

#[test]
fn imports_that_nothing_satisfies_are_refused_by_default() {
    let bench = Bench::new();
    let path = bench.write("module.wat", module(UNKNOWN, ""));
    for options in [&[][..], &["--unknown-imports=error"]] {
        let options: Vec<String> = options.iter().map(ToString::to_string).collect();
        contains(&refuse(&bench, &path, &options).unwrap(), &["env.abort", "fd_teleport", "--unknown-imports=trap"]);
    }
    let said = refuse(&bench, &path, &["--unknown-imports=trap", "--emit=obj"].map(String::from)).unwrap();
    contains(&said, &["--unknown-imports", "linked"]);
    // What has a wrong type is not unknown.
    let wrong = "(import \"wasi_snapshot_preview1\" \"fd_close\" (func)) (import \"env\" \"g\" (global i32))";
    let bench = Bench::new();
    let path = bench.write("module.wat", module(wrong, ""));
    contains(&refuse(&bench, &path, &["--unknown-imports=trap".into()]).unwrap(), &["fd_close", "env.g"]);
}

/// An object is linked by others, who look for its imports then.
#[test]
fn objects_leave_their_imports_open() {
    let bench = Bench::new();
    let path = bench.write("module.wat", module(CALLS_F, ""));
    let output = finish(wasmc().arg(path).args(["--emit=obj", "-o"]).arg(bench.path("module.o")));
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn what_no_program_can_have_is_refused_by_section_and_object() {
    let folder = Bench::new();
    let refused = |source: &str, words: &[&str]| {
        let source = format!("WASMC_EXPORT(env_f, \"() -> ()\");\n{source}\nvoid env_f(void) {{ USE; }}");
        contains(&refused(&imports_f(""), &compiled(&folder, &source), &[]), &[&["host.o"], words].concat());
    };
    refused("_Thread_local int local = 5;\n#define USE local++", &["section .tdata", "thread-local"]);
    refused("_Thread_local int local;\n#define USE local++", &["section .tbss", "thread-local"]);
    refused(
        "__asm__(\".section both,\\\"awx\\\"\\n.zero 8\\n.text\");\n#define USE",
        &["section both", "written and executed"],
    );
    refused(
        "__attribute__((destructor)) void end(void) {}\n#define USE",
        &["section .fini_array", "when the program ends"],
    );
    refused("__asm__(\".section .preinit_array,\\\"aw\\\"\\n.quad 0\\n.text\");\n#define USE", &[".preinit_array"]);
    let source = "void a(void) {} void *choose(void) { return a; }\n\
                  WASMC_EXPORT(env_f, \"() -> ()\");\nvoid env_f(void) __attribute__((ifunc(\"choose\")));";
    contains(&self::refused(&imports_f(""), &compiled(&folder, source), &["--trust-native"]), &["env_f"]);
}
