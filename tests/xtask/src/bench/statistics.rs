//! Medians and quartiles.

/// A ratio over the rounds: its median, and between which values the middle half of them lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub lower: f64,
    pub median: f64,
    pub upper: f64,
}

impl Spread {
    /// Of some values; nothing of nothing.
    pub fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let quantile = |part: f64| {
            let place = part * (values.len() - 1) as f64;
            let (below, above) = (values[place.floor() as usize], values[place.ceil() as usize]);
            below + (above - below) * place.fract()
        };
        (!values.is_empty()).then(|| Spread { lower: quantile(0.25), median: quantile(0.5), upper: quantile(0.75) })
    }

    /// As a table shows it.
    pub fn shown(spread: Option<Self>) -> String {
        spread.map_or_else(
            || "-".to_owned(),
            |Spread { lower, median, upper }| format!("{median:.2} ({lower:.2}–{upper:.2})"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn quartiles_lie_between_values() {
        assert_eq!(Spread::of(Vec::new()), None);
        assert_eq!(Spread::of(vec![2.0]), Some(Spread { lower: 2.0, median: 2.0, upper: 2.0 }));
        let spread = Spread::of(vec![4.0, 1.0, 3.0, 2.0]).unwrap();
        assert_eq!(spread, Spread { lower: 1.75, median: 2.5, upper: 3.25 });
        assert_eq!(Spread::shown(Some(spread)), "2.50 (1.75–3.25)");
    }
}
