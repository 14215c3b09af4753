//! The table of operators: each row names its variation and calls the family's method.

use super::Translator;
use crate::Error;
use crate::lower::Extension;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, Opcode, types};
use wasmc_frontend::index::{
    DataIndex, ElemIndex, FuncIndex, GlobalIndex, LocalIndex, MemoryIndex, TableIndex, TagIndex, TypeIndex,
};
use wasmc_frontend::wasmparser::Operator;

impl Translator<'_, '_> {
    /// Translates the operator at `offset` bytes into the module.
    ///
    /// # Errors
    /// Where the compiler does not support it.
    // Table: operators, and the methods that translate them.
    pub(super) fn operator(&mut self, operator: &Operator<'_>, offset: u64) -> Result<(), Error> {
        if !self.reachable {
            self.unreachable_operator(operator);
            return Ok(());
        }
        self.operand = self.produced.take();
        match *operator {
            Operator::Nop => {}
            Operator::Unreachable => self.unreachable(),
            Operator::Block { blockty } => self.block(blockty),
            Operator::Loop { blockty } => self.loop_(blockty),
            Operator::If { blockty } => self.if_(blockty),
            Operator::Else => self.else_(),
            Operator::End => self.end(),
            Operator::Br { relative_depth } => self.br(relative_depth),
            Operator::BrIf { relative_depth } => self.br_if(relative_depth),
            Operator::BrTable { ref targets } => self.br_table(targets)?,
            Operator::Return => self.return_(),
            Operator::Call { function_index } => self.call(FuncIndex::from_u32(function_index))?,
            Operator::CallIndirect { type_index, table_index } => {
                self.call_indirect(TypeIndex::from_u32(type_index), TableIndex::from_u32(table_index))?
            }
            Operator::ReturnCall { function_index } => self.return_call(FuncIndex::from_u32(function_index)),
            Operator::ReturnCallIndirect { type_index, table_index } => {
                self.return_call_indirect(TypeIndex::from_u32(type_index), TableIndex::from_u32(table_index))
            }
            Operator::CallRef { type_index } => self.call_ref(TypeIndex::from_u32(type_index))?,
            Operator::ReturnCallRef { type_index } => self.return_call_ref(TypeIndex::from_u32(type_index)),
            Operator::BrOnNull { relative_depth } => self.br_on_null(relative_depth),
            Operator::BrOnNonNull { relative_depth } => self.br_on_non_null(relative_depth),
            Operator::TryTable { ref try_table } => self.try_table(try_table),
            Operator::Throw { tag_index } => self.throw(TagIndex::from_u32(tag_index)),
            Operator::ThrowRef => self.throw_ref(),
            Operator::Try { blockty } => self.try_(blockty),
            Operator::Catch { tag_index } => self.catch(Some(TagIndex::from_u32(tag_index))),
            Operator::CatchAll => self.catch(None),
            Operator::Delegate { .. } => self.end(),
            Operator::Rethrow { relative_depth } => self.rethrow(relative_depth),
            Operator::RefAsNonNull => self.ref_as_non_null(),
            Operator::Drop => drop(self.pop()),
            Operator::Select | Operator::TypedSelect { .. } => self.select(),
            Operator::LocalGet { local_index } => self.local_get(LocalIndex::from_u32(local_index)),
            Operator::LocalSet { local_index } => self.local_set(LocalIndex::from_u32(local_index)),
            Operator::LocalTee { local_index } => self.local_tee(LocalIndex::from_u32(local_index)),
            Operator::GlobalGet { global_index } => self.global_get(GlobalIndex::from_u32(global_index)),
            Operator::GlobalSet { global_index } => self.global_set(GlobalIndex::from_u32(global_index)),
            Operator::RefNull { .. } => self.ref_null(),
            Operator::RefIsNull => self.ref_is_null(),
            Operator::RefFunc { function_index } => self.ref_func(FuncIndex::from_u32(function_index)),
            Operator::RefEq => self.ref_eq(),
            Operator::TableGet { table } => self.table_get(TableIndex::from_u32(table)),
            Operator::TableSet { table } => self.table_set(TableIndex::from_u32(table)),
            Operator::TableSize { table } => self.table_size(TableIndex::from_u32(table)),
            Operator::TableGrow { table } => self.table_grow(TableIndex::from_u32(table)),
            Operator::TableFill { table } => self.table_fill(TableIndex::from_u32(table)),
            Operator::TableCopy { dst_table, src_table } => {
                self.table_copy(TableIndex::from_u32(dst_table), TableIndex::from_u32(src_table))
            }
            Operator::TableInit { elem_index, table } => {
                self.table_init(TableIndex::from_u32(table), ElemIndex::from_u32(elem_index))
            }
            Operator::ElemDrop { elem_index } => self.elem_drop(ElemIndex::from_u32(elem_index)),
            Operator::I32Load { ref memarg } => self.load(types::I32, memarg),
            Operator::I32Store { ref memarg } => self.store(memarg),
            Operator::I64Load { ref memarg } => self.load(types::I64, memarg),
            Operator::I64Store { ref memarg } => self.store(memarg),
            Operator::F32Load { ref memarg } => self.load(types::F32, memarg),
            Operator::F32Store { ref memarg } => self.store(memarg),
            Operator::F64Load { ref memarg } => self.load(types::F64, memarg),
            Operator::F64Store { ref memarg } => self.store(memarg),
            Operator::V128Load { ref memarg } => self.load(types::I8X16, memarg),
            Operator::V128Store { ref memarg } => self.store(memarg),
            Operator::I32Load8S { ref memarg } => self.load_extend(Opcode::Sload8, types::I32, 1, memarg),
            Operator::I32Load8U { ref memarg } => self.load_extend(Opcode::Uload8, types::I32, 1, memarg),
            Operator::I32Store8 { ref memarg } => self.store_narrow(types::I8, memarg),
            Operator::I32Load16S { ref memarg } => self.load_extend(Opcode::Sload16, types::I32, 2, memarg),
            Operator::I32Load16U { ref memarg } => self.load_extend(Opcode::Uload16, types::I32, 2, memarg),
            Operator::I32Store16 { ref memarg } => self.store_narrow(types::I16, memarg),
            Operator::I64Load8S { ref memarg } => self.load_extend(Opcode::Sload8, types::I64, 1, memarg),
            Operator::I64Load8U { ref memarg } => self.load_extend(Opcode::Uload8, types::I64, 1, memarg),
            Operator::I64Store8 { ref memarg } => self.store_narrow(types::I8, memarg),
            Operator::I64Load16S { ref memarg } => self.load_extend(Opcode::Sload16, types::I64, 2, memarg),
            Operator::I64Load16U { ref memarg } => self.load_extend(Opcode::Uload16, types::I64, 2, memarg),
            Operator::I64Store16 { ref memarg } => self.store_narrow(types::I16, memarg),
            Operator::I64Load32S { ref memarg } => self.load_extend(Opcode::Sload32, types::I64, 4, memarg),
            Operator::I64Load32U { ref memarg } => self.load_extend(Opcode::Uload32, types::I64, 4, memarg),
            Operator::I64Store32 { ref memarg } => self.store_narrow(types::I32, memarg),
            Operator::MemorySize { mem } => self.memory_size(MemoryIndex::from_u32(mem)),
            Operator::MemoryGrow { mem } => self.memory_grow(MemoryIndex::from_u32(mem)),
            Operator::MemoryCopy { dst_mem, src_mem } => {
                self.memory_copy(MemoryIndex::from_u32(dst_mem), MemoryIndex::from_u32(src_mem))
            }
            Operator::MemoryFill { mem } => self.memory_fill(MemoryIndex::from_u32(mem)),
            Operator::MemoryInit { data_index, mem } => {
                self.memory_init(MemoryIndex::from_u32(mem), DataIndex::from_u32(data_index))
            }
            Operator::DataDrop { data_index } => self.data_drop(DataIndex::from_u32(data_index)),
            Operator::I32Const { value } => self.i32_const(value),
            Operator::I64Const { value } => self.i64_const(value),
            Operator::F32Const { value } => self.f32_const(value.bits()),
            Operator::F64Const { value } => self.f64_const(value.bits()),
            Operator::I32Eqz => self.eqz(),
            Operator::I32Eq => self.compare(IntCC::Equal),
            Operator::I32Ne => self.compare(IntCC::NotEqual),
            Operator::I32LtS => self.compare(IntCC::SignedLessThan),
            Operator::I32LtU => self.compare(IntCC::UnsignedLessThan),
            Operator::I32GtS => self.compare(IntCC::SignedGreaterThan),
            Operator::I32GtU => self.compare(IntCC::UnsignedGreaterThan),
            Operator::I32LeS => self.compare(IntCC::SignedLessThanOrEqual),
            Operator::I32LeU => self.compare(IntCC::UnsignedLessThanOrEqual),
            Operator::I32GeS => self.compare(IntCC::SignedGreaterThanOrEqual),
            Operator::I32GeU => self.compare(IntCC::UnsignedGreaterThanOrEqual),
            Operator::I32Clz => self.unary(|ins, x| ins.clz(x)),
            Operator::I32Ctz => self.unary(|ins, x| ins.ctz(x)),
            Operator::I32Popcnt => self.unary(|ins, x| ins.popcnt(x)),
            Operator::I32Add => self.binary(|ins, x, y| ins.iadd(x, y)),
            Operator::I32Sub => self.binary(|ins, x, y| ins.isub(x, y)),
            Operator::I32Mul => self.binary(|ins, x, y| ins.imul(x, y)),
            Operator::I32DivS => self.binary(|ins, x, y| ins.sdiv(x, y)),
            Operator::I32DivU => self.binary(|ins, x, y| ins.udiv(x, y)),
            Operator::I32RemS => self.binary(|ins, x, y| ins.srem(x, y)),
            Operator::I32RemU => self.binary(|ins, x, y| ins.urem(x, y)),
            Operator::I32And => self.binary(|ins, x, y| ins.band(x, y)),
            Operator::I32Or => self.binary(|ins, x, y| ins.bor(x, y)),
            Operator::I32Xor => self.binary(|ins, x, y| ins.bxor(x, y)),
            Operator::I32Shl => self.binary(|ins, x, y| ins.ishl(x, y)),
            Operator::I32ShrS => self.binary(|ins, x, y| ins.sshr(x, y)),
            Operator::I32ShrU => self.binary(|ins, x, y| ins.ushr(x, y)),
            Operator::I32Rotl => self.binary(|ins, x, y| ins.rotl(x, y)),
            Operator::I32Rotr => self.binary(|ins, x, y| ins.rotr(x, y)),
            Operator::I64Eqz => self.eqz(),
            Operator::I64Eq => self.compare(IntCC::Equal),
            Operator::I64Ne => self.compare(IntCC::NotEqual),
            Operator::I64LtS => self.compare(IntCC::SignedLessThan),
            Operator::I64LtU => self.compare(IntCC::UnsignedLessThan),
            Operator::I64GtS => self.compare(IntCC::SignedGreaterThan),
            Operator::I64GtU => self.compare(IntCC::UnsignedGreaterThan),
            Operator::I64LeS => self.compare(IntCC::SignedLessThanOrEqual),
            Operator::I64LeU => self.compare(IntCC::UnsignedLessThanOrEqual),
            Operator::I64GeS => self.compare(IntCC::SignedGreaterThanOrEqual),
            Operator::I64GeU => self.compare(IntCC::UnsignedGreaterThanOrEqual),
            Operator::I64Clz => self.unary(|ins, x| ins.clz(x)),
            Operator::I64Ctz => self.unary(|ins, x| ins.ctz(x)),
            Operator::I64Popcnt => self.unary(|ins, x| ins.popcnt(x)),
            Operator::I64Add => self.binary(|ins, x, y| ins.iadd(x, y)),
            Operator::I64Sub => self.binary(|ins, x, y| ins.isub(x, y)),
            Operator::I64Mul => self.binary(|ins, x, y| ins.imul(x, y)),
            Operator::I64DivS => self.binary(|ins, x, y| ins.sdiv(x, y)),
            Operator::I64DivU => self.binary(|ins, x, y| ins.udiv(x, y)),
            Operator::I64RemS => self.binary(|ins, x, y| ins.srem(x, y)),
            Operator::I64RemU => self.binary(|ins, x, y| ins.urem(x, y)),
            Operator::I64And => self.binary(|ins, x, y| ins.band(x, y)),
            Operator::I64Or => self.binary(|ins, x, y| ins.bor(x, y)),
            Operator::I64Xor => self.binary(|ins, x, y| ins.bxor(x, y)),
            Operator::I64Shl => self.binary(|ins, x, y| ins.ishl(x, y)),
            Operator::I64ShrS => self.binary(|ins, x, y| ins.sshr(x, y)),
            Operator::I64ShrU => self.binary(|ins, x, y| ins.ushr(x, y)),
            Operator::I64Rotl => self.binary(|ins, x, y| ins.rotl(x, y)),
            Operator::I64Rotr => self.binary(|ins, x, y| ins.rotr(x, y)),
            Operator::F32Eq => self.compare_float(FloatCC::Equal),
            Operator::F32Ne => self.compare_float(FloatCC::NotEqual),
            Operator::F32Lt => self.compare_float(FloatCC::LessThan),
            Operator::F32Gt => self.compare_float(FloatCC::GreaterThan),
            Operator::F32Le => self.compare_float(FloatCC::LessThanOrEqual),
            Operator::F32Ge => self.compare_float(FloatCC::GreaterThanOrEqual),
            Operator::F32Abs => self.unary(|ins, x| ins.fabs(x)),
            Operator::F32Neg => self.unary(|ins, x| ins.fneg(x)),
            Operator::F32Ceil => self.unary(|ins, x| ins.ceil(x)),
            Operator::F32Floor => self.unary(|ins, x| ins.floor(x)),
            Operator::F32Trunc => self.unary(|ins, x| ins.trunc(x)),
            Operator::F32Nearest => self.unary(|ins, x| ins.nearest(x)),
            Operator::F32Sqrt => self.unary(|ins, x| ins.sqrt(x)),
            Operator::F32Add => self.binary(|ins, x, y| ins.fadd(x, y)),
            Operator::F32Sub => self.binary_float(|ins, x, y| ins.fsub(x, y)),
            Operator::F32Mul => self.binary(|ins, x, y| ins.fmul(x, y)),
            Operator::F32Div => self.binary_float(|ins, x, y| ins.fdiv(x, y)),
            Operator::F32Min => self.binary(|ins, x, y| ins.fmin(x, y)),
            Operator::F32Max => self.binary(|ins, x, y| ins.fmax(x, y)),
            Operator::F32Copysign => self.binary(|ins, x, y| ins.fcopysign(x, y)),
            Operator::F64Eq => self.compare_float(FloatCC::Equal),
            Operator::F64Ne => self.compare_float(FloatCC::NotEqual),
            Operator::F64Lt => self.compare_float(FloatCC::LessThan),
            Operator::F64Gt => self.compare_float(FloatCC::GreaterThan),
            Operator::F64Le => self.compare_float(FloatCC::LessThanOrEqual),
            Operator::F64Ge => self.compare_float(FloatCC::GreaterThanOrEqual),
            Operator::F64Abs => self.unary(|ins, x| ins.fabs(x)),
            Operator::F64Neg => self.unary(|ins, x| ins.fneg(x)),
            Operator::F64Ceil => self.unary(|ins, x| ins.ceil(x)),
            Operator::F64Floor => self.unary(|ins, x| ins.floor(x)),
            Operator::F64Trunc => self.unary(|ins, x| ins.trunc(x)),
            Operator::F64Nearest => self.unary(|ins, x| ins.nearest(x)),
            Operator::F64Sqrt => self.unary(|ins, x| ins.sqrt(x)),
            Operator::F64Add => self.binary(|ins, x, y| ins.fadd(x, y)),
            Operator::F64Sub => self.binary_float(|ins, x, y| ins.fsub(x, y)),
            Operator::F64Mul => self.binary(|ins, x, y| ins.fmul(x, y)),
            Operator::F64Div => self.binary_float(|ins, x, y| ins.fdiv(x, y)),
            Operator::F64Min => self.binary(|ins, x, y| ins.fmin(x, y)),
            Operator::F64Max => self.binary(|ins, x, y| ins.fmax(x, y)),
            Operator::F64Copysign => self.binary(|ins, x, y| ins.fcopysign(x, y)),
            Operator::I32WrapI64 => self.unary(|ins, x| ins.ireduce(types::I32, x)),
            Operator::I64ExtendI32S => self.unary(|ins, x| ins.sextend(types::I64, x)),
            Operator::I64ExtendI32U => self.unary(|ins, x| ins.uextend(types::I64, x)),
            Operator::I32TruncF32S => self.unary(|ins, x| ins.fcvt_to_sint(types::I32, x)),
            Operator::I32TruncSatF32S => self.unary(|ins, x| ins.fcvt_to_sint_sat(types::I32, x)),
            Operator::F32ConvertI32S => self.unary(|ins, x| ins.fcvt_from_sint(types::F32, x)),
            Operator::I32TruncF32U => self.unary(|ins, x| ins.fcvt_to_uint(types::I32, x)),
            Operator::I32TruncSatF32U => self.unary(|ins, x| ins.fcvt_to_uint_sat(types::I32, x)),
            Operator::F32ConvertI32U => self.unary(|ins, x| ins.fcvt_from_uint(types::F32, x)),
            Operator::I32TruncF64S => self.unary(|ins, x| ins.fcvt_to_sint(types::I32, x)),
            Operator::I32TruncSatF64S => self.unary(|ins, x| ins.fcvt_to_sint_sat(types::I32, x)),
            Operator::F64ConvertI32S => self.unary(|ins, x| ins.fcvt_from_sint(types::F64, x)),
            Operator::I32TruncF64U => self.unary(|ins, x| ins.fcvt_to_uint(types::I32, x)),
            Operator::I32TruncSatF64U => self.unary(|ins, x| ins.fcvt_to_uint_sat(types::I32, x)),
            Operator::F64ConvertI32U => self.unary(|ins, x| ins.fcvt_from_uint(types::F64, x)),
            Operator::I64TruncF32S => self.unary(|ins, x| ins.fcvt_to_sint(types::I64, x)),
            Operator::I64TruncSatF32S => self.unary(|ins, x| ins.fcvt_to_sint_sat(types::I64, x)),
            Operator::F32ConvertI64S => self.unary(|ins, x| ins.fcvt_from_sint(types::F32, x)),
            Operator::I64TruncF32U => self.unary(|ins, x| ins.fcvt_to_uint(types::I64, x)),
            Operator::I64TruncSatF32U => self.unary(|ins, x| ins.fcvt_to_uint_sat(types::I64, x)),
            Operator::F32ConvertI64U => self.unary(|ins, x| ins.fcvt_from_uint(types::F32, x)),
            Operator::I64TruncF64S => self.unary(|ins, x| ins.fcvt_to_sint(types::I64, x)),
            Operator::I64TruncSatF64S => self.unary(|ins, x| ins.fcvt_to_sint_sat(types::I64, x)),
            Operator::F64ConvertI64S => self.unary(|ins, x| ins.fcvt_from_sint(types::F64, x)),
            Operator::I64TruncF64U => self.unary(|ins, x| ins.fcvt_to_uint(types::I64, x)),
            Operator::I64TruncSatF64U => self.unary(|ins, x| ins.fcvt_to_uint_sat(types::I64, x)),
            Operator::F64ConvertI64U => self.unary(|ins, x| ins.fcvt_from_uint(types::F64, x)),
            Operator::F32DemoteF64 => self.unary(|ins, x| ins.fdemote(types::F32, x)),
            Operator::F64PromoteF32 => self.unary(|ins, x| ins.fpromote(types::F64, x)),
            Operator::I32ReinterpretF32 => self.reinterpret(types::I32),
            Operator::I64ReinterpretF64 => self.reinterpret(types::I64),
            Operator::F32ReinterpretI32 => self.reinterpret(types::F32),
            Operator::F64ReinterpretI64 => self.reinterpret(types::F64),
            Operator::I32Extend8S => self.extend_low(types::I8),
            Operator::I32Extend16S => self.extend_low(types::I16),
            Operator::I64Extend8S => self.extend_low(types::I8),
            Operator::I64Extend16S => self.extend_low(types::I16),
            Operator::I64Extend32S => self.extend_low(types::I32),
            _ => return self.object_operator(operator, offset),
        }
        Ok(())
    }

