//! What to link.

use crate::gnu_property::GnuProperties;
use crate::inputs::Input;
use crate::target::{Architecture, PageSize};
use crate::verify::Expectations;
use std::num::NonZeroUsize;

/// Everything a link depends on.
#[derive(Clone, Debug)]
pub struct LinkRequest<'a> {
    /// Objects; all of them take part.
    pub objects: Vec<Input>,
    /// Archives; members that define a missing symbol take part.
    pub archives: Vec<Input>,
    /// Whether any of them is the user's ([`Input::is_native`]): the work of a compiler that we know nothing of.
    pub natives: bool,
    /// Bytes of the guard below the stack.
    pub guard_size: u64,
    /// Text of the linker script that places the sections; those of the user's own are not yet in it.
    pub script: &'a str,
    /// Instruction set.
    pub architecture: Architecture,
    /// Symbol at which execution starts.
    pub entry: &'a str,
    /// Page size of the target.
    pub page_size: PageSize,
    /// An address and its offset in the file differ by a multiple of this. The page size, where the file is mapped.
    pub file_align: PageSize,
    /// Address of section `.wasm_memory`, where an object has one.
    pub memory_address: Option<u64>,
    /// Address above which all other sections must lie.
    pub image_base: u64,
    /// What the image declares of all its code.
    pub gnu_properties: GnuProperties,
    /// Leave out the symbol table.
    pub strip: bool,
    /// Threads to use.
    pub jobs: NonZeroUsize,
}

impl LinkRequest<'_> {
    /// What the image must be like.
    pub fn expectations(&self) -> Expectations {
        Expectations {
            architecture: self.architecture,
            page_size: self.page_size,
            file_align: self.file_align,
            memory_address: self.memory_address,
            image_base: self.image_base,
            gnu_properties: self.gnu_properties,
        }
    }
}
