//! Pairs that travel with a call or an event.
//!
//! Keys are case-insensitive and kept in lower case, as HTTP/2 has them. A key may occur more than once. Values are text;
//! a key that ends in `-bin` holds bytes, written as base64 the way gRPC writes them.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

use crate::errors::{Error, Result};

/// A list of case-insensitive keys and their values, in the order they were added.
///
/// An empty list owns nothing, so calls without metadata pay nothing for it.
///
/// ```
/// use micro::metadata::Metadata;
///
/// let mut metadata = Metadata::new();
/// metadata.insert("Tenant", "acme")?;
/// assert_eq!(metadata.get("tenant"), Some("acme"));
/// # Ok::<(), micro::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    pairs: Vec<(Key, String)>,
}

type Key = Cow<'static, str>;

/// Suffix of keys whose value is bytes.
const BINARY: &str = "-bin";

/// gRPC sends binary values without padding and accepts both.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&base64::alphabet::STANDARD, NO_PAD.with_decode_padding_mode(DecodePaddingMode::Indifferent));

impl Metadata {
    /// An empty list.
    pub const fn new() -> Self {
        Metadata { pairs: Vec::new() }
    }

    /// Sets `key` to `value`, in the place of whatever was there.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) when the key is not a token of letters, digits, `-`, `_` and `.`,
    /// when the value holds a line break or another control character, or when the key is a binary one.
    pub fn insert(&mut self, key: &str, value: impl Into<String>) -> Result<()> {
        self.remove(key);
        self.append(key, value)
    }

    /// Adds a value beside those `key` already has.
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert).
    pub fn append(&mut self, key: &str, value: impl Into<String>) -> Result<()> {
        let key = parse_key(key)?;
        if key.ends_with(BINARY) {
            return Err(Error::invalid_argument(format!("`{key}` holds bytes: use `insert_bytes`")));
        }
        let value = value.into();
        if value.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t') {
            return Err(Error::invalid_argument(format!("the value of `{key}` holds a control character")));
        }
        self.pairs.push((key, value));
        Ok(())
    }

    /// Sets a binary value; `key` ends in `-bin`.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) when the key is not a token or does not end in `-bin`.
    pub fn insert_bytes(&mut self, key: &str, value: &[u8]) -> Result<()> {
        let key = parse_key(key)?;
        if !key.ends_with(BINARY) {
            return Err(Error::invalid_argument(format!("`{key}` holds text: a key for bytes ends in `-bin`")));
        }
        self.remove(&key);
        self.pairs.push((key, BASE64.encode(value)));
        Ok(())
    }

    /// Takes a pair from a peer: false, and nothing is kept, when the key or the value is not acceptable.
    pub(crate) fn receive(&mut self, key: &str, value: &str) -> bool {
        match parse_key(key) {
            Ok(key) if !value.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t') => {
                self.pairs.push((key, value.to_owned()));
                true
            }
            _ => false,
        }
    }

    /// The first value of `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.pairs.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value.as_str())
    }

    /// All values of `key`, in order.
    pub fn get_all<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value.as_str())
    }

    /// The bytes of the first value of a binary key; `None` also when they are not base64.
    pub fn get_bytes(&self, key: &str) -> Option<Vec<u8>> {
        BASE64.decode(self.get(key)?).ok()
    }

    /// Takes all values of `key` out.
    pub fn remove(&mut self, key: &str) {
        self.pairs.retain(|(name, _)| !name.eq_ignore_ascii_case(key));
    }

    /// Adds the pairs of `other`, beside what is here.
    pub fn extend(&mut self, other: &Metadata) {
        self.pairs.extend(other.pairs.iter().cloned());
    }

    /// Appends all pairs of `other`.
    pub(crate) fn append_all(&mut self, mut other: Metadata) {
        if self.pairs.is_empty() {
            *self = other;
        } else {
            self.pairs.append(&mut other.pairs);
        }
    }

    /// All pairs, in order, keys in lower case.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(key, value)| (key.as_ref(), value.as_str()))
    }

    /// Returns the number of pairs.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Returns `true` if there are no pairs.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }
}

fn parse_key(key: &str) -> Result<Key> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if key.is_empty() || !key.bytes().all(token) {
        return Err(Error::invalid_argument(format!(
            "`{}` is no metadata key: expected letters, digits, `-`, `_` and `.`",
            key.escape_debug()
        )));
    }
    Ok(Cow::Owned(key.to_ascii_lowercase()))
}

// Values may be credentials, so they stay out of logs.
impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.pairs.iter().map(|(key, _)| key)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_any_case_and_kept_in_lower_case() {
        let mut metadata = Metadata::new();
        metadata.insert("X-Tenant", "acme").unwrap();
        metadata.append("x-tenant", "other").unwrap();
        assert_eq!(metadata.get("X-TENANT"), Some("acme"));
        assert_eq!(metadata.iter().map(|(key, _)| key).collect::<Vec<_>>(), ["x-tenant", "x-tenant"]);
        metadata.insert("x-tenant", "third").unwrap();
        assert_eq!(metadata.get_all("x-tenant").collect::<Vec<_>>(), ["third"]);
    }

    #[test]
    fn bytes_survive_and_need_their_own_kind_of_key() {
        let mut metadata = Metadata::new();
        metadata.insert_bytes("trace-bin", &[0, 255, 7]).unwrap();
        assert_eq!(metadata.get_bytes("trace-bin"), Some(vec![0, 255, 7]));
        assert!(metadata.insert_bytes("trace", &[1]).is_err());
        assert!(metadata.insert("trace-bin", "text").is_err());
    }

    #[test]
    fn what_could_break_a_header_is_refused() {
        let mut metadata = Metadata::new();
        assert!(metadata.insert("a b", "x").is_err());
        assert!(metadata.insert("", "x").is_err());
        assert!(metadata.insert("a", "x\r\nset-cookie: y").is_err());
        assert!(!metadata.receive("a", "\0"));
        assert!(metadata.is_empty());
    }

    #[test]
    fn values_stay_out_of_debug_output() {
        let mut metadata = Metadata::new();
        metadata.insert("authorization", "Bearer secret").unwrap();
        assert_eq!(format!("{metadata:?}"), r#"{"authorization"}"#);
    }
}
