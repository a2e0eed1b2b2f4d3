use std::fmt;
use std::str::FromStr;

use super::reader::Reader;
use super::{Kind, Node, Setting, Value};

/// A number of bytes, written as `65536`, `64KiB`, `4MiB` or `1GiB`.
///
/// ```
/// use micro::config::ByteSize;
///
/// let limit: ByteSize = "4MiB".parse().unwrap();
/// assert_eq!(limit.bytes(), 4 * 1024 * 1024);
/// assert_eq!(limit.to_string(), "4MiB");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteSize(usize);

const UNITS: [(usize, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];

impl ByteSize {
    /// Creates a size of `bytes` bytes.
    pub const fn new(bytes: usize) -> Self {
        ByteSize(bytes)
    }

    /// Returns the number of bytes.
    pub const fn bytes(self) -> usize {
        self.0
    }
}

impl From<usize> for ByteSize {
    fn from(bytes: usize) -> Self {
        ByteSize(bytes)
    }
}

impl FromStr for ByteSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let read = UNITS.into_iter().chain([(1, "")]).find_map(|(size, unit)| {
            let number: usize = text.strip_suffix(unit)?.trim().parse().ok()?;
            number.checked_mul(size)
        });
        read.map(ByteSize).ok_or_else(|| EXPECTED.to_owned())
    }
}

const EXPECTED: &str = "a number of bytes, like `65536`, `64KiB` or `4MiB`";

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match UNITS.into_iter().find(|(size, _)| self.0 >= *size && self.0.is_multiple_of(*size)) {
            Some((size, unit)) => write!(f, "{}{unit}", self.0 / size),
            None => self.0.fmt(f),
        }
    }
}

impl Setting for ByteSize {
    fn kind() -> Kind {
        Kind::One("BYTES")
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let size = match &node.value {
            Value::Integer(bytes) => usize::try_from(*bytes).ok().map(ByteSize),
            value => value.as_str().and_then(|text| text.parse().ok()),
        };
        size.or_else(|| reader.refuse(node, EXPECTED))
    }

    fn write(&self) -> Value {
        self.to_string().into()
    }
}
