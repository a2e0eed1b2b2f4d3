//! Durations: seconds and nanoseconds in bytes, `1.5s` in JSON.

use std::time::Duration;

use super::{all_digits, fraction, nanos_of_fraction, out_of_range, travels_as};
use crate::message::text::{Peek, TextReader, TextWriter};
use crate::message::{Auto, Entry, Error, Field, FieldDesc, Message, MessageDesc, Result, Source, Visit};

const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// The most seconds JSON may have, about 10 000 years; from the comments of `duration.proto`.
const MAX_SECONDS: i64 = 315_576_000_000;

/// `google.protobuf.Duration`: a span of time, which may be negative. Both parts have the same sign.
///
/// [`std::time::Duration`] is the same message where spans are not negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ProtoDuration {
    /// Whole seconds.
    pub seconds: i64,
    /// Remainder, in nanoseconds.
    pub nanos: i32,
}

impl ProtoDuration {
    fn is_valid(self) -> bool {
        let same_sign = self.seconds == 0 || self.nanos == 0 || (self.seconds < 0) == (self.nanos < 0);
        self.seconds.abs() <= MAX_SECONDS && i64::from(self.nanos).abs() < NANOS_PER_SECOND && same_sign
    }

    fn to_nanos(self) -> Option<i64> {
        self.seconds.checked_mul(NANOS_PER_SECOND)?.checked_add(self.nanos.into())
    }

    fn from_nanos(nanos: i64) -> Self {
        ProtoDuration { seconds: nanos / NANOS_PER_SECOND, nanos: (nanos % NANOS_PER_SECOND) as i32 }
    }

    /// Reads `1.5s`.
    fn parse(text: &str) -> Option<Self> {
        let text = text.strip_suffix('s')?;
        let (sign, text) = text.strip_prefix('-').map_or((1, text), |text| (-1, text));
        let (seconds, nanos) = match text.split_once('.') {
            Some((seconds, digits)) => (seconds, nanos_of_fraction(digits)?),
            None => (text, 0),
        };
        if !all_digits(seconds) {
            return None;
        }
        let span = ProtoDuration { seconds: sign * seconds.parse::<i64>().ok()?, nanos: sign as i32 * nanos as i32 };
        span.is_valid().then_some(span)
    }
}

const ENTRIES: &[Entry] = &[
    FieldDesc::of::<i64, Auto>(1, "seconds", "seconds").entry(),
    FieldDesc::of::<i32, Auto>(2, "nanos", "nanos").entry(),
];

impl Message for ProtoDuration {
    const DESC: &'static MessageDesc = &MessageDesc::new("google.protobuf.Duration", ENTRIES).with_special_json();

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
        Ok(ProtoDuration {
            seconds: source.finish::<i64, Auto>(1, seconds)?,
            nanos: source.finish::<i32, Auto>(2, nanos)?,
        })
    }

    fn write_text(&self, writer: &mut TextWriter<'_>) {
        if writer.dialect().durations_as_nanoseconds {
            return match self.to_nanos() {
                Some(nanos) => writer.number(nanos),
                None => writer.fail(out_of_range("duration")),
            };
        }
        if !self.is_valid() {
            return writer.fail(out_of_range("duration"));
        }
        let sign = if self.seconds < 0 || self.nanos < 0 { "-" } else { "" };
        let fraction = fraction(self.nanos.unsigned_abs());
        writer.text(&format!("{sign}{}{fraction}s", self.seconds.unsigned_abs()));
    }

    fn read_text(reader: &mut TextReader<'_>) -> Result<Self> {
        if reader.peek()? == Peek::Number {
            return reader.integer().map(ProtoDuration::from_nanos);
        }
        let text = reader.text()?;
        ProtoDuration::parse(text).ok_or_else(|| Error::malformed(format!("`{text}` is no duration such as `1.5s`")))
    }
}

impl From<&Duration> for ProtoDuration {
    fn from(duration: &Duration) -> Self {
        // Past 2^63 seconds there is no protobuf duration; the longest one stands for them.
        let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        ProtoDuration { seconds, nanos: duration.subsec_nanos() as i32 }
    }
}

impl TryFrom<ProtoDuration> for Duration {
    type Error = Error;

    fn try_from(span: ProtoDuration) -> Result<Self> {
        match (u64::try_from(span.seconds), u32::try_from(span.nanos)) {
            (Ok(seconds), Ok(nanos)) if i64::from(nanos) < NANOS_PER_SECOND => Ok(Duration::new(seconds, nanos)),
            _ => Err(out_of_range("duration")),
        }
    }
}

/// `google.protobuf.Duration`; negative ones are refused.
impl Message for Duration {
    travels_as!(ProtoDuration);

    fn write_text(&self, writer: &mut TextWriter<'_>) {
        ProtoDuration::from(self).write_text(writer);
    }

    fn read_text(reader: &mut TextReader<'_>) -> Result<Self> {
        ProtoDuration::read_text(reader)?.try_into()
    }
}
