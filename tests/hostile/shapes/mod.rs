//! The shapes, by what of a module they are about.

mod calls;
mod control;
mod exceptions;
mod locals;
mod sections;
mod state;
mod straight;
mod text;

use crate::hostile::Shape;

/// All shapes.
pub fn all() -> Vec<Shape> {
    let code = [straight::SHAPES, control::SHAPES, exceptions::SHAPES, locals::SHAPES, calls::SHAPES];
    [code.concat(), [state::SHAPES, sections::SHAPES, text::SHAPES].concat()].concat()
}
