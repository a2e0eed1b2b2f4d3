use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use crate::errors::{Error, Result};
use crate::util::random;

/// A running instance of a service: its address, its description, the methods it serves.
///
/// A node is identified by its service and its id. Registering another node with both the same replaces the first.
///
/// ```
/// use micro::registry::Node;
///
/// let node = Node::new("greeter", "10.0.0.7:8080")
///     .with_version("1.4.0")
///     .with_metadata("zone", "b")
///     .with_endpoint("/greeter.Greeter/Hello");
///
/// assert!(node.serves("/greeter.Greeter/Hello"));
/// assert_eq!(Node::from_json(&node.to_json())?, node);
/// # Ok::<(), micro::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Node {
    /// Id, unique within the service.
    pub id: String,
    /// Service name, used for lookup; any text, including dots, slashes and non-ASCII letters.
    pub service: String,
    /// Version of the service; empty if it has none.
    #[serde(default, deserialize_with = "or_default")]
    pub version: String,
    /// Address: `host:port`.
    #[serde(default, deserialize_with = "or_default")]
    pub address: String,
    /// Metadata, for filters and for display.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: BTreeMap<String, String>,
    /// Paths of the served methods: `/greeter.Greeter/Hello`.
    #[serde(default, deserialize_with = "or_default")]
    pub endpoints: Vec<String>,
}

impl Node {
    /// Maximum size of a node as JSON, in bytes.
    pub const MAX_BYTES: usize = 256 * 1024;

    /// Maximum length of a service name or an id, in bytes.
    pub const MAX_NAME: usize = 1024;

    /// Creates a node of `service` at `address`, with a random id.
    pub fn new(service: impl Into<String>, address: impl Into<String>) -> Self {
        let service = service.into();
        Node {
            id: format!("{service}-{}", random::id()),
            service,
            version: String::new(),
            address: address.into(),
            metadata: BTreeMap::new(),
            endpoints: Vec::new(),
        }
    }

    /// Sets the id.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// Sets the version.
    #[must_use]
    pub fn with_version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// Sets the address.
    #[must_use]
    pub fn with_address(mut self, address: impl Into<String>) -> Self {
        self.address = address.into();
        self
    }

    /// Adds or replaces a metadata entry.
    #[must_use]
    pub fn with_metadata(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(name.into(), value.into());
        self
    }

    /// Adds the path of a served method.
    #[must_use]
    pub fn with_endpoint(mut self, path: impl Into<String>) -> Self {
        self.endpoints.push(path.into());
        self
    }

    /// Returns `true` if the node lists the method with this path.
    pub fn serves(&self, path: &str) -> bool {
        self.endpoints.iter().any(|endpoint| endpoint == path)
    }

    /// Parses a node from JSON. Unknown fields are ignored, so newer peers may send more.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidArgument`](crate::Code::InvalidArgument) if the input is larger than [`MAX_BYTES`](Self::MAX_BYTES), is not
    /// JSON, or does not describe a node.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(too_large(bytes.len()));
        }
        let node: Node = serde_json::from_slice(bytes)
            .map_err(|error| Error::invalid_argument(format!("not a node in JSON: {error}")).with_source(error))?;
        node.check_names()?;
        Ok(node)
    }

    /// Serializes the node as JSON.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("text, lists and maps with text keys always have a JSON form")
    }

    /// Checks that every registry can store this node.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidArgument`](crate::Code::InvalidArgument) if the service or the id is empty or too long, or the node as a
    /// whole is too large.
    pub fn check(&self) -> Result<()> {
        self.check_names()?;
        let size = self.to_json().len();
        if size > Self::MAX_BYTES { Err(too_large(size)) } else { Ok(()) }
    }

    fn check_names(&self) -> Result<()> {
        for (what, name) in [("service", &self.service), ("id", &self.id)] {
            if name.is_empty() {
                return Err(Error::invalid_argument(format!("the {what} of a node is empty")));
            }
            if name.len() > Self::MAX_NAME {
                let (length, limit) = (name.len(), Self::MAX_NAME);
                return Err(Error::invalid_argument(format!(
                    "the {what} of a node has {length} bytes; the limit is {limit}"
                )));
            }
        }
        Ok(())
    }
}

fn too_large(size: usize) -> Error {
    Error::invalid_argument(format!("the node has {size} bytes; the limit is {}", Node::MAX_BYTES))
}

// Peers written in Go send `null` for an empty list or map.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    #[test]
    fn json_of_a_newer_or_sparser_peer_is_understood() {
        let json = br#"{"id":"a","service":"s","metadata":null,"endpoints":null,"weight":{"x":[1]}}"#;
        let node = Node::from_json(json).expect("a node");
        assert_eq!(node, Node::new("s", "").with_id("a"));
    }

    #[test]
    fn whatever_is_no_node_is_an_error() {
        let huge = vec![b' '; Node::MAX_BYTES + 1];
        let deep = "[".repeat(100_000);
        for bytes in [&b""[..], b"{", b"[]", b"null", b"\xff\xfe", b"{\"id\":1}", b"{\"id\":\"\",\"service\":\"s\"}"] {
            assert_eq!(Node::from_json(bytes).unwrap_err().code(), Code::InvalidArgument);
        }
        assert_eq!(Node::from_json(&huge).unwrap_err().code(), Code::InvalidArgument);
        assert_eq!(Node::from_json(deep.as_bytes()).unwrap_err().code(), Code::InvalidArgument);
    }

    #[test]
    fn a_node_no_registry_can_keep_is_refused() {
        assert!(Node::new("s", "").check().is_ok());
        for node in [
            Node::new("", ""),
            Node::new("s", "").with_id(""),
            Node::new("s".repeat(Node::MAX_NAME + 1), ""),
            Node::new("s", "").with_metadata("schema", "x".repeat(Node::MAX_BYTES)),
        ] {
            assert_eq!(node.check().unwrap_err().code(), Code::InvalidArgument);
        }
    }
}
