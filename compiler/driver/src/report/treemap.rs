//! Rectangles whose areas are those of numbers, as near to squares as rows of them can be (Bruls, Huizing and van Wijk,
//! "Squarified Treemaps").

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

/// A rectangle in `space` for each of `sizes`, which are in descending order. What has no size has no area.
pub fn layout(sizes: &[f64], space: Rect) -> Vec<Rect> {
    let sum: f64 = sizes.iter().sum();
    let scale = if sum > 0.0 { space.width * space.height / sum } else { 0.0 };
    let areas: Vec<f64> = sizes.iter().map(|size| size * scale).collect();
    let (mut rects, mut left) = (Vec::with_capacity(areas.len()), space);
    let mut start = 0;
    while start < areas.len() {
        let side = left.width.min(left.height);
        let mut end = start + 1;
        let mut sum = areas[start];
        while end < areas.len()
            && worst(&areas[start..=end], sum + areas[end], side) <= worst(&areas[start..end], sum, side)
        {
            sum += areas[end];
            end += 1;
        }
        left = row(&areas[start..end], sum, left, &mut rects);
        start = end;
    }
    rects
}

/// How far the least square of a row is from one, whose areas have that sum, along a side.
fn worst(areas: &[f64], sum: f64, side: f64) -> f64 {
    let ratio = |area: f64| {
        let (long, wide) = (sum / side, area * side / sum);
        (long / wide).max(wide / long)
    };
    // In descending order the first and the last differ most.
    ratio(areas[0]).max(ratio(areas[areas.len() - 1]))
}

/// Puts a row along the shorter side of `space`; returns what is left of that.
fn row(areas: &[f64], sum: f64, space: Rect, rects: &mut Vec<Rect>) -> Rect {
    let is_column = space.width >= space.height;
    let side = if is_column { space.height } else { space.width };
    let depth = if side > 0.0 { sum / side } else { 0.0 };
    let mut along = 0.0;
    for area in areas {
        let length = if depth > 0.0 { area / depth } else { 0.0 };
        rects.push(if is_column {
            Rect { x: space.x, y: space.y + along, width: depth, height: length }
        } else {
            Rect { x: space.x + along, y: space.y, width: length, height: depth }
        });
        along += length;
    }
    if is_column {
        Rect { x: space.x + depth, width: (space.width - depth).max(0.0), ..space }
    } else {
        Rect { y: space.y + depth, height: (space.height - depth).max(0.0), ..space }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_are_in_proportion_and_inside() {
        let space = Rect { x: 10.0, y: 20.0, width: 600.0, height: 400.0 };
        let sizes = [6.0, 6.0, 4.0, 3.0, 2.0, 2.0, 1.0, 0.0];
        let rects = layout(&sizes, space);
        for (rect, size) in rects.iter().zip(sizes) {
            assert!((rect.width * rect.height - size * 10_000.0).abs() < 1e-6, "{rect:?}");
            assert!(rect.x >= 10.0 && rect.x + rect.width <= 610.0 + 1e-6, "{rect:?}");
            assert!(rect.y >= 20.0 && rect.y + rect.height <= 420.0 + 1e-6, "{rect:?}");
        }
        assert_eq!(layout(&[], space), []);
        assert_eq!(layout(&[0.0, 0.0], space).len(), 2);
    }
}
