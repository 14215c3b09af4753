use super::module;
use crate::Summary;
use crate::index::TypeIndex;
use cranelift_entity::EntityRef;
use std::collections::BTreeSet;

/// The summary of a function's code, among functions, tables, memories, globals and segments to refer to.
fn summary(code: &str) -> Summary {
    let text = format!(
        r#"(module
            (type $plain (func))
            (table $t0 1 funcref) (table $t1 1 funcref) (memory $m0 1) (memory $m1 1)
            (global $g0 (mut i32) (i32.const 0)) (global $g1 (mut i32) (i32.const 0))
            (elem $e0 func $f1) (elem $e1 func $f1) (data $d0 "0") (data $d1 "1")
            (func {code}) (func $f1) (func $f2))"#
    );
    module(&text).summaries.remove(0)
}

fn set<I: EntityRef + Ord>(indices: &[usize]) -> BTreeSet<I> {
    indices.iter().copied().map(I::new).collect()
}

#[test]
fn operators_and_loops_are_counted() {
    let summary = summary("(loop (loop)) (drop (i32.const 1))");
    // Two loops with their ends, a constant, `drop`, and the end of the body.
    assert_eq!((summary.operators, summary.loops), (7, 2));
}

#[test]
fn calls_say_whom_and_how() {
    let direct = summary("(call $f1) (call $f2) (call $f1)");
    assert_eq!((&direct.callees, direct.calls_references, direct.tail_calls), (&set(&[1, 2]), false, false));
    let tail = summary("(return_call $f2)");
    assert_eq!((&tail.callees, tail.calls_references, tail.tail_calls), (&set(&[2]), false, true));
    let indirect = summary("(call_indirect $t1 (type $plain) (i32.const 0))");
    assert_eq!((indirect.calls_references, &indirect.tables, indirect.tail_calls), (true, &set(&[1]), false));
    let tail = summary("(return_call_indirect $t1 (type $plain) (i32.const 0))");
    assert_eq!((tail.calls_references, &tail.tables, tail.tail_calls), (true, &set(&[1]), true));
    let reference = summary("(call_ref $plain (ref.func $f1))");
    assert_eq!((reference.calls_references, &reference.referenced_functions), (true, &set(&[1])));
    assert!(reference.callees.is_empty() && !reference.tail_calls);
    assert!(summary("(return_call_ref $plain (ref.func $f1))").tail_calls);
}

#[test]
fn memories_are_read_and_written() {
    let cases = [
        ("(drop (i32.load $m1 (i32.const 0)))", &[1][..], &[][..]),
        ("(i64.store8 $m1 (i32.const 0) (i64.const 0))", &[], &[1]),
        ("(drop (v128.load8_lane $m1 0 (i32.const 0) (v128.const i32x4 0 0 0 0)))", &[1], &[]),
        ("(v128.store8_lane $m1 0 (i32.const 0) (v128.const i32x4 0 0 0 0))", &[], &[1]),
        ("(drop (i32.atomic.rmw.add $m1 (i32.const 0) (i32.const 0)))", &[1], &[1]),
        ("(memory.copy $m0 $m1 (i32.const 0) (i32.const 0) (i32.const 0))", &[1], &[0]),
        ("(memory.fill $m1 (i32.const 0) (i32.const 0) (i32.const 0))", &[], &[1]),
        ("(memory.init $m1 $d0 (i32.const 0) (i32.const 0) (i32.const 0))", &[], &[1]),
        ("(drop (memory.size $m1))", &[], &[]),
    ];
    for (code, read, written) in cases {
        let summary = summary(code);
        assert_eq!((summary.read_memories, summary.written_memories), (set(read), set(written)), "{code}");
    }
}

