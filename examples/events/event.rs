//! What the two programs agree on.

/// Somebody has ordered something. What one customer orders belongs together.
#[micro::event(topic = "shop.placed", key = customer, package = "shop")]
#[derive(Clone, Debug)]
pub struct Placed {
    pub customer: String,
    pub item: String,
}
