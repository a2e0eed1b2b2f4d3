//! Deadlines as gRPC writes them.

use std::time::Duration;

use http::{HeaderName, HeaderValue};

/// Header of timeouts.
pub(super) const HEADER: HeaderName = HeaderName::from_static("grpc-timeout");

/// The value of `grpc-timeout`: at most eight digits and a unit, rounded down, so that the peer never has more time.
pub(super) fn to_header(timeout: Duration) -> HeaderValue {
    const MAX_UNPROVEN: u128 = 99_999_999;
    let units = [(1, b'n'), (1_000, b'u'), (1_000_000, b'm'), (1_000_000_000, b'S'), (60_000_000_000, b'M')];
    let nanos = timeout.as_nanos();
    let (value, unit) = units
        .into_iter()
        .map(|(length, unit)| (nanos / length, unit))
        .find(|(value, _)| *value <= MAX_UNPROVEN)
        .unwrap_or((MAX_UNPROVEN, b'M'));
    let mut text = [0; 9];
    let mut begin = text.len() - 1;
    text[begin] = unit;
    let mut rest = value as u32;
    loop {
        begin -= 1;
        text[begin] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    HeaderValue::from_bytes(&text[begin..]).expect("digits and a letter are a header value")
}

/// Parses the header. Returns `None`, no timeout, if it is malformed.
pub(super) fn from_header(value: &HeaderValue) -> Option<Duration> {
    let (unit, digits) = value.as_bytes().split_last()?;
    if digits.is_empty() || digits.len() > 8 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits.iter().fold(0_u64, |value, digit| value * 10 + u64::from(digit - b'0'));
    Some(match unit {
        b'n' => Duration::from_nanos(value),
        b'u' => Duration::from_micros(value),
        b'm' => Duration::from_millis(value),
        b'S' => Duration::from_secs(value),
        b'M' => Duration::from_secs(value * 60),
        b'H' => Duration::from_secs(value * 3_600),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_finest_unit_that_fits_is_taken() {
        for (timeout, text) in [
            (Duration::ZERO, "0n"),
            (Duration::from_nanos(1_500), "1500n"),
            (Duration::from_millis(100), "100000u"),
            (Duration::from_secs(30), "30000000u"),
            (Duration::from_secs(3_600), "3600000m"),
            (Duration::from_secs(30 * 365 * 86_400), "15768000M"),
            (Duration::MAX, "99999999M"),
        ] {
            assert_eq!(to_header(timeout), text);
            let read = from_header(&to_header(timeout)).unwrap();
            assert!(read <= timeout && (text == "99999999M" || timeout - read <= timeout / 1_000), "{text}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_no_deadline() {
        for text in ["", "1", "n", "-1n", "1x", "123456789n", "1 n", "é"] {
            assert_eq!(from_header(&HeaderValue::from_bytes(text.as_bytes()).unwrap()), None, "{text}");
        }
        let hours = from_header(&HeaderValue::from_static("99999999H"));
        assert_eq!(hours, Some(Duration::from_secs(99_999_999 * 3_600)));
    }
}
