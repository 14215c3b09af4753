use super::{module, try_module};
use crate::const_expr::ConstOperator;
use crate::index::{FuncIndex, GlobalIndex};
use crate::module::GlobalOrigin;
use wasmparser::HeapType;

/// The operators of the expression that initialises a global of type `ty`, after an imported one of type `i32`.
fn operators(ty: &str, expression: &str) -> Vec<ConstOperator> {
    let text = format!(
        r#"(module (import "a" "b" (global i32)) (func $f) (global {ty} {expression}) (export "f" (func $f)))"#
    );
    match &module(&text).globals[GlobalIndex::from_u32(1)].origin {
        GlobalOrigin::Init(operators) => operators.clone(),
        GlobalOrigin::Import(_) => panic!("{text} defines no global"),
    }
}

#[test]
fn constants_are_bits() {
    use ConstOperator::{F32Const, F64Const, I32Const, I64Const, V128Const};
    assert_eq!(operators("i32", "(i32.const -1)"), [I32Const(-1)]);
    assert_eq!(operators("i64", "(i64.const 0x8000000000000000)"), [I64Const(i64::MIN)]);
    assert_eq!(operators("f32", "(f32.const nan:0x200001)"), [F32Const(0x7fa0_0001)]);
    assert_eq!(operators("f64", "(f64.const -0)"), [F64Const(1 << 63)]);
    let mut bytes = [0; 16];
    bytes[4] = 7;
    assert_eq!(operators("v128", "(v128.const i32x4 0 7 0 0)"), [V128Const(bytes)]);
}

#[test]
fn references_and_globals_keep_their_index() {
    assert_eq!(operators("funcref", "(ref.func $f)"), [ConstOperator::RefFunc(FuncIndex::from_u32(0))]);
    assert_eq!(operators("funcref", "(ref.null func)"), [ConstOperator::RefNull(HeapType::FUNC)]);
    assert_eq!(operators("i32", "(global.get 0)"), [ConstOperator::GlobalGet(GlobalIndex::from_u32(0))]);
}

/// Operands come before their operator, as on the stack.
#[test]
fn arithmetic_keeps_its_order() {
    use ConstOperator::{GlobalGet, I32Add, I32Const, I32Mul, I32Sub, I64Add, I64Const, I64Mul, I64Sub};
    assert_eq!(
        operators("i32", "(i32.sub (i32.add (i32.const 1) (global.get 0)) (i32.mul (i32.const 2) (i32.const 3)))"),
        [I32Const(1), GlobalGet(GlobalIndex::from_u32(0)), I32Add, I32Const(2), I32Const(3), I32Mul, I32Sub]
    );
    assert_eq!(
        operators("i64", "(i64.sub (i64.add (i64.const 1) (i64.const 2)) (i64.mul (i64.const 3) (i64.const 4)))"),
        [I64Const(1), I64Const(2), I64Add, I64Const(3), I64Const(4), I64Mul, I64Sub]
    );
}

/// However long the chain of globals is that one reads, its value is known at once.
#[test]
fn globals_that_read_others_are_resolved() {
    let mut text = "(module (global i32 (i32.const 1))".to_string();
    for index in 0..50_000 {
        text += &format!("(global i32 (i32.add (global.get {index}) (i32.const 1)))");
    }
    let module = module(&(text + ")"));
    let last = module.globals.values().last().map(|global| &global.origin);
    assert!(matches!(last, Some(GlobalOrigin::Init(operators)) if *operators == [ConstOperator::I32Const(50_001)]));
}

#[test]
fn other_operators_are_refused_at_their_offset() {
    let error = try_module("(module (global i32 (i32.clz (i32.const 1))))").unwrap_err();
    assert!(error.message.contains("constant expression required"), "{error}");
    assert_eq!(error.offset, Some(15));
}
