//! What the two programs agree on.

/// Somebody has ordered something.
#[micro::event(topic = "shop.placed", package = "shop")]
#[derive(Clone, Debug)]
pub struct Placed {
    pub customer: String,
    pub item: String,
}
