//! Lengths of time as people write them.

use std::time::Duration;

/// Reads `250ms`, `30s`, `5m`, `2h`, fractions, `1.5s`, and sums, `1m30s`. A number alone is seconds.
///
/// The attributes read the same in `micro-macros/src/options/duration.rs`, and say what is wrong with anything else. The tests
/// of both read `tests/grammar/durations.txt`.
pub fn parse(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    if let Ok(seconds) = rest.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let mut total = (!rest.is_empty()).then_some(0_u128)?;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, tail) = rest.split_at(digits);
        let tail = tail.trim_start();
        let (unit, after) = tail.split_at(tail.find(|letter: char| !letter.is_alphabetic()).unwrap_or(tail.len()));
        total = total.checked_add(nanoseconds(number, size_of(unit)?)?)?;
        rest = after.trim_start();
    }
    let seconds = u64::try_from(total / NANOS_PER_SECOND).ok()?;
    Some(Duration::new(seconds, u32::try_from(total % NANOS_PER_SECOND).ok()?))
}

/// In a second.
const NANOS_PER_SECOND: u128 = 1_000_000_000;

/// `1.5` of a unit of so many nanoseconds, exactly: what is less than one is cut off.
fn nanoseconds(number: &str, size: u128) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    // Behind the fifteenth digit nothing counts, whatever the unit.
    let fraction = &fraction[..fraction.len().min(15)];
    let scale = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let part = fraction.parse::<u128>().ok()? * size / scale;
    Some(u128::from(whole.parse::<u64>().ok()?) * size + part)
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

/// Writes what [`parse`] reads, in the largest unit that says it whole: `250ms`, `30s`, `5m`.
pub fn show(duration: Duration) -> String {
    let nanoseconds = duration.as_nanos();
    let (size, unit) = UNITS
        .into_iter()
        .find(|(size, _)| nanoseconds > 0 && nanoseconds.is_multiple_of(*size))
        .unwrap_or((1_000_000, "ms"));
    format!("{}{unit}", nanoseconds / size)
}

const UNITS: [(u128, &str); 6] = [
    (3_600_000_000_000, "h"),
    (60_000_000_000, "m"),
    (1_000_000_000, "s"),
    (1_000_000, "ms"),
    (1_000, "us"),
    (1, "ns"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_the_grammar_is_read() {
        let table = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/grammar/durations.txt"));
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            let (text, meant) = line.split_once(" | ").expect("two columns");
            let nanoseconds = parse(text).map(|duration| duration.as_nanos());
            assert_eq!(nanoseconds, meant.parse().ok(), "`{text}`");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for microseconds in [0, 1, 1_000, 999_000, 1_000_000, 61_000_000, 3_600_000_000, 90_061_001_001] {
            let duration = Duration::from_micros(microseconds);
            assert_eq!(parse(&show(duration)), Some(duration));
        }
        assert_eq!(show(Duration::from_nanos(1)), "1ns");
    }
}
