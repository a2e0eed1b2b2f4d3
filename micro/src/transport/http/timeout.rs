//! Deadlines as gRPC writes them. Reading them is connectrpc's business.

use std::time::Duration;

use http::HeaderValue;

/// The value of `grpc-timeout`: at most eight digits and a unit, rounded down, so that the peer never has more time.
pub(super) fn to_header(timeout: Duration) -> HeaderValue {
    const MOST: u128 = 99_999_999;
    let units = [(1, 'n'), (1_000, 'u'), (1_000_000, 'm'), (1_000_000_000, 'S'), (60_000_000_000, 'M')];
    let nanos = timeout.as_nanos();
    let (value, unit) = units
        .into_iter()
        .map(|(length, unit)| (nanos / length, unit))
        .find(|(value, _)| *value <= MOST)
        .unwrap_or((MOST, 'M'));
    HeaderValue::try_from(format!("{value}{unit}")).expect("digits and a letter are a header value")
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
        }
    }
}
