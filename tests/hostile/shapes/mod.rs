//! The shapes, by what of a module they are about.

mod calls;
mod control;
mod locals;
mod sections;
mod state;
mod straight;
mod text;

use crate::hostile::Shape;

/// All shapes.
pub fn all() -> Vec<Shape> {
    [straight::SHAPES, control::SHAPES, locals::SHAPES, calls::SHAPES, state::SHAPES, sections::SHAPES, text::SHAPES]
        .concat()
}
