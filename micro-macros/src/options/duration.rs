//! Durations as people write them.

use std::time::Duration;

/// The forms we take, for messages.
pub(crate) const FORMS: &str = "write a whole number and a unit: `250ms`, `2s`, `5m`, `1h`";

/// Reads `250ms`, `2s`, `5m`, `1h`.
///
/// Zero is refused: whoever writes it means either "at once" or "never", and we cannot know which.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let unit = text[digits.len()..].trim_start();
    let number: u64 = digits.parse().map_err(|_| FORMS.to_owned())?;
    let millis = match unit {
        "ms" => Some(number),
        "s" => number.checked_mul(1_000),
        "m" => number.checked_mul(60_000),
        "h" => number.checked_mul(3_600_000),
        "" => return Err(format!("the unit is missing; {FORMS}")),
        _ => return Err(format!("unknown unit `{unit}`; {FORMS}")),
    };
    match millis {
        Some(0) => Err("a duration is longer than zero".to_owned()),
        Some(millis) => Ok(Duration::from_millis(millis)),
        None => Err("too long".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_with_a_unit() {
        for (text, millis) in [("250ms", 250), ("2s", 2_000), ("2 s", 2_000), ("5m", 300_000), ("1h", 3_600_000)] {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn everything_else_is_answered_with_the_reason() {
        for (text, reason) in [
            ("2", "unit is missing"),
            ("2 seconds", "unknown unit `seconds`"),
            ("0s", "longer than zero"),
            ("99999999999999999h", "too long"),
            ("1.5s", "write a whole number"),
            ("-1s", "write a whole number"),
            ("", "write a whole number"),
            ("ms", "write a whole number"),
            ("2s5", "write a whole number"),
            ("２s", "write a whole number"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
