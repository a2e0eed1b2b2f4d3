//! Numbers as text has them: exact where they are whole.

/// A number before anyone has said which type it should have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A whole number that is not negative.
    Unsigned(u64),
    /// A whole number below zero.
    Signed(i64),
    /// A whole number over 64 bits. As a float it could round into the range of an integer.
    Wide(i128),
    /// Any other.
    Float(f64),
}

impl Number {
    /// Reads a number in the spelling of JSON; `None` when it is none, or too large for a double.
    pub fn parse(text: &str) -> Option<Self> {
        let spelling = Spelling::of(text.as_bytes())?;
        if spelling == Spelling::Whole && text != "-0" {
            if let Ok(value) = text.parse() {
                return Some(Number::Unsigned(value));
            }
            if let Ok(value) = text.parse() {
                return Some(Number::Signed(value));
            }
            if let Ok(value) = text.parse() {
                return Some(Number::Wide(value));
            }
        }
        let value: f64 = text.parse().ok()?;
        value.is_finite().then_some(Number::Float(value))
    }

    /// The whole number, if it is one.
    pub(in crate::message) fn whole(self) -> Option<i128> {
        match self {
            Number::Unsigned(value) => Some(value.into()),
            Number::Signed(value) => Some(value.into()),
            Number::Wide(value) => Some(value),
            // Past 2^64 nothing fits any type of ours, and every double is whole.
            Number::Float(value) if value.fract() == 0.0 && value.abs() < 1e30 => Some(value as i128),
            Number::Float(_) => None,
        }
    }

    /// The nearest double.
    pub(crate) fn float(self) -> f64 {
        match self {
            Number::Unsigned(value) => value as f64,
            Number::Signed(value) => value as f64,
            Number::Wide(value) => value as f64,
            Number::Float(value) => value,
        }
    }
}

#[derive(PartialEq)]
enum Spelling {
    Whole,
    Fractional,
}

impl Spelling {
    /// The grammar of a number in RFC 8259, section 6; `None` when the text is none.
    fn of(text: &[u8]) -> Option<Self> {
        let text = text.strip_prefix(b"-").unwrap_or(text);
        let rest = match text {
            [b'0', rest @ ..] => rest,
            _ => digits(text)?,
        };
        if rest.is_empty() {
            return Some(Spelling::Whole);
        }
        let rest = match rest {
            [b'.', fraction @ ..] => digits(fraction)?,
            _ => rest,
        };
        let rest = match rest {
            [b'e' | b'E', b'+' | b'-', exponent @ ..] | [b'e' | b'E', exponent @ ..] => digits(exponent)?,
            _ => rest,
        };
        rest.is_empty().then_some(Spelling::Fractional)
    }
}

/// Returns the rest after one or more digits.
fn digits(text: &[u8]) -> Option<&[u8]> {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (count > 0).then(|| &text[count..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_stay_exact() {
        assert_eq!(Number::parse("18446744073709551615"), Some(Number::Unsigned(u64::MAX)));
        assert_eq!(Number::parse("-9223372036854775808"), Some(Number::Signed(i64::MIN)));
        assert_eq!(Number::parse("-9223372036854775809"), Some(Number::Wide(-9_223_372_036_854_775_809)));
        assert_eq!(Number::parse("-0").map(Number::float).map(f64::to_bits), Some((-0.0_f64).to_bits()));
        assert_eq!(Number::parse("1e3").and_then(Number::whole), Some(1000));
        assert_eq!(Number::parse("1.5").and_then(Number::whole), None);
    }

    #[test]
    fn what_json_does_not_call_a_number_is_none() {
        for text in ["", "-", "01", "+1", "1.", ".5", "1e", "1e+", "0x1", "1 ", "NaN", "1e400", "1_0"] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
    }
}
