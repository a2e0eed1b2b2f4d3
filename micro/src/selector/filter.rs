use std::fmt;

use crate::registry::Node;

/// Selection constraints on nodes. The empty filter accepts any node.
///
/// ```
/// use micro::registry::Node;
/// use micro::selector::Filter;
///
/// let filter = Filter::default().with_version("2").with_label("zone", "b");
/// let node = Node::new("greeter", "10.0.0.7:8080").with_version("2").with_metadata("zone", "b");
/// assert!(filter.passes(&node));
/// assert_eq!(filter.to_string(), "version `2`, label `zone=b`");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    version: Option<String>,
    labels: Vec<(String, String)>,
    method: Option<String>,
}

impl Filter {
    /// Only nodes that run this version.
    #[must_use]
    pub fn with_version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Only nodes whose metadata says so.
    #[must_use]
    pub fn with_label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.push((name.into(), value.into()));
        self
    }

    /// Only nodes that serve this path.
    #[must_use]
    pub fn with_method(mut self, path: impl Into<String>) -> Self {
        self.method = Some(path.into());
        self
    }

    /// Returns `true` if the node is accepted. A node that lists no methods at all, as other systems register them, is accepted
    /// for any method.
    pub fn passes(&self, node: &Node) -> bool {
        let version = self.version.as_ref().is_none_or(|version| *version == node.version);
        let labels = self.labels.iter().all(|(name, value)| node.metadata.get(name) == Some(value));
        let method = self.method.as_ref().is_none_or(|path| node.endpoints.is_empty() || node.serves(path));
        version && labels && method
    }
}

/// Names what is asked for: ``version `2`, label `zone=b` ``.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = self.version.iter().map(|version| format!("version `{version}`"));
        let labels = self.labels.iter().map(|(name, value)| format!("label `{name}={value}`"));
        let method = self.method.iter().map(|path| format!("method `{path}`"));
        let parts: Vec<String> = version.chain(labels).chain(method).collect();
        if parts.is_empty() { f.write_str("none") } else { f.write_str(&parts.join(", ")) }
    }
}
