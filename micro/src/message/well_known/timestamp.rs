//! Points in time: seconds and nanoseconds since 1970 in bytes, RFC 3339 in JSON.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::calendar::Date;
use super::{fraction, nanos_of_fraction, out_of_range, travels_as};
use crate::message::text::{TextReader, TextWriter};
use crate::message::{Auto, Entry, Error, Field, FieldDesc, Message, MessageDesc, Result, Source, Visit};

const SECONDS_PER_DAY: i64 = 86_400;

/// The years 1 to 9999, the only ones with a form in JSON; from the comments of `timestamp.proto`.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// `google.protobuf.Timestamp`: a point in time. Nanoseconds count forwards, also before 1970.
///
/// [`SystemTime`] is the same message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Timestamp {
    /// Whole seconds since the start of 1970.
    pub seconds: i64,
    /// Remainder, in nanoseconds, from 0 to 999 999 999.
    pub nanos: i32,
}

impl Timestamp {
    fn is_valid(self) -> bool {
        SECONDS.contains(&self.seconds) && (0..1_000_000_000).contains(&self.nanos)
    }

    /// Reads RFC 3339: `1970-01-01T00:00:00.5+01:00`.
    fn parse(text: &str) -> Option<Self> {
        // From here on the text can be cut anywhere.
        if !text.is_ascii() {
            return None;
        }
        let mut rest = text;
        let year = number(&mut rest, 4)?;
        let month = number(after(&mut rest, '-')?, 2)?;
        let day = number(after(&mut rest, '-')?, 2)?;
        let hour = number(after(&mut rest, 'T')?, 2)?;
        let minute = number(after(&mut rest, ':')?, 2)?;
        let second = number(after(&mut rest, ':')?, 2)?;
        let nanos = optional_fraction(&mut rest)?;
        let offset = offset(rest)?;

        let date = Date { year: year.into(), month, day };
        if !date.exists() || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let in_day = i64::from(hour * 3600 + minute * 60 + second);
        let time = Timestamp { seconds: date.days() * SECONDS_PER_DAY + in_day - offset, nanos: nanos as i32 };
        time.is_valid().then_some(time)
    }
}

/// Takes a number of exactly so many digits.
fn number(rest: &mut &str, digits: usize) -> Option<u32> {
    let (number, after) = rest.split_at_checked(digits)?;
    *rest = after;
    super::all_digits(number).then(|| number.parse().ok())?
}

/// Takes one character, and gives what follows to read on from.
fn after<'r, 't>(rest: &'r mut &'t str, char: char) -> Option<&'r mut &'t str> {
    *rest = rest.strip_prefix(char)?;
    Some(rest)
}

/// Takes a point and digits where they are.
fn optional_fraction(rest: &mut &str) -> Option<u32> {
    let Some(digits) = rest.strip_prefix('.') else { return Some(0) };
    let end = digits.find(|char: char| !char.is_ascii_digit())?;
    *rest = &digits[end..];
    nanos_of_fraction(&digits[..end])
}

/// The seconds of `Z` or `+01:00`.
fn offset(mut rest: &str) -> Option<i64> {
    if rest == "Z" {
        return Some(0);
    }
    let sign = match rest.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    rest = &rest[1..];
    let hours = number(&mut rest, 2)?;
    let minutes = number(after(&mut rest, ':')?, 2)?;
    rest.is_empty().then(|| sign * i64::from(hours * 3600 + minutes * 60))
}

const ENTRIES: &[Entry] = &[
    FieldDesc::of::<i64, Auto>(1, "seconds", "seconds").entry(),
    FieldDesc::of::<i32, Auto>(2, "nanos", "nanos").entry(),
];

impl Message for Timestamp {
    const DESC: &'static MessageDesc = &MessageDesc::new("google.protobuf.Timestamp", ENTRIES).with_special_json();

    fn visit<V: Visit>(&self, visitor: &mut V) {
        visitor.field::<i64, Auto>(&ENTRIES[0], 1, &self.seconds);
        visitor.field::<i32, Auto>(&ENTRIES[1], 2, &self.nanos);
    }

