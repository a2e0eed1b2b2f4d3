//! Timestamps as text: RFC 3339.

/// Accepted form, for messages.
const FORM: &str = "write date, time and offset: `2026-01-31T08:00:00Z`";

/// A timestamp, counted from the beginning of 1970, UTC.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Time {
    pub(crate) seconds: i64,
    pub(crate) nanos: u32,
}

/// Parses `2026-01-31T08:00:00Z`, `2026-01-31T09:00:00.5+01:00`.
pub(crate) fn parse(text: &str) -> Result<Time, String> {
    let form = || FORM.to_owned();
    let (date, rest) = text.split_once(['T', 't', ' ']).ok_or_else(form)?;
    let end = rest.find(['Z', 'z', '+', '-']).ok_or_else(|| format!("the offset is missing; {FORM}"))?;
    let (clock, offset) = rest.split_at(end);
    let (clock, fraction) = clock.split_once('.').map_or((clock, None), |(clock, fraction)| (clock, Some(fraction)));

    let [year, month, day] = numbers(date, '-', [4, 2, 2]).ok_or_else(form)?;
    let [hour, minute, second] = numbers(clock, ':', [2, 2, 2]).ok_or_else(form)?;
    if !(1..=12).contains(&month) {
        return Err(format!("a year has no month {month}"));
    }
    if !(1..=days_of(year, month)).contains(&day) {
        return Err(format!("this month has no day {day}"));
    }
    if hour > 23 || minute > 59 || second > 59 {
        return Err(format!("`{clock}` is not a time of day"));
    }
    let nanos = match fraction {
        None => 0,
        Some(digits) => nanos(digits).ok_or_else(form)?,
    };
    let east = offset_seconds(offset).ok_or_else(form)?;
    Ok(Time { seconds: days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - east, nanos })
}

/// Parses numbers with exactly as many digits as `lengths` states.
fn numbers<const N: usize>(text: &str, between: char, lengths: [usize; N]) -> Option<[i64; N]> {
    let mut parts = text.split(between);
    let mut numbers = [0; N];
    for (number, length) in numbers.iter_mut().zip(lengths) {
        let part =
            parts.next().filter(|part| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit()))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

fn nanos(digits: &str) -> Option<u32> {
    let good = (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if good { format!("{digits:0<9}").parse().ok() } else { None }
}

fn offset_seconds(offset: &str) -> Option<i64> {
    if offset.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let [hours, minutes] = numbers(offset.get(1..)?, ':', [2, 2])?;
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60))
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Returns the days since the beginning of 1970. Years begin in March here, which makes the leap day their last day.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_counted_from_1970() {
        for (text, seconds, nanos) in [
            ("1970-01-01T00:00:00Z", 0, 0),
            ("1969-12-31T23:59:59Z", -1, 0),
            ("1970-01-01T01:00:00+01:00", 0, 0),
            ("2000-02-29T12:00:00Z", 951_825_600, 0),
            ("2000-03-01T00:00:00.25z", 951_868_800, 250_000_000),
            ("2026-01-31t08:00:00-05:30", 1_769_866_200, 0),
            ("2026-01-31 08:00:00Z", 1_769_846_400, 0),
            ("0000-01-01T00:00:00Z", -62_167_219_200, 0),
            ("9999-12-31T23:59:59.999999999Z", 253_402_300_799, 999_999_999),
        ] {
            assert_eq!(parse(text), Ok(Time { seconds, nanos }), "{text}");
        }
    }

    #[test]
    fn everything_else_is_answered_with_the_reason() {
        for (text, reason) in [
            ("2026-01-31", "write date, time and offset"),
            ("2026-01-31T08:00:00", "the offset is missing"),
            ("2026-1-31T08:00:00Z", "write date, time and offset"),
            ("2026-13-01T08:00:00Z", "a year has no month 13"),
            ("2026-02-29T08:00:00Z", "this month has no day 29"),
            ("1900-02-29T08:00:00Z", "this month has no day 29"),
            ("2026-02-00T08:00:00Z", "this month has no day 0"),
            ("2026-02-01T24:00:00Z", "`24:00:00` is not a time of day"),
            ("2026-02-01T08:00Z", "write date, time and offset"),
            ("2026-02-01T08:00:00.Z", "write date, time and offset"),
            ("2026-02-01T08:00:00.0123456789Z", "write date, time and offset"),
            ("2026-02-01T08:00:00+1", "write date, time and offset"),
            ("２026-02-01T08:00:00Z", "write date, time and offset"),
            ("yesterday", "write date, time and offset"),
            ("", "write date, time and offset"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
