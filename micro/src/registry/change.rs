use super::Node;

/// Change of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A node that is new, at least to this watch.
    Created(Node),
    /// A node with a changed description; contains the new one.
    Updated(Node),
    /// A node that deregistered or expired; contains the last known description.
    Deleted(Node),
}

impl Change {
    /// Returns the node.
    pub fn node(&self) -> &Node {
        match self {
            Change::Created(node) | Change::Updated(node) | Change::Deleted(node) => node,
        }
    }

    /// Consumes the change and returns the node.
    pub fn into_node(self) -> Node {
        match self {
            Change::Created(node) | Change::Updated(node) | Change::Deleted(node) => node,
        }
    }
}
