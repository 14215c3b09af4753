//! Garbage collection as users see it: how much memory programs take, what is said where it ends, what is refused, and
//! what programs pay that make no objects. What the instructions do is in `fixtures/scripts/gc.wast`.

use crate::bad_input::refuse;
use crate::cross::{self, AARCH64, RISCV64};
use crate::support::{Bench, Machine, finish, root, text};
use std::process::{Command, Output};
use wasmc_abi::trap::TRAP_EXIT_STATUS;

/// How a program ended, and what it said.
fn end(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), text(&output.stderr))
}

/// Makes `count` nodes of 16 bytes, and keeps the last `kept` of them in a list each time that there are so many.
fn lists(count: u32, kept: u32) -> String {
    format!(
        r#"(module
            (type $node (struct (field i32) (field (ref null $node))))
            (global $list (mut (ref null $node)) (ref.null $node))
            (func $length (param $list (ref null $node)) (result i32) (local $length i32)
                (block $end
                    (loop $next
                        (br_if $end (ref.is_null (local.get $list)))
                        (local.set $length (i32.add (local.get $length) (i32.const 1)))
                        (local.set $list (struct.get $node 1 (local.get $list)))
                        (br $next)))
                (local.get $length))
            (func (export "_start") (local $i i32)
                (loop $more
                    (if (i32.eqz (i32.rem_u (local.get $i) (i32.const {kept})))
                        (then (global.set $list (ref.null $node))))
                    (global.set $list (struct.new $node (local.get $i) (global.get $list)))
                    (br_if $more
                        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const {count}))))
                (if (i32.ne (call $length (global.get $list)) (i32.const {kept})) (then unreachable))))"#
    )
}

#[test]
fn garbage_makes_room_for_more() {
    let module = lists(4_000_000, 10_000);
    let emulated = [AARCH64, RISCV64].into_iter().filter(|&machine| cross::is_there(machine));
    for machine in [Machine::default(), Machine::with(&["-O0"])].into_iter().chain(emulated) {
        let bench = Bench::new();
        let options = [machine.options, &["--max-gc-heap=1M", "--max-memory=2M"]].concat();
        let image = bench.compile_text(&module, &options);
        assert_eq!(end(&finish(&mut machine.start(&image))), (Some(0), String::new()), "{machine:?}");
    }
}

#[test]
fn a_heap_ends_where_its_limit_does() {
    let bench = Bench::new();
    let said = "wasm trap: heap exhausted\nbacktrace:\n    0: _start (";
    for limit in ["--max-gc-heap=1M", "--max-memory=1M"] {
        let image = bench.compile_text(&lists(1_000_000, 1_000_000), &[limit]);
        let (status, message) = end(&finish(&mut Command::new(image)));
        assert_eq!(status, Some(TRAP_EXIT_STATUS), "{message}");
        assert!(message.starts_with(said), "{limit}: {message}");
    }
    let array = "(module (type $a (array i64)) (global $n (mut i32) (i32.const 0x7fffffff))
        (func (export \"_start\") (drop (array.new_default $a (global.get $n)))))";
    let (status, message) = end(&finish(&mut Command::new(bench.compile_text(array, &[]))));
    assert_eq!(status, Some(TRAP_EXIT_STATUS), "{message}");
    assert!(message.starts_with(said), "{message}");
}

#[test]
fn large_arrays_make_room_for_others() {
    let bench = Bench::new();
    let text = "(module (type $a (array (mut i64))) (global $a (mut (ref null $a)) (ref.null $a))
        (func (export \"_start\") (local $i i32)
            (loop $again
                (global.set $a (ref.null $a))
                (global.set $a (array.new $a (i64.const 5) (i32.const 2000000)))
                (if (i64.ne (array.get $a (global.get $a) (i32.const 1999999)) (i64.const 5)) (then unreachable))
                (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 20))))))";
    let image = bench.compile_text(text, &["--max-gc-heap=56M"]);
    assert_eq!(end(&finish(&mut Command::new(image))), (Some(0), String::new()));
}

/// The environment can ask for a collection at every allocation, and for a report of each.
#[test]
fn collections_are_made_and_reported_on_request() {
    let bench = Bench::new();
    let image = bench.compile_text(&lists(300, 100), &[]);
    let (status, said) = end(&finish(Command::new(&image).env("WASMC_HEAP", "stress statistics")));
    assert_eq!(status, Some(0), "{said}");
    assert!(said.lines().count() >= 300 && said.lines().all(|line| line.starts_with("heap: ")), "{said}");
    assert_eq!(end(&finish(&mut Command::new(&image))), (Some(0), String::new()));
}