    /// As [`Self::operator`], of what has to do with objects, or is not among the common operators.
    fn object_operator(&mut self, operator: &Operator<'_>, offset: u64) -> Result<(), Error> {
        let ty = TypeIndex::from_u32;
        match *operator {
            Operator::StructNew { struct_type_index } => self.struct_new(ty(struct_type_index)),
            Operator::StructNewDefault { struct_type_index } => self.struct_new_default(ty(struct_type_index)),
            Operator::StructGet { struct_type_index, field_index }
            | Operator::StructGetU { struct_type_index, field_index } => {
                self.struct_get(ty(struct_type_index), field_index, Extension::Unsigned)
            }
            Operator::StructGetS { struct_type_index, field_index } => {
                self.struct_get(ty(struct_type_index), field_index, Extension::Signed)
            }
            Operator::StructSet { struct_type_index, field_index } => {
                self.struct_set(ty(struct_type_index), field_index)
            }
            Operator::ArrayNew { array_type_index } => self.array_new(ty(array_type_index)),
            Operator::ArrayNewDefault { array_type_index } => self.array_new_default(ty(array_type_index)),
            Operator::ArrayNewFixed { array_type_index, array_size } => {
                self.array_new_fixed(ty(array_type_index), array_size)
            }
            Operator::ArrayNewData { array_type_index, array_data_index } => {
                self.array_new_data(ty(array_type_index), DataIndex::from_u32(array_data_index))
            }
            Operator::ArrayNewElem { array_type_index, array_elem_index } => {
                self.array_new_elem(ty(array_type_index), ElemIndex::from_u32(array_elem_index))
            }
            Operator::ArrayGet { array_type_index } | Operator::ArrayGetU { array_type_index } => {
                self.array_get(ty(array_type_index), Extension::Unsigned)
            }
            Operator::ArrayGetS { array_type_index } => self.array_get(ty(array_type_index), Extension::Signed),
            Operator::ArraySet { array_type_index } => self.array_set(ty(array_type_index)),
            Operator::ArrayLen => self.array_len(),
            Operator::ArrayFill { array_type_index } => self.array_fill(ty(array_type_index)),
            Operator::ArrayCopy { array_type_index_dst, array_type_index_src } => {
                self.array_copy(ty(array_type_index_dst), ty(array_type_index_src))
            }
            Operator::ArrayInitData { array_type_index, array_data_index } => {
                self.array_init_data(ty(array_type_index), DataIndex::from_u32(array_data_index))
            }
            Operator::ArrayInitElem { array_type_index, array_elem_index } => {
                self.array_init_elem(ty(array_type_index), ElemIndex::from_u32(array_elem_index))
            }
            Operator::RefTestNonNull { hty } => self.ref_test(hty, false),
            Operator::RefTestNullable { hty } => self.ref_test(hty, true),
            Operator::RefCastNonNull { hty } => self.ref_cast(hty, false),
            Operator::RefCastNullable { hty } => self.ref_cast(hty, true),
            Operator::BrOnCast { relative_depth, from_ref_type, to_ref_type } => {
                self.br_on_cast(relative_depth, from_ref_type, to_ref_type, true)
            }
            Operator::BrOnCastFail { relative_depth, from_ref_type, to_ref_type } => {
                self.br_on_cast(relative_depth, from_ref_type, to_ref_type, false)
            }
            Operator::AnyConvertExtern => self.any_convert_extern(),
            Operator::ExternConvertAny => self.extern_convert_any(),
            Operator::RefI31 => self.ref_i31(),
            Operator::I31GetS => self.i31_get(true),
            Operator::I31GetU => self.i31_get(false),
            Operator::I64Add128 => self.i64_add128(),
            Operator::I64Sub128 => self.i64_sub128(),
            Operator::I64MulWideS => self.i64_mul_wide(true),
            Operator::I64MulWideU => self.i64_mul_wide(false),
            _ => return self.simd_operator(operator, offset),
        }
        Ok(())
    }

    /// Where control cannot be, only nesting matters.
    fn unreachable_operator(&mut self, operator: &Operator<'_>) {
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } | Operator::TryTable { .. } => {
                self.push_unreachable_frame();
            }
            Operator::Else => self.else_(),
            Operator::End | Operator::Delegate { .. } => self.end(),
            Operator::Try { .. } => self.unreachable_try(),
            Operator::Catch { tag_index } => self.catch(Some(TagIndex::from_u32(*tag_index))),
            Operator::CatchAll => self.catch(None),
            _ => {}
        }
    }
}
