use super::filter::Filter;
use crate::metadata::Metadata;
use crate::registry::Node;

/// Selection constraints of one call. The default accepts any node.
#[derive(Clone, Copy, Debug, Default)]
pub struct PickOptions<'a> {
    filter: Option<&'a Filter>,
    path: Option<&'a str>,
    tried: &'a [String],
    metadata: Option<&'a Metadata>,
    hash: Option<u64>,
}

impl<'a> PickOptions<'a> {
    /// No constraints.
    pub fn new() -> Self {
        Self::default()
    }

    /// Accepts only nodes that pass `filter`.
    #[must_use]
    pub fn with_filter(self, filter: &'a Filter) -> Self {
        PickOptions { filter: Some(filter), ..self }
    }

    /// Accepts only nodes that serve `path`; those that list no paths are taken to serve all.
    #[must_use]
    pub fn with_path(self, path: &'a str) -> Self {
        PickOptions { path: Some(path), ..self }
    }

    /// Accepts none of the nodes with these ids: they were tried.
    #[must_use]
    pub fn with_tried(self, ids: &'a [String]) -> Self {
        PickOptions { tried: ids, ..self }
    }

    /// The metadata of the call, for strategies that read it.
    #[must_use]
    pub fn with_metadata(self, metadata: &'a Metadata) -> Self {
        PickOptions { metadata: Some(metadata), ..self }
    }

    /// The hash of what the call is about, for strategies that keep such calls together.
    #[must_use]
    pub fn with_hash(self, hash: Option<u64>) -> Self {
        PickOptions { hash, ..self }
    }

    /// The path of the method that is called: `/greeter.Greeter/Hello`.
    pub fn path(&self) -> Option<&'a str> {
        self.path
    }

    /// The ids of the nodes that were tried.
    pub fn tried(&self) -> &'a [String] {
        self.tried
    }

    /// The metadata of the call.
    pub fn metadata(&self) -> Option<&'a Metadata> {
        self.metadata
    }

    /// The hash of what the call is about, where the caller gave one.
    pub fn hash(&self) -> Option<u64> {
        self.hash
    }

    /// Returns `true` if the node is accepted.
    pub fn accepts(&self, node: &Node) -> bool {
        self.path.is_none_or(|path| node.endpoints.is_empty() || node.serves(path))
            && self.filter.is_none_or(|filter| filter.passes(node))
            && !self.tried.contains(&node.id)
    }
}
