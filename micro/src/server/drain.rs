/// Outcome of a drain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Drained {
    /// Every call was finished and every connection closed.
    Clean,
    /// So many connections were dropped when the time was up.
    Forced(usize),
}
