//! How exceptions carry values: see [`wasmc_abi::exception`].

use crate::signature::clif_type;
use wasmc_abi::exception::{MAX_IMMEDIATE, PAYLOAD};
use wasmc_frontend::wasmparser::ValType;

/// Whether these values fit into the word that an exception is.
pub fn is_immediate(params: &[ValType]) -> bool {
    match params {
        [] => true,
        [one] => clif_type(*one).bytes() <= MAX_IMMEDIATE,
        _ => false,
    }
}

/// Where each of these values lies in an exception, in bytes from its header.
pub fn offsets(params: &[ValType]) -> Vec<u32> {
    layout(params).0
}

/// Bytes of an exception that carries these values.
pub fn size(params: &[ValType]) -> u32 {
    layout(params).1
}

fn layout(params: &[ValType]) -> (Vec<u32>, u32) {
    let mut end = PAYLOAD;
    let mut place = |&ty: &ValType| {
        let size = clif_type(ty).bytes();
        let offset = end.next_multiple_of(size);
        end = offset + size;
        offset
    };
    (params.iter().map(&mut place).collect(), end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmc_frontend::wasmparser::RefType;

    #[test]
    fn few_bytes_need_no_room() {
        assert!(is_immediate(&[]) && is_immediate(&[ValType::I32]) && is_immediate(&[ValType::F32]));
        assert!(!is_immediate(&[ValType::I64]) && !is_immediate(&[ValType::Ref(RefType::FUNCREF)]));
        assert!(!is_immediate(&[ValType::I32, ValType::I32]));
    }

    #[test]
    fn values_are_aligned() {
        let params = [ValType::I32, ValType::I64, ValType::F32, ValType::V128, ValType::I32];
        assert_eq!((offsets(&params), size(&params)), (vec![16, 24, 32, 48, 64], 68));
    }
}