/// Major collections go on in slices, and no minor one has much to do, however much lives: 33 MB in trees, 2,000 of
/// which are replaced, and an array with as many slots as objects that are written anywhere in it.
#[test]
fn no_pause_has_much_to_do() {
    let bench = Bench::new();
    let trees = r#"(module
        (type $tree (struct (field (ref null $tree)) (field (ref null $tree))))
        (type $trees (array (mut (ref null $tree))))
        (func $make (param $depth i32) (result (ref $tree))
            (if (result (ref $tree)) (i32.eqz (local.get $depth))
                (then (struct.new $tree (ref.null none) (ref.null none)))
                (else (struct.new $tree
                    (call $make (i32.sub (local.get $depth) (i32.const 1)))
                    (call $make (i32.sub (local.get $depth) (i32.const 1)))))))
        (func (export "_start") (local $trees (ref $trees)) (local $i i32)
            (local.set $trees (array.new_default $trees (i32.const 1000)))
            (loop $next
                (array.set $trees (local.get $trees)
                    (i32.rem_u (i32.mul (local.get $i) (i32.const 7)) (i32.const 1000)) (call $make (i32.const 10)))
                (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3000))))))"#;
    let slots = r#"(module
        (type $box (struct (field i64)))
        (type $slots (array (mut (ref null $box))))
        (func (export "_start") (local $slots (ref $slots)) (local $i i32)
            (local.set $slots (array.new_default $slots (i32.const 0x100000)))
            (loop $next
                (array.set $slots (local.get $slots)
                    (i32.and (i32.mul (local.get $i) (i32.const 0x9e3779b1)) (i32.const 0xfffff))
                    (struct.new $box (i64.const 1)))
                (br_if $next
                    (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4000000))))))"#;
    for module in [trees, slots] {
        let image = bench.compile_text(module, &[]);
        let (status, said) = end(&finish(Command::new(&image).env("WASMC_HEAP", "statistics")));
        assert_eq!(status, Some(0), "{said}");
        let count =
            |kind: &str| said.lines().filter(|line| line.starts_with(&format!("heap: {kind} collection"))).count();
        assert!(count("minor") > 30 && count("major") > 0 && count("full") == 0, "{said}");
        let minor = || said.lines().filter(|line| line.contains("minor"));
        for line in minor() {
            assert!(number(line, "KiB copied").is_some_and(|copied| copied <= 2048), "{line}");
            assert!(number(line, "steps").is_some_and(|steps| steps <= 2_000_000), "{line}");
        }
        let longest = minor().filter_map(|line| number(line, "us, longest")).max();
        let last = said.lines().last().unwrap();
        let reported = last.rsplit("longest ").next().and_then(|rest| number(rest, "us"));
        assert!(reported >= longest && longest.is_some(), "{last}");
    }
}

/// Objects that die in any order leave room for others, whatever sizes they have: the heap never takes more than 2.4
/// times the bytes that live. No pause takes long, even on a machine that does much else.
#[test]
fn memory_follows_what_lives() {
    const SLOTS: u64 = 1 << 20;
    let bench = Bench::new();
    // What the slots of an array hold, each a new object at a time, and how many bytes that are on average.
    let cases = [
        ("(struct (field i64))", "(struct.new_default $box)", 16),
        ("(struct (field i64) (field i64) (field i64) (field i64))", "(struct.new_default $box)", 40),
        (
            "(array i8)",
            "(array.new_default $box (i32.and (i32.shr_u (local.get $random) (i32.const 3)) (i32.const 127)))",
            76,
        ),
    ];
    for (ty, new, size) in cases {
        let text = format!(
            r#"(module
            (type $box {ty})
            (type $slots (array (mut (ref null $box))))
            (func (export "_start") (local $slots (ref $slots)) (local $i i32) (local $random i32)
                (local.set $slots (array.new_default $slots (i32.const {SLOTS})))
                (loop $next
                    (local.set $random
                        (i32.add (i32.mul (local.get $random) (i32.const 1664525)) (i32.const 1013904223)))
                    (array.set $slots (local.get $slots) (i32.shr_u (local.get $random) (i32.const 12)) {new})
                    (br_if $next
                        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 8000000))))))"#
        );
        let image = bench.compile_text(&text, &[]);
        let (status, said) = end(&finish(Command::new(&image).env("WASMC_HEAP", "statistics")));
        assert_eq!(status, Some(0), "{said}");
        assert!(said.contains("major"), "{said}");
        let live = SLOTS * (size + 4);
        let most = said.lines().filter_map(|line| number(line, "KiB in use")).max().unwrap() << 10;
        assert!(most * 10 <= live * 24, "{ty}: {most} bytes for {live}");
        let last = said.lines().last().unwrap();
        assert!(number(last, "us of processor time").is_some_and(|longest| longest <= 100_000), "{ty}: {last}");
    }
}

