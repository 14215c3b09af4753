//! Arrays.

use super::object::Extension;
use super::{Lowering, Region};
use crate::values;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{BlockArg, InstBuilder, MemFlagsData, Value, types};
use wasmc_abi::builtin::Builtin;
use wasmc_abi::heap::{ALIGN, ELEMENTS, LARGEST_INLINE, LARGEST_SMALL, LEN};
use wasmc_abi::table::ELEMENT_SIZE;
use wasmc_abi::trap::TrapCode;
use wasmc_frontend::index::TypeIndex;
use wasmc_frontend::program::types::Storage;

impl Lowering<'_, '_> {
    /// A new array of `len` elements of their default value.
    pub fn new_default_array(&mut self, type_index: TypeIndex, len: Value) -> Value {
        let number = self.plan.type_numbers(type_index).first;
        let number = self.builder.ins().iconst(types::I32, i64::from(number));
        let size = self.plan.heap.element_size(type_index);
        let size = self.builder.ins().iconst(types::I32, i64::from(size));
        let heap = self.heap_address();
        let call = self.call_collector(Builtin::HeapAllocateArray, &[heap, number, size, len]);
        let array = self.builder.inst_results(call)[0];
        self.trap_if_null(array, TrapCode::HeapExhausted);
        array
    }

    /// A new array of `len` elements of one value.
    pub fn new_array(&mut self, type_index: TypeIndex, value: Value, len: Value) -> Value {
        let array = self.new_default_array(type_index, len);
        if values::constant(&self.builder.func.dfg, value) != Some(0) {
            let start = self.builder.ins().iadd_imm_s(array, i64::from(ELEMENTS));
            self.fill_from(type_index, start, value, len);
            let ty = self.plan.module.element_type(type_index);
            if self.needs_barrier(ty, value) {
                self.remember_new(type_index, array, len);
            }
        }
        array
    }

    /// Tells the collector of what a new array with references holds at first, where it is large.
    pub fn remember_new(&mut self, type_index: TypeIndex, array: Value, len: Value) {
        let ty = self.plan.module.element_type(type_index);
        let most = (LARGEST_SMALL - ELEMENTS) / self.stored_size(ty);
        let is_large = self.builder.ins().icmp_imm_u(IntCC::UnsignedGreaterThan, len, i64::from(most));
        let [large, done] = [(); 2].map(|()| self.builder.create_block());
        self.builder.ins().brif(is_large, large, &[], done, &[]);
        self.builder.seal_block(large);
        self.builder.switch_to_block(large);
        self.builder.set_cold_block(large);
        let start = self.builder.ins().iadd_imm_s(array, i64::from(ELEMENTS));
        self.remember_range(type_index, start, len);
        self.builder.ins().jump(done, &[]);
        self.builder.seal_block(done);
        self.builder.switch_to_block(done);
    }

    /// A new array of these elements.
    pub fn new_fixed_array(&mut self, type_index: TypeIndex, values: &[Value]) -> Value {
        let size = self.plan.heap.element_size(type_index);
        let len = self.builder.ins().iconst(types::I32, values.len() as i64);
        let bytes = u64::from(ELEMENTS) + values.len() as u64 * u64::from(size);
        let bytes = bytes.next_multiple_of(ALIGN.into());
        let array = if bytes <= LARGEST_INLINE.into() {
            let array = self.allocate(bytes as u32);
            self.write_header(array, type_index);
            let flags = self.object_flags(Region::Length);
            self.builder.ins().store(flags, len, array, LEN as i32);
            array
        } else {
            self.new_default_array(type_index, len)
        };
        let (ty, flags) = (self.plan.module.element_type(type_index), self.element_flags(type_index));
        for (&value, index) in values.iter().zip(0..) {
            self.store_in_object(ty, flags, array, (ELEMENTS + index * size) as i32, value);
        }
        if bytes > LARGEST_SMALL.into() {
            let start = self.builder.ins().iadd_imm_s(array, i64::from(ELEMENTS));
            self.remember_range(type_index, start, len);
        }
        array
    }

    /// The number of elements; traps where the array is null.
    pub fn array_len(&mut self, array: Value, can_be_null: bool) -> Value {
        let mut flags = self.object_flags(Region::Length);
        if can_be_null {
            flags = self.check_null(array, LEN, flags, TrapCode::NullArrayReference);
        }
        self.builder.ins().load(types::I32, flags, array, LEN as i32)
    }

    /// The value of an element; traps where there is none.
    pub fn get_element(&mut self, type_index: TypeIndex, array: Value, index: Value, extension: Extension) -> Value {
        let place = self.element_place(type_index, array, index);
        let (ty, flags) = (self.plan.module.element_type(type_index), self.element_flags(type_index));
        self.load_from_object(ty, flags, place, ELEMENTS as i32, extension)
    }

    /// Sets an element; traps where there is none.
    pub fn set_element(&mut self, type_index: TypeIndex, array: Value, index: Value, value: Value) {
        let place = self.element_place(type_index, array, index);
        let (ty, flags) = (self.plan.module.element_type(type_index), self.element_flags(type_index));
        self.store_in_object(ty, flags, place, ELEMENTS as i32, value);
        if self.needs_barrier(ty, value) {
            let address = self.builder.ins().iadd_imm_s(place, i64::from(ELEMENTS));
            self.remember(address);
        }
    }

