//! Casts: whether what a reference refers to has a type.
//!
//! The types of a program are numbered so that the subtypes of each follow it (`Types::numbers`): what an object, or a
//! function, is of a type is a question of two numbers, and of one where the type has no subtypes.

use super::{Lowering, Region, trap_code};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, MemFlagsData, Value, types};
use wasmc_abi::heap::{HOST_TAG, HOST_WORD, I31_TAG, TAGS};
use wasmc_abi::table::TYPE_ID_OFFSET;
use wasmc_abi::trap::TrapCode;
use wasmc_frontend::index::TypeIndex;
use wasmc_frontend::program::types::Numbers;
use wasmc_frontend::wasmparser::{AbstractHeapType, HeapType, RefType, UnpackedIndex};

/// A type that a reference may have, and what is known of the reference.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cast {
    /// Whether null has the type.
    pub to_nullable: bool,
    /// What it refers to.
    pub to: HeapType,
    /// The static type of the reference, where it is known.
    pub from: Option<RefType>,
}

/// A place to go to, with what is passed there.
pub(crate) type Way<'w> = (Block, &'w [BlockArg]);

/// What makes a reference that is not null have a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Test {
    /// Nothing.
    Always,
    /// It never has.
    Never,
    /// It is an `i31`.
    I31,
    /// It is an `i31`, or an object that holds no word of the embedder's.
    Eq,
    /// It is an object of a type with one of these numbers.
    Object(Numbers),
    /// It is a function of such a type.
    Func(Numbers),
}

/// The lowest bits that a reference which is no address may have.
fn possible_tags(from: Option<RefType>) -> u64 {
    match from.map(|from| from.heap_type()) {
        Some(HeapType::Concrete(_) | HeapType::Exact(_)) => 0,
        Some(HeapType::Abstract { ty, .. }) => match ty {
            AbstractHeapType::Struct | AbstractHeapType::Array | AbstractHeapType::None => 0,
            AbstractHeapType::Eq | AbstractHeapType::I31 => I31_TAG,
            _ => TAGS,
        },
        None => TAGS,
    }
}

impl Lowering<'_, '_> {
    fn test_of(&self, cast: Cast) -> Test {
        let types = self.plan.program.types();
        let from = cast.from.and_then(|from| self.numbers_of(from.heap_type()));
        let object = |numbers: Numbers| match self.plan.heap.possible(numbers) {
            possible if possible.is_empty() => Test::Never,
            // All objects that there can be of the static type have the other one, too.
            possible if from.is_some_and(|from| possible.first <= from.first && from.last <= possible.last) => {
                Test::Always
            }
            possible => Test::Object(possible),
        };
        match cast.to {
            HeapType::Abstract { ty, .. } => match ty {
                AbstractHeapType::I31 => Test::I31,
                AbstractHeapType::Eq => Test::Eq,
                AbstractHeapType::Struct => object(types.structs()),
                AbstractHeapType::Array => object(types.arrays()),
                AbstractHeapType::None
                | AbstractHeapType::NoFunc
                | AbstractHeapType::NoExtern
                | AbstractHeapType::NoExn
                | AbstractHeapType::NoCont => Test::Never,
                _ => Test::Always,
            },
            HeapType::Concrete(index) | HeapType::Exact(index) => {
                let UnpackedIndex::Module(index) = index else {
                    unreachable!("types of modules refer to their own types")
                };
                let index = TypeIndex::from_u32(index);
                let numbers = self.plan.type_numbers(index);
                match self.plan.module.is_func_type(index) {
                    true => Test::Func(numbers),
                    false => object(numbers),
                }
            }
        }
    }

    /// The numbers that objects of a type of structures or arrays can have, where there can be any.
    fn numbers_of(&self, ty: HeapType) -> Option<Numbers> {
        let (HeapType::Concrete(index) | HeapType::Exact(index)) = ty else { return None };
        let index = TypeIndex::from_u32(index.as_module_index()?);
        let numbers = self.plan.heap.possible(self.plan.type_numbers(index));
        (!self.plan.module.is_func_type(index) && !numbers.is_empty()).then_some(numbers)
    }

    /// Goes one way where a reference has a type, and the other where it has not.
    pub fn branch_on_cast(&mut self, reference: Value, cast: Cast, yes: Way<'_>, no: Way<'_>) {
        let test = self.test_of(cast);
        let of_null = if cast.to_nullable { yes } else { no };
        if test == Test::Never {
            let (null, other) = (of_null, no);
            self.builder.ins().brif(reference, other.0, other.1, null.0, null.1);
            return;
        }
        let can_be_null = cast.from.is_none_or(|from| from.is_nullable());
        if can_be_null {
            if test == Test::Always {
                self.builder.ins().brif(reference, yes.0, yes.1, of_null.0, of_null.1);
                return;
            }
            // Null is no `i31`: where it has not the type, one test tells.
            if test != Test::I31 || cast.to_nullable {
                let there = self.builder.create_block();
                self.builder.ins().brif(reference, there, &[], of_null.0, of_null.1);
                self.go_on(there);
            }
        }
        let tags = possible_tags(cast.from);
        match test {
            Test::Always | Test::Never => self.builder.ins().jump(yes.0, yes.1),
            Test::I31 => {
                let tag = self.builder.ins().band_imm_u(reference, I31_TAG as i64);
                self.builder.ins().brif(tag, yes.0, yes.1, no.0, no.1)
            }
            Test::Eq => {
                if tags & I31_TAG != 0 {
                    let tag = self.builder.ins().band_imm_u(reference, I31_TAG as i64);
                    self.branch_unless(tag, yes);
                }
                if tags & HOST_TAG == 0 {
                    self.builder.ins().jump(yes.0, yes.1);
                    return;
                }
                let tag = self.builder.ins().band_imm_u(reference, HOST_TAG as i64);
                self.branch_unless(tag, no);
                let number = self.object_number(reference, None);
                let is_other = self.builder.ins().icmp_imm_u(IntCC::NotEqual, number, i64::from(HOST_WORD));
                self.builder.ins().brif(is_other, yes.0, yes.1, no.0, no.1)
            }
            Test::Object(numbers) => {
                if tags != 0 {
                    let tag = self.builder.ins().band_imm_u(reference, tags as i64);
                    self.branch_unless(tag, no);
                }
                let number = self.object_number(reference, None);
                let is_one = self.is_one_of(number, numbers);
                self.builder.ins().brif(is_one, yes.0, yes.1, no.0, no.1)
            }
            Test::Func(numbers) => {
                let number = self.function_number(reference, None);
                let is_one = self.is_one_of(number, numbers);
                self.builder.ins().brif(is_one, yes.0, yes.1, no.0, no.1)
            }
        };
    }

