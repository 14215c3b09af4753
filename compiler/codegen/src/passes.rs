//! The passes that can be left out, to find out what each gains and which one is at fault.

/// A pass, by the name of the file that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// `optimize/addresses.rs`.
    Addresses,
    /// `optimize/bounded.rs`.
    Bounded,
    /// `optimize/carry.rs`.
    Carry,
    /// `optimize/compare.rs`.
    Compare,
    /// `optimize/constant.rs`.
    Constant,
    /// `optimize/counters.rs`.
    Counters,
    /// `optimize/detach.rs`.
    Detach,
    /// `optimize/displace.rs`.
    Displace,
    /// `optimize/expand.rs`.
    Expand,
    /// `optimize/hoist.rs`.
    Hoist,
    /// `plan/indirect.rs`.
    Indirect,
    /// `plan/inline.rs`.
    Inline,
    /// `translate/counts.rs`: which blocks lie in line.
    Likely,
    /// `optimize/masks.rs`.
    Masks,
    /// `plan/order.rs`.
    Order,
    /// `translate/counts.rs`: calls of likely targets by name.
    Promote,
    /// `emit/a64/`; frames and slots in `emit/rv64/`; `emit/x64/refine/`, and `optimize/sink.rs` before it.
    Refine,
    /// `emit/x64/relax/`, `emit/rv64/`.
    Relax,
    /// `optimize/reuse.rs`.
    Reuse,
    /// `optimize/straighten.rs`.
    Straighten,
    /// `optimize/unroll.rs`.
    Unroll,
    /// `optimize/vector/`.
    Vector,
    /// `optimize/wide.rs`, and `optimize/unsigned.rs` before it.
    Wide,
}

impl Pass {
    /// All of them, each with its name.
    pub const ALL: &[(Self, &str)] = &[
        (Self::Addresses, "addresses"),
        (Self::Bounded, "bounded"),
        (Self::Carry, "carry"),
        (Self::Compare, "compare"),
        (Self::Constant, "constant"),
        (Self::Counters, "counters"),
        (Self::Detach, "detach"),
        (Self::Displace, "displace"),
        (Self::Expand, "expand"),
        (Self::Hoist, "hoist"),
        (Self::Indirect, "indirect"),
        (Self::Inline, "inline"),
        (Self::Likely, "likely"),
        (Self::Masks, "masks"),
        (Self::Order, "order"),
        (Self::Promote, "promote"),
        (Self::Refine, "refine"),
        (Self::Relax, "relax"),
        (Self::Reuse, "reuse"),
        (Self::Straighten, "straighten"),
        (Self::Unroll, "unroll"),
        (Self::Vector, "vector"),
        (Self::Wide, "wide"),
    ];

    /// The pass of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, other)| *other == name).map(|&(pass, _)| pass)
    }
}

/// Which passes run: by default all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passes {
    /// A bit for each that does not.
    left_out: u64,
}

impl Passes {
    /// All but `passes`.
    pub fn without(passes: impl IntoIterator<Item = Pass>) -> Self {
        Self { left_out: passes.into_iter().fold(0, |left_out, pass| left_out | 1 << pass as u32) }
    }

    /// Whether a pass runs.
    pub fn have(self, pass: Pass) -> bool {
        self.left_out & 1 << pass as u32 == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pass_has_a_bit_of_its_own() {
        for (number, &(pass, name)) in Pass::ALL.iter().enumerate() {
            assert_eq!((pass as usize, Pass::named(name)), (number, Some(pass)));
            let others = Pass::ALL.iter().filter(|(other, _)| Passes::without([pass]).have(*other));
            assert_eq!(others.count(), Pass::ALL.len() - 1);
        }
    }
}