#[test]
fn tables_are_used_written_and_grown() {
    let cases = [
        ("(drop (table.get $t1 (i32.const 0)))", &[1][..], &[][..], &[][..]),
        ("(drop (table.size $t1))", &[1], &[], &[]),
        ("(table.set $t1 (i32.const 0) (ref.null func))", &[1], &[1], &[]),
        ("(table.fill $t1 (i32.const 0) (ref.null func) (i32.const 0))", &[1], &[1], &[]),
        ("(drop (table.grow $t1 (ref.null func) (i32.const 0)))", &[1], &[1], &[1]),
        ("(table.copy $t1 $t0 (i32.const 0) (i32.const 0) (i32.const 0))", &[0, 1], &[1], &[]),
        ("(table.init $t1 $e0 (i32.const 0) (i32.const 0) (i32.const 0))", &[1], &[1], &[]),
    ];
    for (code, used, written, grown) in cases {
        let summary = summary(code);
        let found = (summary.tables, summary.written_tables, summary.growing_tables);
        assert_eq!(found, (set(used), set(written), set(grown)), "{code}");
    }
}

#[test]
fn globals_and_segments_are_mentioned() {
    let globals = summary("(global.set $g1 (global.get $g0))");
    assert_eq!((globals.globals, globals.written_globals), (set(&[0, 1]), set(&[1])));
    let segments = summary("(elem.drop $e1) (data.drop $d1)");
    assert_eq!((segments.elements, segments.data), (set(&[1]), set(&[1])));
    let copied = summary(
        "(table.init $t0 $e0 (i32.const 0) (i32.const 0) (i32.const 0))
        (memory.init $m0 $d0 (i32.const 0) (i32.const 0) (i32.const 0))",
    );
    assert_eq!((copied.elements, copied.data), (set(&[0]), set(&[0])));
}

#[test]
fn only_harmless_code_cannot_trap() {
    assert!(!summary("(global.set $g0 (i32.const 1)) return").can_trap);
    for code in
        ["unreachable", "(call $f1)", "(drop (i32.load (i32.const 0)))", "(drop (i32.add (i32.const 1) (i32.const 1)))"]
    {
        assert!(summary(code).can_trap, "{code}");
    }
}

#[test]
fn summaries_of_several_bodies_add_up() {
    let mut all = summary("(loop) (call $f1) (drop (i32.load $m0 (i32.const 0)))");
    let other = summary("(loop) (return_call $f2)");
    let operators = all.operators + other.operators;
    all.merge(&other);
    assert_eq!((all.operators, all.loops), (operators, 2));
    assert_eq!((all.callees, all.read_memories), (set(&[1, 2]), set(&[0])));
    assert!(all.tail_calls && all.can_trap && !all.calls_references);
}

#[test]
fn fields_that_instructions_write_are_known() {
    let text = "(module (type $s (struct (field i32) (field (mut i32))))
        (type $a (array (mut i64))) (type $r (array (mut funcref))) (data $d) (elem $e funcref)
        (func (param (ref $s)) (struct.set $s 1 (local.get 0) (struct.get $s 0 (local.get 0)))
            (drop (struct.new $s (i32.const 0) (i32.const 0))))
        (func (param (ref $a) (ref $r)) (CODE))";
    let written = |code: &str| module(&(text.replace("CODE", code) + ")")).summaries.remove(1).written_fields;
    let first = module(&(text.replace("CODE", "nop") + ")")).summaries.remove(0).written_fields;
    assert_eq!(first, BTreeSet::from([(TypeIndex::new(0), 1)]));
    let zeroes = "(i32.const 0) (i32.const 0) (i32.const 0)";
    let of_array = BTreeSet::from([(TypeIndex::new(1), 0)]);
    assert_eq!(written("array.set $a (local.get 0) (i32.const 0) (i64.const 0)"), of_array);
    assert_eq!(written("array.fill $a (local.get 0) (i32.const 0) (i64.const 0) (i32.const 0)"), of_array);
    let copy = "array.copy $a $a (local.get 0) (i32.const 0) (local.get 0) (i32.const 0) (i32.const 0)";
    assert_eq!(written(copy), of_array);
    assert_eq!(written(&format!("array.init_data $a $d (local.get 0) {zeroes}")), of_array);
    let of_functions = BTreeSet::from([(TypeIndex::new(2), 0)]);
    assert_eq!(written(&format!("array.init_elem $r $e (local.get 1) {zeroes}")), of_functions);
    assert_eq!(written("drop (array.get $a (local.get 0) (i32.const 0))"), BTreeSet::new());
}