/// The number before some words of a line.
fn number(line: &str, words: &str) -> Option<u64> {
    line.split_once(words)?.0.rsplit([' ', ',', '(']).find(|word| !word.is_empty())?.parse().ok()
}

#[test]
fn memory_lies_elsewhere_beside_objects() {
    let bench = Bench::new();
    let text = r#"(module
        (type $box (struct (field (mut i32))))
        (memory 1)
        (data (i32.const 65532) "\2a\00\00\00")
        (func $add (param $box (ref $box)) (param $at i32)
            (struct.set $box 0 (local.get $box)
                (i32.add (struct.get $box 0 (local.get $box)) (i32.load (local.get $at)))))
        (func (export "_start") (local $box (ref $box))
            (local.set $box (struct.new $box (i32.const 1)))
            (call $add (local.get $box) (i32.const 65532))
            (if (i32.ne (struct.get $box 0 (local.get $box)) (i32.const 43)) (then unreachable))
            (call $add (local.get $box) (i32.const 65533))))"#;
    for options in [&[][..], &["--bounds=explicit"]] {
        let (status, said) = end(&finish(&mut Command::new(bench.compile_text(text, options))));
        assert_eq!(status, Some(TRAP_EXIT_STATUS), "{said}");
        assert!(said.starts_with("wasm trap: out of bounds memory access\nbacktrace:\n    0: add ("), "{said}");
    }
}

#[test]
fn what_cannot_be_had_is_refused() {
    let bench = Bench::new();
    let module = bench.write(
        "native.wat",
        "(module (type $s (struct)) (import \"env\" \"take\" (func (param (ref null $s)))) (func (export \"_start\")))",
    );
    let said = refuse(&bench, &module, &["--emit=obj".to_string()]).unwrap();
    assert!(said.contains("a native function cannot take or return references to structures"), "{said}");
}

/// Casts are right where the compiler knows which types objects have: those of functions that are reached, of globals,
/// of tables and of segments.
#[test]
fn casts_are_right_whatever_is_made() {
    let module = |made: &str, global: &str, segment: &str, check: &str| {
        format!(
            r#"(module
                (type $top (sub (struct (field i32))))
                (type $left (sub $top (struct (field i32) (field i32))))
                (type $right (sub $top (struct (field i32) (field i64))))
                (type $below (sub $right (struct (field i32) (field i64) (field i32))))
                (type $list (array (mut (ref null $top))))
                (global $global anyref {global})
                (elem $segment (ref null $top) (item {segment}))
                (func $unused (result anyref) (struct.new $left (i32.const 1) (i32.const 2)))
                (func $make (result anyref) {made})
                (func $is (param $is i32) (param $expected i32)
                    (if (i32.ne (local.get $is) (local.get $expected)) (then unreachable)))
                (func $first (result anyref)
                    (array.get $list (array.new_elem $list $segment (i32.const 0) (i32.const 1)) (i32.const 0)))
                (func (export "_start") (local $top (ref null $top))
                    {check}))"#
        )
    };
    let is = |what: &str, ty: &str, expected: u32| {
        format!("(call $is (ref.test (ref {ty}) {what}) (i32.const {expected}))\n")
    };
    let below = "(struct.new $below (i32.const 1) (i64.const 2) (i32.const 3))";
    let [made, global, first] = ["(call $make)", "(global.get $global)", "(call $first)"];
    let cast = "(local.set $top (ref.cast (ref null $top) (call $make)))";
    let top = "(local.get $top)";
    let null = "(ref.null none)";
    let cases = [
        // $below alone.
        (
            below,
            null,
            null,
            [cast.to_string(), is(made, "$top", 1), is(made, "$left", 0), is(made, "$right", 1)].concat(),
        ),
        (
            below,
            null,
            null,
            [cast.to_string(), is(top, "$below", 1), is(top, "$left", 0), is(global, "$top", 0)].concat(),
        ),
        // Nothing.
        (null, null, null, [cast.to_string(), is(top, "$top", 0), is(made, "$top", 0), is(made, "struct", 0)].concat()),
        // What is no object, or an array.
        ("(ref.i31 (i32.const 1))", null, null, [is(made, "$top", 0), is(made, "i31", 1), is(made, "eq", 1)].concat()),
        ("(array.new_default $list (i32.const 1))", null, null, [is(made, "$list", 1), is(made, "struct", 0)].concat()),
        // By a global, and by a segment.
        (null, below, null, [is(global, "$right", 1), is(global, "$left", 0), is(made, "$right", 0)].concat()),
        (null, null, below, [is(first, "$below", 1), is(first, "$left", 0), is(first, "array", 0)].concat()),
        // Two.
        (
            below,
            "(struct.new $top (i32.const 1))",
            null,
            [cast.to_string(), is(top, "$right", 1), is(global, "$right", 0), is(global, "$top", 1)].concat(),
        ),
    ];
    let bench = Bench::new();
    for (made, global, segment, check) in cases {
        for options in [&[][..], &["-O0"]] {
            let image = bench.compile_text(&module(made, global, segment, &check), options);
            assert_eq!(end(&finish(&mut Command::new(image))), (Some(0), String::new()), "{made} {global} {segment}");
        }
    }
}