    /// What the offset of the first element leads to an element from; traps where there is none.
    fn element_place(&mut self, type_index: TypeIndex, array: Value, index: Value) -> Value {
        let len = self.array_len(array, true);
        let outside = self.builder.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, len);
        self.trap_if(outside, TrapCode::OutOfBoundsArrayAccess);
        let bytes = self.elements_to_bytes(type_index, index);
        let place = self.builder.ins().iadd(array, bytes);
        self.guard_speculation(outside, place)
    }

    /// The address of the `len` elements at `index`; traps where they are not all inside the array.
    pub fn array_range(&mut self, type_index: TypeIndex, array: Value, index: Value, len: Value) -> Value {
        let size = self.array_len(array, true);
        let [wide_index, wide_len, size] =
            [index, len, size].map(|value| self.builder.ins().uextend(types::I64, value));
        let end = self.builder.ins().iadd(wide_index, wide_len);
        let outside = self.builder.ins().icmp(IntCC::UnsignedGreaterThan, end, size);
        self.trap_if(outside, TrapCode::OutOfBoundsArrayAccess);
        let bytes = self.elements_to_bytes(type_index, index);
        let place = self.builder.ins().iadd(array, bytes);
        let place = self.builder.ins().iadd_imm_s(place, i64::from(ELEMENTS));
        self.guard_speculation(outside, place)
    }

    /// So many elements, 32 bits wide, in bytes, 64 bits wide.
    pub fn elements_to_bytes(&mut self, type_index: TypeIndex, count: Value) -> Value {
        let size = self.plan.heap.element_size(type_index);
        let count = self.builder.ins().uextend(types::I64, count);
        self.builder.ins().ishl_imm_u(count, i64::from(size.trailing_zeros()))
    }

    /// Sets the `len` elements at an address to a value, and tells the collector.
    pub fn fill_array(&mut self, type_index: TypeIndex, start: Value, value: Value, len: Value) {
        self.fill_from(type_index, start, value, len);
        let ty = self.plan.module.element_type(type_index);
        if self.needs_barrier(ty, value) {
            self.remember_range(type_index, start, len);
        }
    }

    /// Tells the collector of `len` elements at an address, where they may be references.
    pub fn remember_range(&mut self, type_index: TypeIndex, start: Value, len: Value) {
        let ty = self.plan.module.element_type(type_index);
        if matches!(self.storage(ty), Storage::Object | Storage::Extern) {
            let bytes = self.elements_to_bytes(type_index, len);
            let heap = self.heap_address();
            self.call_builtin(Builtin::HeapWritten, &[heap, start, bytes]);
        }
    }

    fn fill_from(&mut self, type_index: TypeIndex, start: Value, value: Value, len: Value) {
        let ty = self.plan.module.element_type(type_index);
        let size = self.stored_size(ty);
        let bytes = self.elements_to_bytes(type_index, len);
        if size == 1 || values::constant(&self.builder.func.dfg, value) == Some(0) {
            let byte = match self.builder.func.dfg.value_type(value) {
                types::I32 => value,
                _ => self.builder.ins().iconst(types::I32, 0),
            };
            self.call_builtin(Builtin::Memset, &[start, byte, bytes]);
            return;
        }
        let flags = self.element_flags(type_index);
        let end = self.builder.ins().iadd(start, bytes);
        self.walk([start], [size], end, |lowering, [place]| {
            lowering.store_in_object(ty, flags, place, 0, value);
        });
    }

    /// Copies `len` elements of an element segment, which are words, to an address in an array.
    pub fn copy_words(&mut self, type_index: TypeIndex, to: Value, from: Value, len: Value) {
        let ty = self.plan.module.element_type(type_index);
        let size = self.stored_size(ty);
        let bytes = self.elements_to_bytes(type_index, len);
        let end = self.builder.ins().iadd(to, bytes);
        let (flags, word_flags) = (self.element_flags(type_index), self.trusted(Region::Table));
        self.walk([to, from], [size, ELEMENT_SIZE], end, |lowering, [to, from]| {
            let value = lowering.builder.ins().load(types::I64, word_flags, from, 0);
            lowering.store_in_object(ty, flags, to, 0, value);
        });
    }

    /// Goes from addresses in steps of so many bytes until the first one has come to `end`.
    fn walk<const N: usize>(
        &mut self,
        starts: [Value; N],
        steps: [u32; N],
        end: Value,
        body: impl FnOnce(&mut Self, [Value; N]),
    ) {
        let [header, inside, next] = [(); 3].map(|()| self.builder.create_block());
        let places = starts.map(|_| self.builder.append_block_param(header, types::I64));
        self.builder.ins().jump(header, &starts.map(BlockArg::from));
        self.builder.switch_to_block(header);
        let done = self.builder.ins().icmp(IntCC::Equal, places[0], end);
        self.builder.ins().brif(done, next, &[], inside, &[]);
        self.builder.switch_to_block(inside);
        self.builder.seal_block(inside);
        body(self, places);
        let mut following = places;
        for (place, step) in following.iter_mut().zip(steps) {
            *place = self.builder.ins().iadd_imm_s(*place, i64::from(step));
        }
        self.builder.ins().jump(header, &following.map(BlockArg::from));
        self.builder.seal_block(header);
        self.builder.switch_to_block(next);
        self.builder.seal_block(next);
    }

    fn element_flags(&mut self, type_index: TypeIndex) -> MemFlagsData {
        let is_mutable = self.plan.module.element_type(type_index).mutable;
        self.declared_flags(type_index, 0, is_mutable)
    }
}
