//! Lengths of time as people write them.

use std::time::Duration;

/// Reads `250ms`, `30s`, `5m`, `2h`; a number alone is seconds. Also fractions, `1.5s`, and sums, `1m30s`.
pub fn parse(text: &str) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, tail) = rest.split_at(digits);
        let unit = tail.find(|letter: char| letter.is_ascii_digit()).map_or(tail, |end| &tail[..end]);
        let seconds = number.parse::<f64>().ok()? * seconds_of(unit)?;
        total = total.checked_add(Duration::try_from_secs_f64(seconds).ok()?)?;
        rest = &tail[unit.len()..];
    }
    (!text.is_empty()).then_some(total)
}

fn seconds_of(unit: &str) -> Option<f64> {
    match unit {
        "ns" => Some(1e-9),
        "us" | "µs" => Some(1e-6),
        "ms" => Some(1e-3),
        "s" => Some(1.0),
        "m" => Some(60.0),
        "h" => Some(3600.0),
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
    fn what_people_write_is_read() {
        for (text, milliseconds) in
            [("250ms", 250), ("30s", 30_000), ("30", 30_000), ("1.5s", 1_500), ("1m30s", 90_000)]
        {
            assert_eq!(parse(text), Some(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in ["", "s", "5 apples", "-1s", "1..5s", "9999999999999999999999h", "ms250"] {
            assert_eq!(parse(text), None, "{text}");
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
