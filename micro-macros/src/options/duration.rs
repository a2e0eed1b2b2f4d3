//! Durations as text: the syntax of `micro::util::duration`, with error messages for everything else.

use std::time::Duration;

/// Accepted forms, for messages.
pub(crate) const FORMS: &str = "write numbers with units: `250ms`, `2s`, `1.5s`, `1m30s`, `1h`";

/// Parses `250ms`, `30s`, `5m`, `2h`, fractions, `1.5s`, and sums, `1m30s`. A number without a unit is in seconds.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let mut rest = text.trim();
    if let Ok(seconds) = rest.parse::<u64>() {
        return Ok(Duration::from_secs(seconds));
    }
    if rest.is_empty() {
        return Err(FORMS.to_owned());
    }
    let mut total = 0_u128;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let tail = tail.trim_start();
        let (unit, after) = tail.split_at(tail.find(|letter: char| !letter.is_alphabetic()).unwrap_or(tail.len()));
        let size = size_of(unit).filter(|_| !number.is_empty()).ok_or_else(|| without_size(number, unit))?;
        total = nanoseconds(number, size)?.checked_add(total).ok_or_else(too_long)?;
        rest = after.trim_start();
    }
    let (seconds, part) = (u64::try_from(total / NANOSECONDS), u32::try_from(total % NANOSECONDS));
    seconds.and_then(|seconds| Ok(Duration::new(seconds, part?))).map_err(|_| too_long())
}

/// Number of nanoseconds in a second.
const NANOSECONDS: u128 = 1_000_000_000;

fn without_size(number: &str, unit: &str) -> String {
    match (number, unit) {
        ("", _) => FORMS.to_owned(),
        (_, "") => format!("the unit is missing after `{number}`; {FORMS}"),
        _ => format!("unknown unit `{unit}`; expected one of `ns`, `us`, `ms`, `s`, `m`, `h`"),
    }
}

/// Returns the exact number of nanoseconds in `number` units of `size` nanoseconds, such as `1.5`. Fractions of a nanosecond
/// are cut off.
fn nanoseconds(number: &str, size: u128) -> Result<u128, String> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return Err(format!("`{number}` is not a number; {FORMS}"));
    }
    // Digits after the fifteenth are below a nanosecond in every unit.
    let fraction = &fraction[..fraction.len().min(15)];
    let scale = 10_u128.pow(u32::try_from(fraction.len()).map_err(|_| too_long())?);
    let part = fraction.parse::<u128>().map_err(|_| too_long())? * size / scale;
    Ok(u128::from(whole.parse::<u64>().map_err(|_| too_long())?) * size + part)
}

fn too_long() -> String {
    "too long".to_owned()
}

fn size_of(unit: &str) -> Option<u128> {
    match unit {
        "ns" => Some(1),
        "us" | "µs" => Some(1_000),
        "ms" => Some(1_000_000),
        "s" => Some(1_000_000_000),
        "m" => Some(60_000_000_000),
        "h" => Some(3_600_000_000_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_the_grammar_is_read() {
        let table = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/grammar/durations.txt"));
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            let (text, meant) = line.split_once(" | ").expect("two columns");
            let nanoseconds = parse(text).map(|duration| duration.as_nanos()).ok();
            assert_eq!(nanoseconds, meant.parse().ok(), "`{text}`");
        }
    }

    #[test]
    fn everything_else_is_answered_with_the_reason() {
        for (text, reason) in [
            ("1m30", "the unit is missing after `30`"),
            ("1.5", "the unit is missing after `1.5`"),
            ("2 seconds", "unknown unit `seconds`; expected one of `ns`, `us`, `ms`, `s`, `m`, `h`"),
            ("99999999999999999h", "too long"),
            ("1..5s", "`1..5` is not a number"),
            ("-1s", "write numbers with units"),
            ("", "write numbers with units"),
            ("ms", "write numbers with units"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
