use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

/// A typed value that travels with an error: the bytes of a protobuf message and its full name.
///
/// It is what gRPC carries as `google.rpc.Status.details` and Connect as `details`. The message room turns messages into
/// details and back.
#[derive(Clone, PartialEq, Eq)]
pub struct Detail {
    type_name: Cow<'static, str>,
    value: Bytes,
}

impl Detail {
    /// A detail from the full name of a message, `shop.OutOfStock`, and its protobuf bytes.
    pub fn new(type_name: impl Into<Cow<'static, str>>, value: impl Into<Bytes>) -> Self {
        Detail { type_name: type_name.into(), value: value.into() }
    }

    /// A detail from a type URL as `google.protobuf.Any` has it: what follows the last `/` is the name.
    pub fn from_type_url(url: &str, value: impl Into<Bytes>) -> Self {
        let name = url.rsplit_once('/').map_or(url, |(_, name)| name);
        Self::new(name.to_owned(), value)
    }

    /// The full name of the message.
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// The name as a type URL, with the host every implementation understands.
    pub fn type_url(&self) -> String {
        format!("type.googleapis.com/{}", self.type_name)
    }

    /// The protobuf bytes of the message.
    pub fn value(&self) -> &Bytes {
        &self.value
    }
}

// Payloads stay out of logs.
impl fmt::Debug for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", self.type_name, self.value.len())
    }
}
