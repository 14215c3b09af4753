//! Native functions of random types get the arguments that they are called with, and what they return arrives: compiled
//! code passes values as C compilers do.

use super::toolchain::{self, Toolchain};
use crate::support::{Bench, finish, text};
use std::fmt::Write as _;

/// Functions in a program, and programs.
const FUNCTIONS: u64 = 250;
const PROGRAMS: u64 = 4;

/// Types by number: of WebAssembly, and of C.
const TYPES: [(&str, &str); 4] = [("i32", "int32_t"), ("i64", "int64_t"), ("f32", "float"), ("f64", "double")];

/// A value of a type.
#[derive(Clone, Copy)]
struct Value {
    ty: usize,
    bits: u64,
}

impl Value {
    /// As the constant that both languages write it by. Floats are exact, and not integers.
    fn literal(self) -> String {
        match self.ty {
            0 => format!("{}", self.bits as i32),
            1 => format!("{}", self.bits as i64),
            2 => format!("{}", (self.bits % (1 << 20)) as f32 / 8.0 + 0.125),
            _ => format!("{}", (self.bits % (1 << 40)) as f64 / 16.0 + 0.0625),
        }
    }

    /// In C. The least integers have no literal there.
    fn in_c(self) -> String {
        match self.ty {
            0 => format!("(int32_t){}u", self.bits as u32),
            1 => format!("(int64_t){}ull", self.bits),
            2 => format!("(float){}", self.literal()),
            _ => self.literal(),
        }
    }
}

struct Function {
    params: Vec<Value>,
    result: Option<Value>,
}

/// Numbers that look random (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let bits = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ bits >> 31
    }

    /// A function: of a mixture of types, or mostly of one, so that each kind of register runs out.
    fn function(&mut self) -> Function {
        let favourite = (self.next() % 8) as usize;
        let value = |random: &mut Self| {
            let any = (random.next() % 4) as usize;
            let ty = if favourite < 4 && !random.next().is_multiple_of(4) { favourite } else { any };
            Value { ty, bits: random.next() }
        };
        let params = (0..self.next() % 25).map(|_| value(self)).collect();
        Function { params, result: (!self.next().is_multiple_of(5)).then(|| value(self)) }
    }
}

/// `(i32, i64) -> f64`
fn declared(function: &Function) -> String {
    let params: Vec<&str> = function.params.iter().map(|value| TYPES[value.ty].0).collect();
    format!("({}) -> {}", params.join(", "), function.result.map_or("()", |result| TYPES[result.ty].0))
}

/// The functions in C: each notes where it got something else.
fn in_c(functions: &[Function]) -> String {
    let mut text = String::from(
        "#include \"wasmc.h\"\nstatic int first_wrong = -1;\nWASMC_EXPORT(env_wrong, \"() -> i32\");\n\
         int env_wrong(void) { return first_wrong; }\n",
    );
    for (function, index) in functions.iter().zip(0..) {
        let params = function.params.iter().zip(0..);
        let list: Vec<String> = params.clone().map(|(value, at)| format!("{} p{at}", TYPES[value.ty].1)).collect();
        let list = if list.is_empty() { "void".into() } else { list.join(", ") };
        let result = function.result.map_or("void", |result| TYPES[result.ty].1);
        let checks: Vec<String> = params.map(|(value, at)| format!("p{at} == {}", value.in_c())).collect();
        let checks = [&["1".to_owned()], &checks[..]].concat().join(" && ");
        let returns = function.result.map_or(String::new(), |result| format!("return {};", result.in_c()));
        writeln!(
            text,
            "WASMC_EXPORT(env_f{index}, \"{}\");\n{result} env_f{index}({list}) {{ if (!({checks}) && first_wrong < 0) \
             first_wrong = {index}; {returns} }}",
            declared(function)
        )
        .unwrap();
    }
    text
}

/// A module that calls each, some of them through references and some in place of another function, and ends with
/// status 0 where all is right.
fn module(functions: &[Function], tail_calls: bool) -> String {
    let (mut imports, mut calls) = (String::new(), String::new());
    for (function, index) in functions.iter().zip(0..) {
        let list = |values: &[Value]| values.iter().map(|value| TYPES[value.ty].0).collect::<Vec<_>>().join(" ");
        let (params, results) = (list(&function.params), list(&function.result.into_iter().collect::<Vec<_>>()));
        let ty = format!("(param {params}) (result {results})");
        writeln!(imports, "(import \"env\" \"f{index}\" (func $f{index} {ty}))").unwrap();
        let args: Vec<String> =
            function.params.iter().map(|value| format!("({}.const {})", TYPES[value.ty].0, value.literal())).collect();
        let args = args.join(" ");
        let call = match index % 5 {
            0 => format!("(call_indirect {ty} {args} (i32.const {index}))"),
            1 if tail_calls => format!("(call $t{index})"),
            _ => format!("(call $f{index} {args})"),
        };
        if index % 5 == 1 && tail_calls {
            writeln!(calls, "(func $t{index} (result {results}) (return_call $f{index} {args}))").unwrap();
        }
        let check = match function.result {
            None => call,
            Some(result) => {
                let ty = TYPES[result.ty].0;
                format!("(call $expect (i32.const {index}) ({ty}.eq {call} ({ty}.const {})))", result.literal())
            }
        };
        writeln!(calls, "(func $c{index} {check})").unwrap();
    }
    let run: String = (0..functions.len()).map(|index| format!("(call $c{index})")).collect();
    let table: String = (0..functions.len()).map(|index| format!(" $f{index}")).collect();
    format!(
        "(module (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32)))
        (import \"env\" \"wrong\" (func $wrong (result i32))) {imports}
        (table funcref (elem{table}))
        (func $expect (param i32 i32) (if (i32.eqz (local.get 1)) (then (call $fail (local.get 0)))))
        (func $fail (param i32) (drop (i32.div_u (i32.const 1) (i32.const 0))))
        {calls}
        (func (export \"_start\") {run} (call $exit (i32.add (call $wrong) (i32.const 1)))))"
    )
}

fn check(toolchain: Toolchain) {
    for program in 0..PROGRAMS {
        let bench = Bench::new();
        let mut random = Random(program);
        let functions: Vec<Function> = (0..FUNCTIONS).map(|_| random.function()).collect();
        let optimised = program % 2 == 0;
        let options = if optimised { ["-O1", "-fPIC"] } else { ["-O0", "-fPIC"] };
        let object = toolchain.compile_one(bench.folder.path(), &in_c(&functions), &options);
        let level = if optimised { "-O2" } else { "-O0" };
        let options = [toolchain.machine.options, &[object.to_str().expect("the path is text"), level]].concat();
        let image = bench.compile_text(&module(&functions, program >= 2), &options);
        let output = finish(&mut toolchain.machine.start(&image));
        let target = toolchain.machine.options;
        // The status is one more than the number of the first function that got something else.
        assert_eq!(output.status.code(), Some(0), "{target:?}, program {program}: {}", text(&output.stderr));
    }
}

#[test]
fn values_are_passed_as_c_compilers_do() {
    toolchain::all().into_iter().for_each(check);
}