    /// Goes on where a condition is zero, and the other way else.
    fn branch_unless(&mut self, condition: Value, other: Way<'_>) {
        let next = self.builder.create_block();
        self.builder.ins().brif(condition, other.0, other.1, next, &[]);
        self.go_on(next);
    }

    fn go_on(&mut self, block: Block) {
        self.builder.seal_block(block);
        self.builder.switch_to_block(block);
    }

    /// Whether a reference has a type: an `i32`.
    pub fn test_cast(&mut self, reference: Value, cast: Cast) -> Value {
        let is_there = cast.from.is_some_and(|from| !from.is_nullable());
        if let (true, 0, Test::Object(numbers)) = (is_there, possible_tags(cast.from), self.test_of(cast)) {
            let number = self.object_number(reference, None);
            let is_one = self.is_one_of(number, numbers);
            return self.builder.ins().uextend(types::I32, is_one);
        }
        let done = self.builder.create_block();
        let result = self.builder.append_block_param(done, types::I32);
        let [yes, no] = [1, 0].map(|result| BlockArg::from(self.builder.ins().iconst(types::I32, result)));
        self.branch_on_cast(reference, cast, (done, &[yes]), (done, &[no]));
        self.go_on(done);
        result
    }

    /// Traps where a reference does not have a type.
    pub fn check_cast(&mut self, reference: Value, cast: Cast) {
        let can_be_null = cast.from.is_none_or(|from| from.is_nullable());
        let checked = Some(TrapCode::CastFailure).filter(|_| can_be_null);
        match self.test_of(cast) {
            // The load of the number faults where the reference is null.
            Test::Object(numbers) if !cast.to_nullable || !can_be_null => {
                let tags = possible_tags(cast.from);
                if tags != 0 {
                    let tag = self.builder.ins().band_imm_u(reference, tags as i64);
                    self.trap_if(tag, TrapCode::CastFailure);
                }
                let number = self.object_number(reference, checked);
                let is_other = self.is_none_of(number, numbers);
                self.trap_if(is_other, TrapCode::CastFailure);
            }
            Test::Func(numbers) if !cast.to_nullable || !can_be_null => {
                let number = self.function_number(reference, Some(TrapCode::CastFailure));
                let is_other = self.is_none_of(number, numbers);
                self.trap_if(is_other, TrapCode::CastFailure);
            }
            Test::I31 if !cast.to_nullable => {
                let tag = self.builder.ins().band_imm_u(reference, I31_TAG as i64);
                self.builder.ins().trapz(tag, trap_code(TrapCode::CastFailure));
            }
            Test::Always => {
                if !cast.to_nullable && can_be_null {
                    self.trap_if_null(reference, TrapCode::CastFailure);
                }
            }
            Test::Never if cast.to_nullable => self.trap_if(reference, TrapCode::CastFailure),
            _ => {
                let [yes, no] = [(); 2].map(|()| self.builder.create_block());
                self.branch_on_cast(reference, cast, (yes, &[]), (no, &[]));
                self.builder.seal_block(no);
                self.builder.set_cold_block(no);
                self.builder.switch_to_block(no);
                self.builder.ins().trap(trap_code(TrapCode::CastFailure));
                self.go_on(yes);
            }
        }
    }

    /// The number of the type of a function; traps with `code` where the reference is null.
    pub(super) fn function_number(&mut self, reference: Value, code: Option<TrapCode>) -> Value {
        let region = self.region(Region::Runtime);
        let code = code.map(trap_code);
        let flags = MemFlagsData::trusted().with_trap_code(code).with_readonly().with_alias_region(Some(region));
        self.builder.ins().load(types::I32, flags, reference, TYPE_ID_OFFSET)
    }

    fn is_one_of(&mut self, number: Value, numbers: Numbers) -> Value {
        self.compare_number(number, numbers, [IntCC::Equal, IntCC::UnsignedLessThanOrEqual])
    }

    /// Whether a number is none of a type and its subtypes.
    pub(super) fn is_none_of(&mut self, number: Value, numbers: Numbers) -> Value {
        self.compare_number(number, numbers, [IntCC::NotEqual, IntCC::UnsignedGreaterThan])
    }

    fn compare_number(&mut self, number: Value, numbers: Numbers, [of_one, of_many]: [IntCC; 2]) -> Value {
        let Numbers { first, last } = numbers;
        if first == last {
            return self.builder.ins().icmp_imm_s(of_one, number, i64::from(first));
        }
        let beyond = self.builder.ins().iadd_imm_s(number, -i64::from(first));
        self.builder.ins().icmp_imm_u(of_many, beyond, i64::from(last - first))
    }
}
