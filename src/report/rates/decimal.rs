//! Shares as exact decimals: no rate passes through a binary fraction.

use std::cmp::Ordering;

/// What stands for a rate of nothing.
pub const NONE: &str = "-";

/// A share: so many hundredths of so many whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// The numerator, in hundredths: a rating may count for a part.
    pub hundredths: u64,
    /// The denominator.
    pub of: u64,
}

impl Share {
    /// The numerator: `3`, `3.8`.
    pub fn numerator(self) -> String {
        let (whole, rest) = (self.hundredths / 100, self.hundredths % 100);
        match (rest / 10, rest % 10) {
            (0, 0) => whole.to_string(),
            (tenths, 0) => format!("{whole}.{tenths}"),
            (tenths, more) => format!("{whole}.{tenths}{more}"),
        }
    }

    /// The share in per cent with two decimals, half up: `66.67`; `None` of nothing.
    ///
    /// ```
    /// use duban::report::rates::Share;
    /// assert_eq!(Share { hundredths: 200, of: 3 }.percent().as_deref(), Some("66.67"));
    /// assert_eq!(Share { hundredths: 0, of: 0 }.percent(), None);
    /// ```
    pub fn percent(self) -> Option<String> {
        if self.of == 0 {
            return None;
        }
        let (numerator, of) = (u128::from(self.hundredths), u128::from(self.of));
        let parts = (numerator * 200 + of) / (2 * of);
        Some(format!("{}.{:02}", parts / 100, parts % 100))
    }

    /// As a bulletin says it: `66.67%(2/3)`, or that there is none.
    pub fn text(self) -> String {
        match self.percent() {
            Some(percent) => format!("{percent}%({}/{})", self.numerator(), self.of),
            None => NONE.to_owned(),
        }
    }

    /// Which is the better one, exactly; a share of nothing cannot be compared.
    pub fn compare(self, other: Self) -> Ordering {
        let across = |one: Self, other: Self| u128::from(one.hundredths) * u128::from(other.of);
        across(self, other).cmp(&across(other, self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_rounds_half_up_and_only_at_the_end() {
        let rows = [
            (100, 3, "33.33"),
            (200, 3, "66.67"),
            (100, 8, "12.50"),
            (100, 800, "0.13"),
            (100, 801, "0.12"),
            (380, 5, "76.00"),
            (100, 1, "100.00"),
            (0, 7, "0.00"),
            (99_999_900, 1_000_000, "100.00"),
        ];
        for (hundredths, of, expected) in rows {
            assert_eq!(Share { hundredths, of }.percent().as_deref(), Some(expected), "{hundredths}/{of}");
        }
    }

    #[test]
    fn numerator_shows_no_more_decimals_than_it_has() {
        let rows = [(0, "0"), (300, "3"), (380, "3.8"), (385, "3.85"), (305, "3.05")];
        for (hundredths, expected) in rows {
            assert_eq!(Share { hundredths, of: 1 }.numerator(), expected);
        }
    }

    #[test]
    fn compare_tells_shares_apart_that_are_printed_alike() {
        let better = Share { hundredths: 100, of: 1 };
        let worse = Share { hundredths: 99_999_900, of: 1_000_000 };
        assert_eq!(better.percent(), worse.percent());
        assert_eq!(better.compare(worse), Ordering::Greater);
        assert_eq!(Share { hundredths: 200, of: 4 }.compare(Share { hundredths: 100, of: 2 }), Ordering::Equal);
    }

    #[test]
    fn a_share_of_nothing_is_said_to_be_none() {
        assert_eq!(Share::default().text(), "-");
        assert_eq!(Share { hundredths: 380, of: 5 }.text(), "76.00%(3.8/5)");
    }
}