    fn build<S: Source>(source: &mut S) -> Result<Self> {
        let (mut seconds, mut nanos) = (<i64 as Field>::Slot::default(), <i32 as Field>::Slot::default());
        while let Some(tag) = source.next()? {
            match tag {
                1 => source.field::<i64, Auto>(&mut seconds)?,
                2 => source.field::<i32, Auto>(&mut nanos)?,
                _ => source.unknown(None)?,
            }
        }
        Ok(Timestamp { seconds: source.finish::<i64, Auto>(1, seconds)?, nanos: source.finish::<i32, Auto>(2, nanos)? })
    }

    fn write_text(&self, writer: &mut TextWriter<'_>) {
        if !self.is_valid() {
            return writer.fail(out_of_range("time"));
        }
        let Date { year, month, day } = Date::from_days(self.seconds.div_euclid(SECONDS_PER_DAY));
        let in_day = self.seconds.rem_euclid(SECONDS_PER_DAY);
        let (hour, minute, second) = (in_day / 3600, in_day / 60 % 60, in_day % 60);
        let fraction = fraction(self.nanos as u32);
        writer.text(&format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z"));
    }

    fn read_text(reader: &mut TextReader<'_>) -> Result<Self> {
        let text = reader.text()?;
        Timestamp::parse(text).ok_or_else(|| {
            Error::malformed(format!("`{text}` is no time such as `1970-01-01T00:00:00Z` in the years 1 to 9999"))
        })
    }
}

impl From<&SystemTime> for Timestamp {
    fn from(time: &SystemTime) -> Self {
        let seconds = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => Timestamp { seconds: seconds(after), nanos: after.subsec_nanos() as i32 },
            Err(error) => {
                let before = error.duration();
                match before.subsec_nanos() as i32 {
                    0 => Timestamp { seconds: -seconds(before), nanos: 0 },
                    nanos => Timestamp { seconds: -seconds(before) - 1, nanos: 1_000_000_000 - nanos },
                }
            }
        }
    }
}

impl TryFrom<Timestamp> for SystemTime {
    type Error = Error;

    fn try_from(time: Timestamp) -> Result<Self> {
        let nanos = u64::try_from(time.nanos).ok().filter(|nanos| *nanos < 1_000_000_000);
        let Some(nanos) = nanos else { return Err(out_of_range("nanoseconds of a time")) };
        let seconds = Duration::from_secs(time.seconds.unsigned_abs());
        let whole = if time.seconds < 0 { UNIX_EPOCH.checked_sub(seconds) } else { UNIX_EPOCH.checked_add(seconds) };
        let time = whole.and_then(|whole| whole.checked_add(Duration::from_nanos(nanos)));
        time.ok_or_else(|| out_of_range("time"))
    }
}

/// `google.protobuf.Timestamp`.
impl Message for SystemTime {
    travels_as!(Timestamp);

    fn write_text(&self, writer: &mut TextWriter<'_>) {
        Timestamp::from(self).write_text(writer);
    }

    fn read_text(reader: &mut TextReader<'_>) -> Result<Self> {
        Timestamp::read_text(reader)?.try_into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_and_fractions_are_read() {
        let parsed = |text| Timestamp::parse(text).map(|time| (time.seconds, time.nanos));
        assert_eq!(parsed("1970-01-01T00:00:00Z"), Some((0, 0)));
        assert_eq!(parsed("1970-01-01T01:00:00.5+01:00"), Some((0, 500_000_000)));
        assert_eq!(parsed("1969-12-31T23:59:59.000000001Z"), Some((-1, 1)));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "1970-01-01",
            "1970-01-01T00:00:00",
            "1970-01-01T00:00:00.Z",
            "1970-01-01T00:00:00.1234567890Z",
            "1970-02-30T00:00:00Z",
            "1970-01-01T24:00:00Z",
            "1970-01-01T00:00:00+0100",
            "1970-01-01T00:00:00+01:00x",
            "1970-01-01t00:00:00Z",
            "0000-01-01T00:00:00Z",
            "0001-01-01T00:00:00+00:01",
            "１970-01-01T00:00:00Z",
            "+970-01-01T00:00:00Z",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}
