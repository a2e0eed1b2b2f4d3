use std::fmt;
use std::str::FromStr;

use crate::errors::{Error, Result};
use crate::util::random;

/// Position of a call in a distributed trace: the ids of W3C Trace Context, level 1.
///
/// Written and read as the `traceparent` header: `00-<32 hex>-<16 hex>-<2 hex>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Trace {
    trace_id: u128,
    span_id: u64,
    flags: u8,
}

/// The bit of the flags that says the caller records this trace.
const SAMPLED_FLAG: u8 = 1;

impl Trace {
    /// The beginning of a new trace.
    pub fn start() -> Self {
        Trace { trace_id: random::u128(), span_id: random::u64() | 1, flags: SAMPLED_FLAG }
    }

    /// The next step of the same trace: a new span id.
    #[must_use]
    pub fn child(&self) -> Self {
        Trace { span_id: random::u64() | 1, ..*self }
    }

    /// Returns the id of the trace; never 0.
    pub fn trace_id(&self) -> u128 {
        self.trace_id
    }

    /// This step; never 0.
    pub fn span_id(&self) -> u64 {
        self.span_id
    }

    /// The ids and the flags, the highest byte first: 25 bytes in the place of 55 letters.
    pub(crate) fn to_bytes(self) -> [u8; 25] {
        let mut bytes = [0; 25];
        bytes[..16].copy_from_slice(&self.trace_id.to_be_bytes());
        bytes[16..24].copy_from_slice(&self.span_id.to_be_bytes());
        bytes[24] = self.flags;
        bytes
    }

    /// From what [`to_bytes`](Self::to_bytes) gave; `None` where an id is 0.
    pub(crate) fn from_bytes(bytes: &[u8; 25]) -> Option<Self> {
        let (trace_id, rest) = bytes.split_first_chunk::<16>()?;
        let (span_id, flags) = rest.split_first_chunk::<8>()?;
        let (trace_id, span_id) = (u128::from_be_bytes(*trace_id), u64::from_be_bytes(*span_id));
        (trace_id != 0 && span_id != 0).then_some(Trace { trace_id, span_id, flags: flags[0] })
    }

    /// As the `traceparent` header has it, without the machinery of formats.
    pub(crate) fn to_text(self) -> [u8; 55] {
        let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
        put_hex(&mut text[3..35], self.trace_id);
        put_hex(&mut text[36..52], self.span_id.into());
        put_hex(&mut text[53..], self.flags.into());
        text
    }

    /// Returns `true` if the caller records this trace.
    pub fn is_sampled(&self) -> bool {
        self.flags & SAMPLED_FLAG != 0
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(str::from_utf8(&self.to_text()).expect("digits and hyphens are text"))
    }
}

/// Reads a `traceparent`. A higher version is read as far as it is known, as the specification asks.
impl FromStr for Trace {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        parse(text).ok_or_else(|| Error::invalid_argument("not a W3C `traceparent`"))
    }
}

fn parse(text: &str) -> Option<Trace> {
    let mut parts = text.split('-');
    let version = hex(parts.next()?, 2)?;
    let trace_id = hex(parts.next()?, 32)?;
    let span_id = hex(parts.next()?, 16)? as u64;
    let flags = hex(parts.next()?, 2)? as u8;
    let ended = parts.next().is_none();
    let valid = version != 0xff && trace_id != 0 && span_id != 0 && (ended || version > 0);
    valid.then_some(Trace { trace_id, span_id, flags })
}

// Lower-case digits only: the specification forbids the others.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = text.bytes();
    (text.len() == digits).then(|| bytes.try_fold(0, |value, byte| Some(value << 4 | u128::from(digit(byte)?))))?
}

fn put_hex(place: &mut [u8], mut value: u128) {
    for digit in place.iter_mut().rev() {
        *digit = b"0123456789abcdef"[value as usize & 0xf];
        value >>= 4;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_back_as_it_was_written() {
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let trace: Trace = text.parse().unwrap();
        assert_eq!(trace.to_string(), text);
        assert_eq!(trace.to_text(), text.as_bytes());
        assert!(trace.is_sampled());
        assert_eq!(trace.child().trace_id(), trace.trace_id());
        assert_ne!(trace.child().span_id(), trace.span_id());
    }

    #[test]
    fn what_the_specification_forbids_is_refused() {
        for text in [
            "",
            "00",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra",
            "00-é4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        ] {
            assert!(text.parse::<Trace>().is_err(), "{text}");
        }
        assert!("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-later".parse::<Trace>().is_ok());
    }
}
