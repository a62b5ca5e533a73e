//! The number of a ticket, and the keyed hash of a citizen's.

use std::{fmt, sync::Arc};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::text;

/// The number of a ticket (工单编号): after NFKC, trimmed, in upper case.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TicketNo(Arc<str>);

impl TicketNo {
    /// Wraps a number that is already normalised.
    pub fn new(normalised: &str) -> Self {
        Self(normalised.into())
    }

    /// The number in a cell; `None` if the cell is empty.
    ///
    /// ```
    /// use duban::ticket::TicketNo;
    /// assert_eq!(TicketNo::read("\u{3000}２０２５0930a0001\t").unwrap().as_str(), "20250930A0001");
    /// ```
    pub fn read(cell: &str) -> Option<Self> {
        let clean = text::clean(cell);
        // A floating-point column gives a number of digits alone a fraction.
        let whole = text::without_zero_fraction(&clean);
        if whole.is_empty() {
            return None;
        }
        let has_lower = whole.bytes().any(|byte| byte.is_ascii_lowercase()) || !whole.is_ascii();
        Some(if has_lower { Self(whole.to_uppercase().into()) } else { Self(whole.into()) })
    }

    /// Whether a spreadsheet turned the number into its exponent form
    /// (`2.02509E+13`), so that its digits are lost.
    pub fn is_damaged(&self) -> bool {
        let [b'0'..=b'9', b'.' | b'E', ..] = self.0.as_bytes() else {
            return false;
        };
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let Some((mantissa, exponent)) = self.0[1..].split_once("E+") else {
            return false;
        };
        digits(exponent) && (mantissa.is_empty() || mantissa.strip_prefix('.').is_some_and(digits))
    }

    /// The number as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last four characters, by which an SMS names the ticket.
    pub fn tail(&self) -> &str {
        let start = self.0.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
        &self.0[start..]
    }
}

impl fmt::Display for TicketNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TicketNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A keyed hash of a citizen's number: equal numbers have equal hashes, and
/// nobody without the ledger's key can find the number from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NumberHash(pub [u8; 8]);

/// The ledger's key for [`NumberHash`]. It cannot be printed.
#[derive(Clone)]
pub struct NumberKey(Hmac<Sha256>);

impl NumberKey {
    /// Takes the key's bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        // HMAC takes a key of any length.
        Self(Hmac::new_from_slice(&bytes).expect("HMAC takes a key of any length"))
    }

    /// The hash of a number's digits: HMAC-SHA256, its first eight bytes.
    pub fn hash(&self, digits: &str) -> NumberHash {
        let mut mac = self.0.clone();
        mac.update(digits.as_bytes());
        let mut hash = [0; 8];
        hash.copy_from_slice(&mac.finalize().into_bytes()[..8]);
        NumberHash(hash)
    }
}

impl fmt::Debug for NumberKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NumberKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_number_are_one_number() {
        for cell in ["20260903A0073", "20260903a0073 ", "20260903Ａ0073\t", "\u{3000}20260903A0073\u{feff}"] {
            assert_eq!(TicketNo::read(cell), Some(TicketNo::new("20260903A0073")), "{cell:?}");
        }
        assert_eq!(TicketNo::read("20260903100062.0"), Some(TicketNo::new("20260903100062")));
        assert_eq!(TicketNo::read(" \t"), None);
    }

    #[test]
    fn only_an_exponent_form_is_damaged() {
        let rows = [
            ("2.02609E+13", true),
            ("2.0261e+13", true),
            ("2E+13", true),
            ("20260903E0001", false),
            ("2.02609E13", false),
            ("E+13", false),
            ("20.2609E+12", false),
        ];
        for (cell, damaged) in rows {
            assert_eq!(TicketNo::read(cell).unwrap().is_damaged(), damaged, "{cell}");
        }
    }

    #[test]
    fn the_hash_of_a_number_is_the_head_of_its_hmac() {
        // python3: hmac.new(bytes(range(32)), b"13800012345", "sha256").hexdigest()[:16]
        let key = NumberKey::new(std::array::from_fn(|at| at as u8));
        assert_eq!(hex::encode(key.hash("13800012345").0), "15a9680933b9a639");
        assert_eq!(format!("{key:?}"), "NumberKey(***)");
    }
}
