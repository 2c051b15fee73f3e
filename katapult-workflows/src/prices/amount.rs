//! Amounts of money as decimal numbers.

use std::fmt;

/// The number of decimal places.
// Prices are per hour, often some thousandths of a unit; a price per gigabyte and hour has six places more.
const PLACES: usize = 9;

/// An amount of money, or a percentage, as a decimal number with nine decimal places.
///
/// Displayed, it has at least two decimal places, and no more than it needs: `0.023`, `15.50`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount {
    nanos: i128,
}

impl Amount {
    /// Returns the amount in thousand millionths (10⁻⁹) of the unit of the currency.
    pub fn as_nanos(self) -> i128 {
        self.nanos
    }

    /// Reads a number of a response; `None` if it is not finite.
    ///
    /// JSON numbers arrive as binary floating point. Their shortest decimal text is the text that the API sent, as long as
    /// that has at most 15 digits; it is rounded to nine places, half away from zero.
    pub(super) fn from_number(number: f64) -> Option<Self> {
        number.is_finite().then_some(())?;
        // Without an exponent, and without a loss.
        parse(&number.to_string())
    }
}

/// Reads a decimal number such as `-0.023`.
fn parse(text: &str) -> Option<Amount> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let kept = fraction.get(..PLACES).unwrap_or(fraction);
    let mut nanos: i128 = format!("{whole}{kept:0<PLACES$}").parse().ok()?;
    if fraction
        .as_bytes()
        .get(PLACES)
        .is_some_and(|digit| *digit >= b'5')
    {
        nanos = nanos.checked_add(1)?;
    }
    Some(Amount {
        nanos: if is_negative { -nanos } else { nanos },
    })
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.nanos < 0 { "-" } else { "" };
        let nanos = self.nanos.unsigned_abs();
        let (whole, fraction) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
        let fraction = format!("{fraction:0PLACES$}");
        let fraction = fraction.trim_end_matches('0');
        f.pad(&format!("{sign}{whole}.{fraction:0<2}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_the_decimal_text_that_was_sent() {
        let table = [
            (0.0, Some("0.00")),
            (0.023, Some("0.023")),
            (15.5, Some("15.50")),
            (-1.25, Some("-1.25")),
            (20.0, Some("20.00")),
            // 0.1 + 0.2 and 0.023 × 672 in binary floating point.
            (0.300_000_000_000_000_04, Some("0.30")),
            (15.456_000_000_000_001, Some("15.456")),
            (0.000_000_001_5, Some("0.000000002")),
            (0.999_999_999_9, Some("1.00")),
            (1e-300, Some("0.00")),
            (1e20, Some("100000000000000000000.00")),
            (1e300, None),
            (f64::NAN, None),
            (f64::INFINITY, None),
        ];
        for (number, expected) in table {
            let amount = Amount::from_number(number).map(|amount| amount.to_string());
            assert_eq!(amount.as_deref(), expected, "{number}");
        }
        assert_eq!(Amount::from_number(0.023).unwrap().as_nanos(), 23_000_000);
    }
}
