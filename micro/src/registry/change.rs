use super::Node;

/// Change of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The node is new, at least to this watch.
    Created(Node),
    /// The node says something else about itself than before; this is the new description.
    Updated(Node),
    /// The node is gone, by its own will or because its time ran out; this is what was known last.
    Deleted(Node),
}

impl Change {
    /// The node it is about.
    pub fn node(&self) -> &Node {
        match self {
            Change::Created(node) | Change::Updated(node) | Change::Deleted(node) => node,
        }
    }

    /// The node it is about, by value.
    pub fn into_node(self) -> Node {
        match self {
            Change::Created(node) | Change::Updated(node) | Change::Deleted(node) => node,
        }
    }
}