/// Nothing of the heap is in a program that makes no objects, whatever types it has.
#[test]
fn programs_without_objects_have_no_heap() {
    let bench = Bench::new();
    let empty = "(module (func $f (result i32) (i32.const 1)) (func (export \"_start\") (drop (call $f))))";
    let types = "(module (func $f (result i32) (i32.const 1)) (func (export \"_start\") (drop (call $f)))
        (type $s (struct (field i32))) (type $a (array (ref $s))))";
    let size = |text: &str| std::fs::metadata(bench.compile_text(text, &[])).unwrap().len();
    assert_eq!(size(types), size(empty));
}

/// A graph that changes stays as its copy in linear memory says: where little room is left, and with a collection at
/// every allocation; and so does what each of several threads has.
#[test]
fn what_lives_stays_as_it_is() {
    let source =
        |name: &str| std::fs::read_to_string(root().join(format!("fixtures/programs/{name}/{name}.wat"))).unwrap();
    let graph = source("gc_graph");
    let smaller =
        replace(&graph, &[("(i32.const 20000)", "(i32.const 500)"), ("(i32.const 1000000)", "(i32.const 6000)")]);
    let threads = [("100000)", "1000)"), ("8000", "80"), ("96000", "960"), ("4000)", "40)"), ("49950000", "4500")];
    let threads = replace(&source("gc_threads").replace("88000", "880"), &threads);
    let emulated = [AARCH64, RISCV64].into_iter().filter(|&machine| cross::is_there(machine));
    for machine in [Machine::default(), Machine::with(&["-O0"])].into_iter().chain(emulated) {
        let bench = Bench::new();
        let is_native = machine.emulator.is_empty();
        let mut runs = vec![(&smaller, "stress", &[][..]), (&threads, if is_native { "stress" } else { "" }, &[])];
        if is_native {
            runs.push((&graph, "", &["--max-gc-heap=14M"]));
        }
        for (module, asked, options) in runs {
            let image = bench.compile_text(module, &[machine.options, options].concat());
            let run = finish(machine.start(&image).env("WASMC_HEAP", asked));
            assert_eq!(end(&run), (Some(0), String::new()), "{machine:?} {asked} {options:?}");
        }
    }
}

/// A text with pieces of it replaced, one after the other, each of which is there.
fn replace(text: &str, pieces: &[(&str, &str)]) -> String {
    pieces.iter().fold(text.to_string(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    })
}

/// Programs have the same result with a collection at every allocation, as far as that takes seconds.
#[test]
fn programs_run_under_stress() {
    let bench = Bench::new();
    let fewer = [
        ("visitor", &[("600", "60"), ("300", "3")][..]),
        ("list_sort", &[("100000", "300"), ("4", "2")]),
        ("hash_map", &[("40000", "200"), ("41000", "210"), ("10000", "50")]),
        ("strings", &[("30000", "100"), ("12", "2")]),
        ("interpreter", &[("1000000", "400")]),
    ];
    for (name, counts) in fewer {
        let path = root().join(format!("fixtures/programs/gc_{name}/gc_{name}.wat"));
        let mut module = std::fs::read_to_string(path).unwrap();
        for (count, fewer) in counts {
            module = module.replace(&format!("(i32.const {count})"), &format!("(i32.const {fewer})"));
        }
        let import = r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))"#;
        let (body, _) = module.split_once("(func (export \"_start\")").unwrap();
        let body = body.replacen("(module", import, 1);
        let digest = "(i32.add (i32.rem_u (call $run) (i32.const 101)) (i32.const 1))";
        let module = format!("{body} (func (export \"_start\") (call $exit {digest})))");
        let image = bench.compile_text(&module, &[]);
        let [plain, stressed] = ["", "stress"].map(|asked| end(&finish(Command::new(&image).env("WASMC_HEAP", asked))));
        assert!(plain.0.is_some_and(|status| (1..=101).contains(&status)), "{name}: {plain:?}");
        assert_eq!(plain, stressed, "{name}");
    }
}
